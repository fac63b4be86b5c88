"""Pickles of MMSA: all splits of a data set in one file."""

from pathlib import Path

import numpy as np

from utils.formats.checks import check_count
from utils.formats.keyed_features import (
    FEATURE_KEYS,
    count_samples,
    has_features,
    member,
    read_features,
)
from utils.formats.mmsa_lengths import stated_counts, token_counts
from utils.formats.pickle_reader import PickleReader, split_sections
from utils.formats.pickled_index import PickledIndex
from utils.formats.pickled_values import items_of, to_labels, to_numbers
from utils.formats.split import MODALITIES, Split, cut_steps, without_labels
from utils.measures.score_target import TOLERANCE, ScoreTarget
from utils.untrusted.invalid_data import InvalidData

LENGTH_KEYS = {"audio": "audio_lengths", "video": "vision_lengths"}
LABEL_KEY = "regression_labels"
CLASS_KEY = "classification_labels"
MODALITY_LABEL_KEYS = {name: f"{LABEL_KEY}_{name[0].upper()}" for name in MODALITIES}
TOKEN_KEY = "text_bert"
TEXT_KEY = "raw_text"
ANNOTATION_KEY = "annotations"
# A label of a single modality beyond it is read as missing.
HIGHEST_SCORE = ScoreTarget().high + TOLERANCE
KEYS = f"text, audio, vision, {LABEL_KEY}"


class MmsaPickle(PickleReader):
    """Reads a pickle of MMSA, such as `aligned_50.pkl` or `unaligned_50.pkl`.

    It is a dict of `train`, `valid` (or `val`, `dev`) and `test`, each a dict with

    - `text`, `audio`, `vision`: features `(N, T, D)`; `T` and `D` may differ by modality;
    - `regression_labels`: scores `(N,)` or `(N, 1)`; for `--target class`, or if there are no
      scores, `classification_labels`, numbers or texts;
    - optional: `regression_labels_T`, `_A` and `_V` for single modalities, in SIMS;
      `audio_lengths` and `vision_lengths`, valid steps `(N,)`; `text_bert` `(N, 3, T)`, whose row 1
      is the attention mask of the text; `raw_text`, `id` and `annotations`, `N` texts each.

    Ids `VIDEO$_$CLIP` or `VIDEO/CLIP` also give a column `video_id`. Odd ids and texts, and missing
    labels of single modalities, are repaired or left out; `Split.notes` counts them. A missing
    label of a single modality becomes the score of the sample.

    Source: `data_loader.py` and `getLengths.py` of https://github.com/thuiar/MMSA.

    Args:
        path: The pickle, or a folder with one pickle for each split.
        feature_files: Dict from modality to another pickle of this layout. Its features, lengths
            and `text_bert` replace the values of this pickle. MMSA calls these files `feature_T`,
            `feature_A` and `feature_V`.
        **options: See `PickleReader`.
    """

    section_type = dict
    section_words = f"keys {KEYS}"

    def __init__(self, path, feature_files=None, **options):
        super().__init__(path, **options)
        self.feature_files = {name: Path(file) for name, file in (feature_files or {}).items()}
        unknown = sorted(set(self.feature_files) - set(MODALITIES))
        if unknown:
            raise ValueError(
                "feature_files must name modalities. Expected: some of "
                f"{', '.join(MODALITIES)}. Received: {', '.join(map(repr, unknown))}. Rename it."
            )

    @staticmethod
    def describe():
        return f"a pickle of MMSA (.pkl) with train, valid and test, each with {KEYS}"

    @staticmethod
    def fits(content):
        sections = split_sections(content)
        return any(
            has_features(section) or (type(section) is dict and LABEL_KEY in section)
            for section in sections
        )

    def present_modalities(self):
        sections = [self.section(self.path, split)[1] for split in self.splits()]
        return [
            name
            for name, key in FEATURE_KEYS.items()
            if name in self.feature_files or any(key in section for section in sections)
        ]

    def files(self, split):
        return [*super().files(split), *self.feature_files.values()]

    def read(self, split):
        self.check_split(split)
        where, section = self.section(self.path, split)
        if self.labels:
            labels, clipped = self.read_labels(split)
        else:
            labels, clipped = without_labels(self._count_samples(split)), 0
        index = _read_index(where, section, len(labels))
        sequences, repaired, step_counts = {}, {}, {}
        for name in self.modalities:
            x, repaired[name] = self._read_features(name, split, index, len(labels))
            counts = self._read_step_counts(name, split, x)
            if counts is not None:
                x, step_counts[name] = cut_steps(x, counts), counts
            sequences[name] = x
        modality_labels, notes = self._modality_labels(where, section, labels)
        return Split(
            split,
            sequences,
            labels,
            index.columns,
            repaired,
            self.path,
            step_counts,
            modality_labels,
            clipped,
            (*index.notes, *notes),
        )

    def raw_labels(self, split):
        where, section = self.section(self.path, split)
        kind = getattr(self.request, "kind", None)
        classes = kind == "class" or (kind is None and LABEL_KEY not in section)
        key = CLASS_KEY if classes and CLASS_KEY in section else LABEL_KEY
        where_key = f"{where}, key {key!r},"
        labels = to_labels(where_key, member(where, section, key, KEYS))
        if isinstance(labels, list) and key == LABEL_KEY:
            raise InvalidData(
                f"{where_key} must hold numbers. Expected: scores. Received: {labels[0][:80]!r}. "
                f"Write the names of classes as {CLASS_KEY!r}."
            )
        return where_key, labels

    def text_bert(self, split):
        where, section = self.section(self.feature_files.get("text", self.path), split)
        if TOKEN_KEY not in section:
            return None
        where = f"{where}, key {TOKEN_KEY!r},"
        return where, to_numbers(where, section[TOKEN_KEY])

    def _read_features(self, name, split, index, count):
        path = self.feature_files.get(name, self.path)
        where, section = self.section(path, split)
        key = FEATURE_KEYS[name]
        features = member(where, section, key, KEYS)
        others = LABEL_KEY if self.labels else FEATURE_KEYS[self.modalities[0]]
        found = read_features(f"{where}, key {key!r},", features, count, f"{others} of {self.path}")
        if path != self.path:
            other = _read_index(where, section, count)
            if "id" in index.columns and "id" in other.columns:
                _check_same_ids(where, other.columns["id"], index.columns["id"])
        return found

    def _count_samples(self, split):
        name = self.modalities[0]
        where, section = self.section(self.feature_files.get(name, self.path), split)
        key = FEATURE_KEYS[name]
        return count_samples(f"{where}, key {key!r},", member(where, section, key, KEYS))

    def _read_step_counts(self, name, split, x):
        where, section = self.section(self.feature_files.get(name, self.path), split)
        key, read = (
            (TOKEN_KEY, token_counts) if name == "text" else (LENGTH_KEYS[name], stated_counts)
        )
        return read(f"{where}, key {key!r},", section[key], x) if key in section else None

    def _modality_labels(self, where, section, labels):
        """Return the scores of single modalities, and notes on the missing ones."""
        found, notes = {}, []
        for name, key in MODALITY_LABEL_KEYS.items():
            if not self.labels or key not in section:
                continue
            y, missing = _known_scores(f"{where}, key {key!r},", section[key], len(labels))
            if missing.all() or (missing.any() and not self._can_replace(labels)):
                notes.append(
                    f"{where}, key {key!r} was left out: it must hold one score from -3 to 3 for "
                    f"each sample, {len(labels)}."
                )
                continue
            if missing.any():
                y[missing] = labels[missing]
                notes.append(
                    f"{where}, key {key!r}: {missing.sum()} of {len(labels)} labels were missing "
                    "and became the scores of their samples; the first is in row "
                    f"{missing.argmax()}."
                )
            found[name] = y
        return found, notes

    def _can_replace(self, labels):
        return self.target.kind == "score" and np.abs(labels).max() <= HIGHEST_SCORE


def _known_scores(where, value, count):
    """Return scores `(N, 1)`, and where they are missing `(N,)`; all are, if the count differs."""
    try:
        y = to_numbers(where, value)
        check_count(where, y.size, count, LABEL_KEY)
    except InvalidData:
        y = np.full(count, np.nan)
    y = y.reshape(count, 1)
    missing = ~(np.abs(y[:, 0]) <= HIGHEST_SCORE)
    return np.where(missing[:, None], 0, y).astype("float32"), missing


def _read_index(where, section, count):
    index = PickledIndex(where, count)
    if "id" in section:
        index.add_ids("key 'id'", section["id"])
    if TEXT_KEY in section:
        index.add_texts("text", f"key {TEXT_KEY!r}", section[TEXT_KEY])
    annotations = items_of(section.get(ANNOTATION_KEY))
    if len(annotations) == count and all(isinstance(a, (str, bytes)) for a in annotations):
        index.add_texts("annotation", f"key {ANNOTATION_KEY!r}", annotations)
    return index


def _check_same_ids(where, ids, expected):
    for row, (name, other) in enumerate(zip(ids, expected, strict=True)):
        if name != other:
            raise InvalidData(
                f"{where}, key 'id', must name the same samples in the same order as the file "
                f"it goes with. Expected: {other!r} in row {row}. Received: {name!r}. "
                "Write both from the same samples."
            )
