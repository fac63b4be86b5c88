"""All options of a training run."""

import dataclasses

from experiments.settings.batches import BatchSettings
from experiments.settings.data import DataSettings
from experiments.settings.devices import DeviceSettings
from experiments.settings.model import ModelSettings
from experiments.settings.optimisation import OptimisationSettings
from experiments.settings.records import RecordSettings
from experiments.settings.text import TextSettings
from experiments.settings.text_encoder import TextEncoderSettings
from utils.options import option_name


@dataclasses.dataclass
class TrainSettings(
    ModelSettings,
    DataSettings,
    BatchSettings,
    OptimisationSettings,
    TextEncoderSettings,
    TextSettings,
    DeviceSettings,
    RecordSettings,
):
    """Options of `experiments.train`; a config file sets any of them, the command line wins."""

    def _own_faults(self):
        if not self.family:
            return
        default = TrainSettings()
        for field in dataclasses.fields(self):
            family = field.metadata.get("family", self.family)
            if family != self.family and getattr(self, field.name) != getattr(default, field.name):
                yield (
                    f"{option_name(field.name)} is for {FAMILIES[family]}. "
                    f"Received: --model {self.model}. Leave it out."
                )
        yield from self._packing_faults()
        yield from self._text_encoder_faults()
        if self.jit == "on" and self.strategy not in ("auto", "cpu"):
            yield f"--jit on needs one device. Received: --strategy {self.strategy}."
        if self.cross_validates and self.patience:
            yield "--patience cannot be used with --folds: all folds share one epoch."
        if self.cross_validates and self.strategy in ("multiworker", "ray"):
            yield f"Cross-validation needs one process. Received: --strategy {self.strategy}."

    def _packing_faults(self):
        if not self.packing:
            return
        if not self.model_packs_samples:
            yield f"--packing needs a model that can, seqlevel. Received: --model {self.model}."
        if self.buckets:
            yield f"--packing spares all padding: leave --buckets out. Received: {self.buckets}."
        if self.mixup:
            yield "--packing and --mixup, which makes samples longer, exclude each other."
        if self.strategy not in ("auto", "cpu"):
            yield f"--packing needs one device. Received: --strategy {self.strategy}."

    def _text_encoder_faults(self):
        if self.text_encoder is None:
            return
        if "text" not in self.modalities:
            yield (
                "--text-encoder needs the text among --modalities. "
                f"Received: {' '.join(self.modalities)}."
            )
        if self.mixup or self.noise.get("text"):
            changed = "--mixup" if self.mixup else "--noise.text"
            yield (
                f"{changed} changes features, but the text of a --text-encoder is numbers of "
                "tokens. Leave it out."
            )
        if self.packing:
            yield "--packing and --text-encoder exclude each other. Leave one of them out."
        if self.jit == "on" and self.trains_text_encoder:
            yield "--jit on needs fixed shapes, which a --text-encoder that is trained has not."


FAMILIES = {
    "sequences": "models of text, audio and video",
    "tables": "models of a text with a table",
}
