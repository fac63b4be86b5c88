"""Options of the data."""

import dataclasses

from utils.measures.inference import SYNTAX, TargetRequest
from utils.options import LABEL_FILE, NonNegativeFloat, NonNegativeInt, Seed, SettingsGroup, setting

MODALITIES = ("text", "audio", "video")
SPLITS = ("train", "valid", "test")
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
        None, f"what the labels are: {SYNTAX}; default: found in target.json or in the labels"
    )
    classes: list[str] = setting(
        [], "all classes in their order; default: the classes of train, sorted", nargs="+"
    )
    label_file: str | None = setting(None, LABEL_FILE, family="sequences")
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
    split_by: str | None = setting(
        None,
        "column whose values stay together when --shares divides data without splits, such "
        "as video_id; default: each sample is on its own",
    )
    shares: list[int] = setting(
        [],
        "shares of train, valid and test for data without splits, such as 70 10 20",
        nargs="+",
    )
    split_seed: Seed = setting(0, "seed of the order in which --shares distributes the samples")
    folds: NonNegativeInt = setting(0, "cross-validate in this many folds; 0: do not")
    leave_out: str | None = setting(
        None,
        "cross-validate with a fold for each value of this column, such as session or speaker",
    )
    fold_splits: list[str] = setting(
        [],
        "splits that are joined before they are cut into folds; default: train and valid, as far "
        "as they exist",
        nargs="+",
        suggestions=SPLITS,
    )
    group: str | None = setting(
        None, "column whose values stay together in a fold, such as video_id"
    )

    @property
    def cross_validates(self):
        """Whether the samples are cut into folds."""
        return bool(self.folds or self.leave_out)

    @property
    def folds_in_words(self):
        """The folds in words, such as `5 folds`."""
        return f"one fold for each {self.leave_out}" if self.leave_out else f"{self.folds} folds"

    def without_folds(self):
        """Return the same settings for a training on train that is measured on valid."""
        return dataclasses.replace(self, folds=0, leave_out=None, fold_splits=[], group=None)

    @property
    def partition(self):
        """The `Partition` of data without splits of its own, or `None`."""
        # It needs the readers of data, which take long to import.
        from utils.partition import Partition

        return Partition(self.shares, self.split_by, self.split_seed) if self.shares else None

    @property
    def target_request(self):
        """The `TargetRequest` of `target` and `classes`."""
        return TargetRequest.parse(self.target, self.classes)

    def _own_faults(self):
        if self.data is None:
            yield "--data is missing: name a data folder or a file."
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
        yield from self._division_faults()

    def _division_faults(self):
        if self.folds == 1:
            yield f"--folds must be 0, or at least 2. Received: {self.folds}."
        if self.folds and self.leave_out:
            yield (
                "--folds and --leave-out exclude each other: the values of the column are the "
                f"folds. Received: --folds {self.folds} --leave-out {self.leave_out}."
            )
        if self.group is not None and not self.folds:
            yield f"--group {self.group} needs --folds."
        if self.fold_splits and not self.cross_validates:
            yield "--fold-splits needs --folds or --leave-out."
        if not set(self.fold_splits) <= set(SPLITS):
            yield (
                f"--fold-splits must be some of {', '.join(SPLITS)}. "
                f"Received: {' '.join(self.fold_splits)}."
            )
        least = min(self.shares, default=0)
        if self.shares and (len(self.shares) != len(SPLITS) or least < 0 or not self.shares[0]):
            yield (
                "--shares must be three whole numbers, of train, valid and test, the first above "
                f"0, such as 70 10 20. Received: {' '.join(map(str, self.shares))}."
            )
        if self.split_by is not None and not self.shares:
            yield f"--split-by {self.split_by} needs --shares, such as --shares 70 10 20."
