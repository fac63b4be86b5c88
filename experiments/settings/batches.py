"""Options of the batches that a training learns from."""

import dataclasses

from experiments.settings.data import MODALITIES
from utils.options import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    SettingsGroup,
    Share,
    option_name,
    setting,
)

BELOW_ONE, ANY = 1.0, float("inf")
LIMITS = {
    "feature_dropout": BELOW_ONE,
    "modality_dropout": BELOW_ONE,
    "noise": ANY,
    "time_masking": BELOW_ONE,
}


@dataclasses.dataclass
class BatchSettings(SettingsGroup):
    """Batches and augmentation."""

    batch_size: PositiveInt = setting(32, "samples in a batch, of all devices and workers together")
    buckets: NonNegativeInt = setting(
        0,
        "cut each batch to its longest sample, and draw it from one of this many groups of "
        "similar length; 1: from all; 0: do not cut",
    )
    batch_by: str | None = setting(
        None,
        "column whose values stay side by side in an epoch, such as video_id; samples with the "
        "same value share batches, and a batch encodes a text that they share only once",
        family="sequences",
    )
    packing: bool = setting(
        False,
        "put short samples of a batch side by side into one row, for models that can: seqlevel",
        nargs="?",
        const=True,
        family="sequences",
    )
    feature_dropout: dict[str, float] = setting(
        {},
        "share of single features set to 0 in training, by modality: --feature-dropout.text 0.3",
        family="sequences",
    )
    modality_dropout: dict[str, float] = setting(
        {}, "share of training samples that lose a modality, by modality", family="sequences"
    )
    noise: dict[str, float] = setting(
        {},
        "standard deviation of Gaussian noise on scaled training features, by modality",
        family="sequences",
    )
    time_masking: dict[str, float] = setting(
        {},
        "largest share of the steps that one masked span takes in training, by modality",
        family="sequences",
    )
    mixup: NonNegativeFloat = setting(
        0.0, "mix training samples by shares from Beta(X, X); 0: do not", family="sequences"
    )
    truncation: Share = setting(
        0.0,
        "share of training samples cut to their last steps, a random number of them",
        family="sequences",
    )
    context_dropout: Share = setting(
        0.0,
        "share of training samples cut to their last step, for data where only this step is scored",
        family="sequences",
    )

    def _own_faults(self):
        if self.batch_by is not None and (self.buckets > 1 or self.packing):
            other = "--packing" if self.packing else f"--buckets {self.buckets}"
            yield (
                "--batch-by decides which samples share a batch. It excludes --packing, and "
                f"--buckets above 1. Received: --batch-by {self.batch_by} {other}. Leave one out."
            )
        for name, limit in LIMITS.items():
            for modality, value in getattr(self, name).items():
                if modality not in MODALITIES:
                    yield (
                        f"{option_name(name)} takes the modalities {', '.join(MODALITIES)}. "
                        f"Received: {modality}."
                    )
                elif not isinstance(value, (int, float)) or not 0 <= value < limit:
                    yield (
                        f"{option_name(name)} must be at least 0 and below {limit:g}. "
                        f"Received: {modality} {value!r}."
                    )
