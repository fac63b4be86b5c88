"""Pickles of MISA and MAG-BERT: a list of samples for each split."""

import contextlib
from functools import cached_property

import numpy as np

from utils.formats.checks import clean_features
from utils.formats.pickle_reader import MATRIX_KEY, WORD_IDS_KEY, PickleReader, split_sections
from utils.formats.pickled_index import PickledIndex
from utils.formats.pickled_sample import LAYOUT, SampleReader, numbers
from utils.formats.pickled_values import to_texts
from utils.formats.split import MODALITIES, Split, without_labels
from utils.formats.word_vectors import WordVectors
from utils.measures.inference import TargetRequest
from utils.untrusted.invalid_data import InvalidData, check_memory

# Labels of CMU-MOSEI: sentiment, and six emotions.
MOSEI_COLUMNS = 7
SCORE_REQUESTS = (TargetRequest(), TargetRequest("score"))


class MisaPickle(PickleReader):
    """Reads pickles of MISA, MAG-BERT or MMIM.

    They are a dict of `train`, `dev` (or `valid`) and `test`, or a folder of `train.pkl`, `dev.pkl`
    and `test.pkl`. Each split is a list of samples `((words, visual, acoustic), label, segment)`:

    - `words`: word ids `(T,)`, a list of `T` words, or vectors `(T, D)`;
    - `visual` and `acoustic`: features `(T, D)`; all lengths may differ between samples;
    - after these three, MISA and MMIM have the list of words;
    - `label`: a number, `(1,)` or `(1, 1)`, or a text; of seven columns, as in CMU-MOSEI, the first
      is the score, as in the authors' code;
    - `segment`, optional: the id, such as `VIDEO[3]`, which also gives a column `video_id`.

    Sequences are padded with zeros at the right, to the longest sample of all splits. The text
    features are the vectors, or rows of an embedding matrix `pretrained_emb` `(words, D)` that the
    ids number. The matrix and the dict `word2id` lie beside the splits: as keys of the dict, or as
    `pretrained_emb.pkl` and `word2id.pkl` in the folder. Without vectors, the modality text is
    absent. Known words become the column `text`, and `step_words` if each step is a word.

    Source: `src/create_dataset.py` and `src/data_loader.py` of https://github.com/declare-lab/MISA
    and `multimodal_driver.py` of https://github.com/WasifurRahman/BERT_multimodal_transformer.
    """

    section_type = list
    section_words = f"samples {LAYOUT}"

    @staticmethod
    def describe():
        return (
            "a pickle of MISA or MAG-BERT (.pkl) with train, dev and test, or a folder of "
            f"train.pkl, dev.pkl and test.pkl, each a list of {MisaPickle.section_words}"
        )

    @staticmethod
    def fits(content):
        return any(type(section) is list for section in split_sections(content))

    def present_modalities(self):
        has_text = any(self._has_text(samples) for samples in self._readable.values())
        return [name for name in MODALITIES if name != "text" or has_text]

    def read(self, split):
        self.check_split(split)
        where, samples = self.section(self.path, split)[0], self._samples(split)
        if self.labels:
            labels, clipped = self.read_labels(split)
        else:
            labels, clipped = without_labels(len(samples)), 0
        sequences, repaired, step_counts = {}, {}, {}
        for name in self.modalities:
            rows = self._rows(where, name, samples)
            sequences[name], repaired[name] = _padded(where, name, rows, self._length(name))
            step_counts[name] = np.array([len(row) for row in rows])
        index = self._read_index(where, samples)
        return Split(
            split,
            sequences,
            labels,
            index.columns,
            repaired,
            self.path,
            step_counts,
            clipped=clipped,
            notes=tuple(index.notes),
        )

    def raw_labels(self, split):
        samples = self._samples(split)
        where = f"{self.section(self.path, split)[0]}, the labels,"
        labels = [sample.label for sample in samples]
        if all(isinstance(label, (str, bytes)) for label in labels):
            return where, to_texts(where, labels, len(labels))
        labels = [numbers(f"{s.where} label,", s.label).reshape(-1) for s in samples]
        for sample, label in zip(samples, labels, strict=True):
            if label.shape != labels[0].shape:
                raise InvalidData(
                    f"{sample.where} label, must have as many numbers as row 0, "
                    f"{len(labels[0])}. Received: {len(label)}. Correct the label."
                )
        first = len(labels[0]) == MOSEI_COLUMNS and self.request in SCORE_REQUESTS
        return where, np.stack(labels)[:, : 1 if first else None]

    @cached_property
    def _vectors(self):
        return WordVectors(self.path, self.content(self.path))

    @cached_property
    def _readable(self):
        """The samples of each split without faults; reading another split tells its fault."""
        found = {}
        for split in self.splits():
            with contextlib.suppress(InvalidData):
                found[split] = self._samples(split)
        return found

    def _samples(self, split):
        where, rows = self.section(self.path, split)
        if not rows:
            raise InvalidData(
                f"{where}, must not be empty. Expected: {self.section_words}. Received: an empty "
                "list. Leave the split out if it has no samples."
            )
        reader = SampleReader()
        return [reader.read(f"{where}, row {i},", row) for i, row in enumerate(rows)]

    def _has_text(self, samples):
        known = self._vectors.matrix is not None
        return any(
            s.vectors is not None or (known and (s.ids is not None or self._vectors.ids))
            for s in samples
        )

    def _length(self, name):
        """Return the number of steps of the longest sample of all splits."""
        rows = (row for samples in self._readable.values() for row in samples)
        if name != "text":
            return max(len(getattr(row, name)) for row in rows)
        found = map(self._vectors.vectors, rows)
        return max((len(x) for x in found if x is not None), default=0)

    def _rows(self, where, name, samples):
        """Return the features `(T, D)` of each sample; without steps `(0, 0)`."""
        if name != "text":
            return [getattr(sample, name) for sample in samples]
        if not self._has_text(samples):
            words = "texts" if samples[0].spoken else "ids"
            raise InvalidData(
                f"{where}, must have vectors of the words. Expected: vectors (T, D) as words, or "
                f"an embedding matrix {MATRIX_KEY!r} beside the splits. Received: {words} alone. "
                "Add the matrix, or leave the text out with --modalities audio video."
            )
        rows = [self._vectors.vectors(sample) for sample in samples]
        return [np.zeros((0, 0), "float32") if row is None or not row.size else row for row in rows]

    def _read_index(self, where, samples):
        index = PickledIndex(where, len(samples))
        segments = [sample.segment for sample in samples]
        if any(segment is not None for segment in segments):
            index.add_ids("the segments", segments)
        words = self._vectors.spoken(where, samples)
        if any(words):
            index.add_texts("text", "the words", words)
            texts = index.columns.get("text", [])
            steps = [_step_words(*one) for one in zip(samples, texts, strict=False)]
            if any(steps):
                index.columns["step_words"] = steps
        elif "text" not in self.modalities:
            index.notes.append(
                f"the words are ids without {WORD_IDS_KEY!r} and {MATRIX_KEY!r}, and were left out."
            )
        return index


def _padded(where, name, rows, length):
    """Return features `(N, T, D)` with zeros at the right, and the number of repaired values."""
    width = next((row.shape[1] for row in rows if len(row)), 0)
    if not width:
        raise InvalidData(
            f"{where}, must have {name} features. Expected: sequences (T, D). "
            "Received: none with a step. Leave the modality out with --modalities."
        )
    check_memory(f"{where}, {name},", 4 * len(rows) * length * width)
    x, repaired = np.zeros((len(rows), length, width), "float32"), 0
    for i, row in enumerate(rows):
        if len(row) and row.shape[1] != width:
            raise InvalidData(
                f"{where}, row {i}, {name}, must have {width} features, as the rows before. "
                f"Received: {row.shape[1]}. Extract all samples in the same way."
            )
        if len(row):
            x[i, : len(row)], broken = clean_features(where, row)
            repaired += broken
    return x, repaired


def _step_words(sample, text):
    """Return a text with one word for each step; otherwise an empty text."""
    steps = len(sample.video)
    aligned = steps == len(sample.audio) and steps == len(text.split())
    return text if aligned else ""
