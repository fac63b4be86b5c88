"""Options of the model."""

import dataclasses
import inspect
from typing import Any

from models import MODELS, TEXT_TABULAR_MODELS
from utils.command_line import did_you_mean
from utils.options import NonNegativeInt, PositiveInt, SettingsGroup, setting

# The file of a run folder with the model that is kept.
KEPT_MODEL = "best.keras"
NAMES = [*MODELS, *TEXT_TABULAR_MODELS]
# Arguments of models that the data, or other options, decide.
SEQUENCE_ARGUMENTS_OF_DATA = {
    *("seq_len", "text_dim", "audio_dim", "video_dim", "train_samples"),
}
TABLE_ARGUMENTS = (*("hidden_common_dim", "fusion_dim", "num_heads", "freeze_layers", "pooling"),)


@dataclasses.dataclass
class ModelSettings(SettingsGroup):
    """Model."""

    model: str = setting(
        "seqlevel",
        f"of text, audio and video: {', '.join(MODELS)}; of a text with a table: "
        f"{', '.join(TEXT_TABULAR_MODELS)}",
        suggestions=NAMES,
    )
    model_args: dict[str, Any] = setting(
        {}, "arguments of the model's class; a single one as --model-args.NAME VALUE"
    )
    members: PositiveInt = setting(
        1,
        "networks of the same kind, with separate weights, whose predictions are averaged",
        family="sequences",
    )
    seq_len: NonNegativeInt = setting(
        0,
        "longest sequence that the model can take, in steps; 0: the longest of train",
        family="sequences",
    )

    @property
    def family(self):
        """`"sequences"`, `"tables"`, or `None` where there is no such model."""
        return family_of(self.model)

    @property
    def model_packs_samples(self):
        """Whether the model can take several samples in one row."""
        return self.model in MODELS and class_of(self.model).packs_samples

    @property
    def model_remembers_samples(self):
        """Whether the model's training must know which samples a batch has."""
        return self.model in MODELS and class_of(self.model).remembers_samples

    def _own_faults(self):
        if self.family is None:
            yield (
                f"--model must be one of {', '.join(NAMES)}. Received: {self.model!r}."
                f"{did_you_mean(self.model, NAMES)}"
            )
        elif self.model_args:
            known = model_options(self.model)
            for name in sorted(set(self.model_args) - set(known)):
                if name in ("num_classes", "num_outputs"):
                    yield (
                        f"--model-args.{name} follows from the labels. Say what they are by "
                        "--target, or leave it out."
                    )
                    continue
                yield (
                    f"--model-args has no {name!r} for the model {self.model}. "
                    f"Expected: {', '.join(known)}.{did_you_mean(name, known)}"
                )


def class_of(model):
    """Return the class of a sequence model; this imports Keras, without its messages."""
    import utils.quiet_tensorflow  # noqa: F401

    return MODELS[model]


def family_of(model):
    """Return `"sequences"` or `"tables"`, the family of a model's name, or `None`."""
    if model in MODELS:
        return "sequences"
    return "tables" if model in TEXT_TABULAR_MODELS else None


def model_options(model):
    """Return the names of a model's arguments that a user may choose."""
    if family_of(model) == "tables":
        return list(TABLE_ARGUMENTS)
    given = {*SEQUENCE_ARGUMENTS_OF_DATA, "self", "kwargs", "num_classes", "num_outputs"}
    parameters = inspect.signature(class_of(model).__init__).parameters
    return [name for name in parameters if name not in given]
