"""Options of the data."""

import dataclasses

from utils.measures.inference import SYNTAX, TargetRequest
from utils.options import NonNegativeFloat, NonNegativeInt, SettingsGroup, setting

MODALITIES = ("text", "audio", "video")
SCALINGS = ("none", "standard", "robust", "minmax")


@dataclasses.dataclass
class DataSettings(SettingsGroup):
    """Data and labels."""

    data: str | None = setting(
        None,
        "data folder or file, in a format of data/README.md; of a text with a table: a folder with "
        "train.csv and valid.csv, or DIR/reviews for DIR/reviews_train.csv, .parquet too; or the "
        "files of MELD, MUStARD or CH-SIMS",
    )
    target: str | None = setting(
        None, f"what the labels are: {SYNTAX}; default: told by target.json or by the labels"
    )
    classes: list[str] = setting(
        [], "all classes in their order; default: the classes of train, sorted", nargs="+"
    )
    clip_labels: bool = setting(
        False, "clip scores beyond the range, and count them", nargs="?", const=True
    )
    modalities: list[str] = setting(
        list(MODALITIES),
        "modalities to use; the data need not have the others",
        nargs="+",
        suggestions=MODALITIES,
        family="sequences",
    )
    feature_files: dict[str, str] = setting(
        {},
        "MMSA pickles whose features replace those of the data, by modality",
        family="sequences",
    )
    stream: bool | None = setting(
        None,
        "leave features on disk, true or false; default: if they exceed the memory",
        family="sequences",
    )
    normalize: str = setting(
        "standard",
        f"scaling of features: {', '.join(SCALINGS)}",
        suggestions=SCALINGS,
        family="sequences",
    )
    clip_features: NonNegativeFloat = setting(
        0.0, "largest magnitude of a scaled feature; 0 keeps all", family="sequences"
    )
    folds: NonNegativeInt = setting(
        0, "cross-validate over train and valid in this many folds; 0: do not"
    )
    group: str | None = setting(
        None, "column whose values stay together in a fold, such as video_id"
    )

    @property
    def target_request(self):
        """The `TargetRequest` of `target` and `classes`."""
        return TargetRequest.parse(self.target, self.classes)

    def _own_faults(self):
        if self.data is None:
            yield "--data is missing: name a data folder."
        if not self.modalities or not set(self.modalities) <= set(MODALITIES):
            yield (
                f"--modalities must be one or more of {', '.join(MODALITIES)}. "
                f"Received: {' '.join(self.modalities)}."
            )
        if self.normalize not in SCALINGS:
            yield f"--normalize must be one of {', '.join(SCALINGS)}. Received: {self.normalize!r}."
        if self.classes and not 1 < len(set(self.classes)) == len(self.classes):
            yield f"--classes must be two labels or more, each once. Received: {self.classes}."
        try:
            _ = self.target_request
        except ValueError as error:
            yield str(error)
        if self.folds == 1:
            yield f"--folds must be 0, or at least 2. Received: {self.folds}."
        if self.group is not None and self.folds == 0:
            yield f"--group {self.group} needs --folds."
