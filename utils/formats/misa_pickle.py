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
    ids number. The matrix and the dict `word2id` lie beside the splits: as keys of the dict, as
    `pretrained_emb.pkl` and `word2id.pkl` in the folder, or as MISA's `embedding_and_mapping.pt`.
    Without vectors, the modality text is absent. Known words become the column `text`, and
    `step_words` if each step is a word.

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
            found = self._padded(where, name, samples)
            sequences[name], repaired[name], step_counts[name] = found
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
        return any(self._vectors.steps(sample) for sample in samples)

    def _padded(self, where, name, samples):
        """Return features `(N, T, D)`, the number of repaired values, and the steps `(N,)`.

        All splits get the number of steps of the longest sample.
        """
        if name == "text" and not self._has_text(samples):
            words = "texts" if samples[0].spoken else "ids"
            raise InvalidData(
                f"{where}, must have vectors of the words. Expected: vectors (T, D) as words, or "
                f"an embedding matrix {MATRIX_KEY!r} beside the splits. Received: {words} alone. "
                "Add the matrix, or leave the text out with --modalities audio video."
            )
        counts = np.array([self._steps(name, sample) for sample in samples])
        if not counts.any():
            raise InvalidData(
                f"{where}, must have {name} features. Expected: sequences (T, D). "
                "Received: none with a step. Leave the modality out with --modalities."
            )
        width = self._features(name, samples[counts.argmax()]).shape[1]
        every = (one for readable in self._readable.values() for one in readable)
        length = max(self._steps(name, sample) for sample in every)
        check_memory(f"{where}, {name},", 4 * len(samples) * length * width)
        x, repaired = np.zeros((len(samples), length, width), "float32"), 0
        for i in np.flatnonzero(counts):
            row = self._features(name, samples[i])
            if row.shape[1] != width:
                raise InvalidData(
                    f"{samples[i].where} {name}, must have {width} features, as row "
                    f"{counts.argmax()}. Received: {row.shape[1]}. Extract all in the same way."
                )
            x[i, : len(row)], broken = clean_features(f"{samples[i].where} {name},", row)
            repaired += broken
        return x, repaired, counts

    def _features(self, name, sample):
        return self._vectors.vectors(sample) if name == "text" else getattr(sample, name)

    def _steps(self, name, sample):
        return self._vectors.steps(sample) if name == "text" else len(getattr(sample, name))

    def _read_index(self, where, samples):
        index = PickledIndex(where, len(samples))
        segments = [sample.segment for sample in samples]
        if any(segment is not None for segment in segments):
            index.add_ids("the segments", segments)
        words = self._vectors.spoken(where, samples)
        if any(words):
            index.add_texts("text", "the words", words)
            texts = index.columns.get("text", [""] * len(words))
            steps = [_step_words(*one) for one in zip(samples, words, texts, strict=True)]
            if any(steps):
                index.columns["step_words"] = steps
        elif "text" not in self.modalities:
            index.note(
                f"the words are ids without {WORD_IDS_KEY!r} and {MATRIX_KEY!r}, and were left out."
            )
        return index


def _step_words(sample, words, text):
    """Return a text that has one word for each step; otherwise an empty text."""
    aligned = len(words) == len(sample.audio) == len(sample.video)
    return text if aligned and len(text.split()) == len(words) else ""
