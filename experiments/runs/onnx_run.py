"""Exported models with the interface of `LoadedRun`; ONNX Runtime alone, no TensorFlow."""

import functools
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from experiments.tasks.blocks import Blocks, SequenceBlocks, TableBlocks, no_text_encoder
from experiments.tasks.predictions import OUTPUT_NAMES, Predictions
from experiments.tasks.text_reading import (
    check_extraction_of,
    feature_modalities,
    given_samples,
    samples_of_words,
    with_absent,
    with_word_vectors,
)
from utils.environment import file_checksum
from utils.formats.extraction_file import checked_extraction
from utils.formats.split import MODALITIES, raw_samples
from utils.measures.inference import target_from_json
from utils.onnx_model import CONTENT, OnnxModel, tokenizer_path
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file

BATCH_SIZE = 64


class OnnxRun(ABC):
    """An exported model, and what stands before it; a subclass for each kind of sample.

    Args:
        model: The `OnnxModel`.

    Attributes:
        target: The `Target` of the labels.
        parts: Names of the inputs among which the model shares out weights.
    """

    parts: ClassVar[tuple[str, ...]]

    def __init__(self, model):
        self.model = model
        try:
            self.target = target_from_json(model.metadata["target"])
        except InvalidData as error:
            raise InvalidData(f"{model.path}, its target: {error}") from error
        outputs = {OUTPUT_NAMES[self.target.kind]: ("float", ("batch", self.target.columns))}
        if "modality_weights" in model.outputs:
            outputs["modality_weights"] = ("float", ("batch", len(self.parts)))
        model.check_outputs(outputs)

    @abstractmethod
    def blocks(self, data, split, cut=False) -> Blocks:
        """Return the `Blocks` of a split without labels; see `Inputs.blocks`."""

    def text_blocks(self, texts) -> Blocks:
        """Return the `Blocks` of a list of texts; see `Inputs.text_blocks`."""
        raise no_text_encoder()

    @abstractmethod
    def feeds(self, samples) -> dict[str, Any]:
        """Return the graph's inputs of some samples, by name."""

    def as_samples(self, samples) -> Any:
        """Return samples as they are; a subclass may take raw arrays, and refuse some."""
        return samples

    def shares(self, weights):
        """Return the share of each of `parts`, `(N, parts)`, which is what the graph gives."""
        return weights

    def predict(self, samples, name=None, batch_size=None):
        """Return `Predictions`; see `LoadedRun.predict`. There is no bar, with a `name` too."""
        samples = self.as_samples(samples)
        batch_size = batch_size or BATCH_SIZE
        outputs, weights = [], []
        for start in range(0, len(samples), batch_size):
            rows = np.arange(start, min(start + batch_size, len(samples)))
            found = self.model.run(self.feeds(samples.take(rows)))
            if "modality_weights" in found:
                weights.append(found.pop("modality_weights"))
            outputs += found.values()  # a single one
        joined = np.concatenate(weights) if weights else None
        return Predictions(samples, self, np.concatenate(outputs).astype("float64"), joined)


class OnnxSequences(OnnxRun):
    """An exported model of feature sequences; see `OnnxRun`.

    Attributes:
        modalities: Names of the modalities that the model takes.
        widths: From each of them to its feature width.
        lengths: From each of them to its longest sequence, in steps.
        extraction: How `data.extract` has made the features of the training; `None`: it has not.
    """

    parts = MODALITIES

    def __init__(self, model):
        super().__init__(model)
        self.modalities = tuple(model.metadata["modalities"])
        self.widths = model.metadata["widths"]
        self.lengths = model.metadata["seq_len"]
        if not self.modalities or not set(self.modalities) <= set(MODALITIES):
            raise ValueError(f"the modalities {self.modalities!r:.80}")
        for sizes in (self.widths, self.lengths):
            if set(sizes) != {*self.modalities} or any(type(n) is not int for n in sizes.values()):
                raise ValueError(f"sizes of modalities that are {sizes!r:.80}")
        self.extraction = checked_extraction(model.metadata.get("extraction"))
        steps = model.metadata.get("text_steps")
        if steps is not None and steps["pieces"] != self.widths["text"]:
            raise ValueError(f"steps of texts that are {steps!r:.80}")
        inputs, masks = {}, {}
        for name, width in self.widths.items():
            steps = self.lengths[name] if self._fixed_length(name) else "steps"
            inputs[name] = ("float", ("batch", steps, width))
            masks[f"{name}_mask"] = ("bool", ("batch", steps))
        model.check_inputs(inputs | (masks if masks.keys() & {*model.inputs} else {}))

    @functools.cached_property
    def text_steps(self):
        """The `TextSteps` of a text encoder, whose tokenizer is read on first use; else `None`.

        Raises:
            FileNotFoundError: If the tokenizer is missing.
            InvalidData: If the tokenizer is another.
            ValueError: If the package `tokenizers` is missing.
        """
        return _text_steps(self.model) if "text_steps" in self.model.metadata else None

    def _fixed_length(self, name):
        shape = self.model.shape(name) if name in self.model.inputs else []
        return len(shape) == 3 and isinstance(shape[1], int)

    def blocks(self, data, split, cut=False):
        # What reads tables is not always installed, nor what reads sequences needed.
        from utils.formats import open_data

        steps = self.text_steps
        modalities = feature_modalities(self.modalities, steps)
        optional = steps is not None
        reader = open_data(data, labels=False, modalities=modalities, optional=optional)
        samples = reader.stream(split)
        check_extraction_of(reader, samples, modalities, self.extraction)
        if steps is not None:
            samples = with_absent(steps.encode(samples, reader), self.modalities, self.widths)
        else:
            samples = with_word_vectors(samples, self.extraction, self.modalities, self.widths)
        samples.check_widths(self.widths)
        return SequenceBlocks(samples, self.lengths, cut)

    def text_blocks(self, texts):
        if self.text_steps is None:
            samples = samples_of_words(texts, self.extraction, self.modalities, self.widths)
            return SequenceBlocks(samples, self.lengths, cut=True)
        return SequenceBlocks(self.as_samples({"text": texts}), self.lengths)

    def as_samples(self, samples):
        """Return a `Split`, also from a dict of raw features `(N, T, D)` by modality.

        With a text encoder, the text of a dict is a list of texts, and other modalities may lack.

        Raises:
            ValueError: If the features are not those of the training.
        """
        if isinstance(samples, dict) and self.text_steps is not None:
            samples = self.text_steps.encode(given_samples(samples))
            samples = with_absent(samples, self.modalities, self.widths)
        samples = raw_samples(samples) if isinstance(samples, dict) else samples
        samples.check_widths(self.widths)
        samples.check_lengths(self.lengths)
        return samples

    def feeds(self, samples):
        feeds = {}
        for name in self.modalities:
            x = samples.sequences[name]
            if self._fixed_length(name):
                x = np.pad(x, ((0, 0), (0, self.lengths[name] - x.shape[1]), (0, 0)))
            feeds[name] = x
            if f"{name}_mask" in self.model.inputs:
                feeds[f"{name}_mask"] = np.any(x != 0, axis=-1)
        return feeds


def _text_steps(model):
    """Return the `TextSteps` of an exported model with a text encoder."""
    path = tokenizer_path(model.path)
    if not path.exists():
        raise FileNotFoundError(
            f"The tokenizer of {model.path} must stand beside it. Expected: {path}, which the "
            "export has written. Received: no such file. Copy it there."
        )
    with plain_file(path, f"the tokenizer of {model.path}"):
        checksum = file_checksum(path)
    if checksum != model.metadata["tokenizer"]:
        raise InvalidData(
            f"{path} must be the tokenizer of {model.path}. Expected: the SHA-256 "
            f"{model.metadata['tokenizer']!s:.16}... Received: {checksum:.16}... Copy both files "
            "from one export."
        )
    try:
        from utils.texts import TextSteps, TextTokenizer
    except ModuleNotFoundError as error:
        if error.name != "tokenizers":
            raise
        raise ValueError(
            "A model with a text encoder needs the package tokenizers to read texts. Received: it "
            "is not installed. Run `pip install tokenizers`."
        ) from error
    return TextSteps.from_json(model.metadata["text_steps"], TextTokenizer.load(path))


class OnnxTable(OnnxRun):
    """An exported model of a text with a table; see `OnnxRun`.

    Attributes:
        processing: The `Processing`, which the file holds.
    """

    parts = ("text", "tab")

    def __init__(self, model):
        super().__init__(model)
        from utils.tables import Processing

        self.processing = Processing.from_json(model.metadata["processing"])
        expected = 2 + len(self.processing.schema.fields)
        if len(model.inputs) != expected:
            raise ValueError(f"{len(model.inputs)} inputs, in place of {expected}")

    def blocks(self, data, split, cut=False):
        from utils.tables import find_table

        return TableBlocks(self.processing, find_table(data, split))

    def feeds(self, samples):
        batch = samples.batch(np.arange(len(samples)))
        return dict(zip(self.model.inputs, batch.values(), strict=True))


KINDS = {"sequences": OnnxSequences, "tables": OnnxTable}


def open_onnx(path):
    """Open a file that `experiments.export` has written.

    Args:
        path: The file.

    Returns:
        An `OnnxRun`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or no such file.

    Example:
        >>> run = open_onnx("model.onnx")
        >>> run.predict({"text": text, "audio": audio, "video": video}).outputs  # (N, 1)
        >>> run = open_onnx("model-with-text-encoder.onnx")
        >>> run.predict({"text": ["I loved it"]}).outputs  # (1, 1)
    """
    model = OnnxModel(path, tuple(KINDS))
    with plain_file(model.path, f"{CONTENT}, with all that it says of itself"):
        return KINDS[model.metadata["kind"]](model)
