"""What depends on the kind of sample: the two interfaces that all commands are written against."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from experiments.tasks.blocks import Blocks, no_text_encoder
from utils.batches.batch_plan import BatchPlan

TRAINING_SPLITS = ("train", "valid")


class Task(ABC):
    """The data of a run, and how it becomes what a model takes.

    Samples are an object with a length, labels `(N, columns)`, ids, and `take(rows)`.

    Args:
        settings: `TrainSettings`.

    Attributes:
        settings: The same.
        family: `"sequences"` or `"tables"`.
        target: The `Target` of the labels, told by the training split; asking for it raises
            `InvalidData` if a model can learn nothing from the labels.
        extraction: How `data.extract` has made the data, a dict; `None` of other data.
    """

    family: ClassVar[str]
    target: Any
    extraction: Any = None

    def __init__(self, settings):
        self.settings = settings

    @abstractmethod
    def splits(self) -> list[str]:
        """Return the names of the splits that are there, train first."""

    def training_splits(self):
        """Return the names of the splits that a training reads.

        They are train and valid; with folds, the splits that are joined before they are cut: those
        of `--fold-splits`, or of train and valid what the data has.

        Raises:
            FileNotFoundError: If one is missing.
        """
        settings, present = self.settings, self.splits()
        wanted = settings.fold_splits or TRAINING_SPLITS
        if settings.cross_validates and not settings.fold_splits:
            wanted = [split for split in wanted if split in present] or wanted[:1]
        missing = [split for split in wanted if split not in present]
        if missing:
            cut = (
                ""
                if settings.cross_validates
                else (" Or cut the data by --shares 70 10 20, or into --folds 5.")
            )
            raise FileNotFoundError(
                f"{settings.data} must have the splits {', '.join(wanted)}. Received: "
                f"{', '.join(present) or 'none'}. Add {' and '.join(missing)}.{cut}"
            )
        return tuple(wanted)

    @abstractmethod
    def read(self, split) -> Any:
        """Return the samples of a split with their labels, before `Inputs.encode`."""

    @abstractmethod
    def outline(self, split) -> Any:
        """Return what `check_alike` needs of a split, with features left on disk if possible."""

    @abstractmethod
    def check_alike(self, samples) -> None:
        """Refuse splits that a model of the training split could not take.

        Args:
            samples: From each split to what `read` or `outline` returned; train is among them.

        Raises:
            ValueError: Naming the split, and what differs.
        """

    @abstractmethod
    def join(self, splits) -> Any:
        """Return the samples of several splits as one, with `columns` about them."""

    @abstractmethod
    def columns(self, samples) -> dict[str, Any]:
        """Return the columns of text that the data has about samples, by name."""

    @abstractmethod
    def labels(self, samples) -> Any:
        """Return the labels of joined samples, `(N, columns)`."""

    @abstractmethod
    def ids(self, samples) -> list[str]:
        """Return the ids of joined samples."""

    @abstractmethod
    def checksums(self, splits) -> dict[str, str]:
        """Return the SHA-256 of the files of some splits, by path."""

    @abstractmethod
    def notes(self, samples) -> list[str]:
        """Return what the user should know of some samples, a sentence each."""

    @abstractmethod
    def fit_inputs(self, train) -> "Inputs":
        """Fit everything between samples and model to the training samples."""

    def describe(self):
        """Return what the program prints of the data before a training: lines or tables."""
        lines = [f"labels: {self.target.describe()}, {self.target.origin}"]
        partition = self.settings.partition
        return lines if partition is None else [*lines, f"data: {partition.describe()}"]


class Inputs(ABC):
    """Turns samples into what a model takes; fitted to the training samples, saved with a run.

    Attributes:
        family: `"sequences"` or `"tables"`.
        target: The `Target` of the labels.
        parts: Names of the inputs among which a model shares out weights.
    """

    family: ClassVar[str]
    target: Any
    parts: ClassVar[tuple[str, ...]]

    @abstractmethod
    def save(self, folder) -> None:
        """Write what was fitted into a `RunFolder`."""

    @classmethod
    @abstractmethod
    def load(cls, folder) -> "Inputs":
        """Read what `save` wrote into a `RunFolder`."""

    @abstractmethod
    def encode(self, samples) -> Any:
        """Return samples in the form that batches are made of."""

    @abstractmethod
    def read(self, data, split, labels=True, **options) -> Any:
        """Return the encoded samples of a split of any data.

        Args:
            data: A path, as `--data` takes it.
            split: Name of the split.
            labels: Whether there are labels. Without, `labels` is NaN.
            **options: Options of the family's reader.

        Raises:
            FileNotFoundError: If it is missing.
            ValueError: If it is wrong, or differs from the data of the training.
        """

    @abstractmethod
    def blocks(
        self, model, data, split, cut=False, partition=None, labels=False, label_file=None
    ) -> Blocks:
        """Return the `Blocks` of a split of any data.

        Args:
            model: The model that takes them.
            data: A path, as `--data` takes it.
            split: Name of the split; any name.
            cut: Whether to keep the first steps of a sequence that is too long for the model;
                otherwise its sample is listed as a failure. Texts of tables are always cut.
            partition: The `Partition` that makes the splits; `None`: the data's own splits.
            labels: Whether there are labels. Otherwise tables have those that are known, and
                sequences have none.
            label_file: Of sequences, a CSV file whose labels replace those of the data, or `None`.

        Raises:
            FileNotFoundError: As `read`.
            ValueError: As `read`; some faults are found only when a block is read.
        """

    def text_blocks(self, model, texts) -> Blocks:
        """Return the `Blocks` of a list of texts, samples of nothing else.

        Raises:
            ValueError: If the model has no text encoder.
        """
        raise no_text_encoder()

    def check_fits(self, model, samples) -> None:
        """Refuse encoded samples that a model does not take.

        Raises:
            ValueError: Saying what was expected.
        """
        return

    def raw_model(self, model) -> Any:
        """Return a model as it is saved: with what stands before it, where Keras can hold that."""
        return model

    @abstractmethod
    def build_model(self, settings, samples) -> Any:
        """Return the built model of `settings` for encoded samples, its weights drawn."""

    def precompute(self, model, samples) -> list[Any]:
        """Return encoded samples with everything computed that no training step changes.

        Args:
            model: The model at the start of its training.
            samples: A list of encoded samples.
        """
        return list(samples)

    @abstractmethod
    def lengths(self, samples) -> np.ndarray:
        """Return the valid length of each of encoded samples, integers `(N,)`."""

    def plan(self, settings, samples) -> tuple[BatchPlan, Any]:
        """Return the `BatchPlan` of shuffled training samples, and their `Packer` or `None`."""
        buckets = max(1, settings.buckets)
        plan = BatchPlan(
            len(samples),
            settings.batch_size,
            shuffle=True,
            seed=settings.seed,
            lengths=self.lengths(samples) if buckets > 1 else None,
            buckets=buckets,
        )
        return plan, None

    @abstractmethod
    def training_batches(self, settings, samples, plan, epoch, step, packer) -> Any:
        """Return the batches of training, for the step that learns.

        Args:
            settings: `TrainSettings`.
            samples: Encoded samples.
            plan: The `BatchPlan`, its shard set.
            epoch: Number of the first epoch, from 0.
            step: Batches of the first epoch to leave out.
            packer: A `Packer`, or `None`.

        Returns:
            An iterable with an `element_spec`. Each pass over it is the next epoch; an element is
            `(inputs, labels)`, or `(inputs, labels, packs)` with a packer.
        """

    @abstractmethod
    def batches(self, samples, batch_size=None) -> Any:
        """Return the inputs of encoded samples in order, in batches, with an `element_spec`."""

    @abstractmethod
    def explain(self, model, inputs) -> tuple[Any, Any]:
        """Return the model's prediction `(n, columns)` of a batch, and its weights or `None`."""

    def use(self, modalities) -> None:
        """Use these modalities alone; `None`: the modalities of the training.

        Raises:
            ValueError: If the model cannot do without one of its inputs, or has no such modality.
        """
        if modalities is not None:
            raise ValueError(
                "--modalities is for models of text, audio and video. "
                f"Received: {' '.join(modalities)}. Leave it out."
            )

    def as_samples(self, samples) -> Any:
        """Return encoded samples as they are; a family may take raw arrays too."""
        return samples

    def notes(self, samples) -> list[str]:
        """Return what the user should know of encoded samples, a sentence each."""
        return []

    def shares(self, weights, xp: Any = np):
        """Return the share of each of `parts`, `(N, parts)`, from a model's weights `(N, ...)`.

        Args:
            weights: An array, or a tensor of a graph.
            xp: `numpy`, or `keras.ops` for a tensor.
        """
        return weights

    def save_weights(self, path, predictions):
        """Write weights that are more than shares to a file; by default there are none."""
        return

    def summarize(self, predictions) -> dict[str, Any]:
        """Return entries that an evaluation's summary has beside the measures."""
        return {}

    @abstractmethod
    def columns(self, samples) -> dict[str, list]:
        """Return further columns for a table of predictions, by heading."""
