"""Pickles of MMSA: all splits of a data set in one file."""

from pathlib import Path

import numpy as np

from utils.formats.checks import check_count, check_features, check_ids
from utils.formats.clip_ids import with_video_ids
from utils.formats.pickled_values import items_of, to_numbers, to_texts
from utils.formats.reader import Reader
from utils.formats.split import MODALITIES, Split, cut_steps, without_labels
from utils.measures.score_target import ScoreTarget
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.restricted_pickle import load_pickle

SUFFIXES = (".pkl", ".pickle", ".p")
HEADERS = tuple(b"\x80" + bytes([protocol]) for protocol in (2, 3, 4, 5))
SPLIT_NAMES = {"train": "train", "valid": "valid", "val": "valid", "dev": "valid", "test": "test"}
FEATURE_KEYS = {"text": "text", "audio": "audio", "video": "vision"}
LENGTH_KEYS = {"audio": "audio_lengths", "video": "vision_lengths"}
LABEL_KEY = "regression_labels"
CLASS_KEY = "classification_labels"
MODALITY_LABEL_KEYS = {name: f"{LABEL_KEY}_{name[0].upper()}" for name in MODALITIES}
TOKEN_KEY = "text_bert"
INDEX_KEYS = {"id": "id", "text": "raw_text"}
ANNOTATION_KEY = "annotations"


class MmsaPickle(Reader):
    """Reads a pickle of MMSA, such as `aligned_50.pkl` or `unaligned_50.pkl`.

    It is a dict of `train`, `valid` (or `val`, `dev`) and `test`, each a dict with

    - `text`, `audio`, `vision`: features `(N, T, D)`; `T` and `D` may differ by modality;
    - `regression_labels`: scores `(N,)` or `(N, 1)`; for `--target class`
      `classification_labels`; in SIMS `regression_labels_T`, `_A` and `_V`
      for single modalities;
    - optional: `audio_lengths` and `vision_lengths`, valid steps `(N,)`; `text_bert`
      `(N, 3, T)`, whose row 1 is the attention mask of the text; `raw_text`, `id` and
      `annotations`, `N` texts each.

    Ids `VIDEO$_$CLIP` or `VIDEO/CLIP` also give a column `video_id`. The pickle is read once and
    stays in memory as long as the reader. It takes about the size of the file, in addition to the
    splits.

    MMSA's files give as length the number of steps before the first step of zeros. If the first
    step of a sample is zero but a later one is not, this length is 0; the sample then ends with
    its last step that is not zero. `text_bert` sets the lengths only under three conditions: it is
    right-padded, it is as long as the text, and none of its valid steps is zero. In aligned data
    it fails them, because its tokens are not the words.

    Source: `data_loader.py` and `getLengths.py` of https://github.com/thuiar/MMSA.

    Args:
        path: The pickle.
        feature_files: Dict from modality to another pickle of this layout. Its features, lengths
            and `text_bert` replace the values of this pickle. MMSA calls these files `feature_T`,
            `feature_A` and `feature_V`.
        **options: See `Reader`.
    """

    def __init__(self, path, feature_files=None, **options):
        super().__init__(path, **options)
        self.feature_files = {name: Path(file) for name, file in (feature_files or {}).items()}
        unknown = sorted(set(self.feature_files) - set(MODALITIES))
        if unknown:
            raise ValueError(
                "feature_files must name modalities. Expected: some of "
                f"{', '.join(MODALITIES)}. Received: {', '.join(map(repr, unknown))}. Rename it."
            )
        self._contents = {}

    @staticmethod
    def describe():
        return "a pickle of MMSA (.pkl) with train, valid and test"

    @classmethod
    def matches(cls, path):
        path = Path(path)
        if not path.is_file():
            return False
        if path.suffix.lower() in SUFFIXES:
            return True
        with path.open("rb") as file:
            return file.read(2) in HEADERS

    def splits(self):
        return self.in_order(self._split_keys(self.path))

    def present_modalities(self):
        sections = [self._section(self.path, split)[1] for split in self.splits()]
        return [
            name
            for name, key in FEATURE_KEYS.items()
            if name in self.feature_files or any(key in section for section in sections)
        ]

    def files(self, split):
        self.check_split(split)
        return [self.path, *self.feature_files.values()]

    def read(self, split):
        self.check_split(split)
        where, content = self._section(self.path, split)
        if self.labels:
            labels, clipped = self.read_labels(split)
        else:
            labels, clipped = without_labels(self._count_samples(split)), 0
        index = _read_index(where, content, len(labels))
        sequences, repaired, step_counts = {}, {}, {}
        for name in self.modalities:
            x, repaired[name] = self._read_features(name, split, index.get("id"), len(labels))
            counts = self._read_step_counts(name, split, x)
            if counts is not None:
                x, step_counts[name] = cut_steps(x, counts), counts
            sequences[name] = x
        modality_labels = {
            name: _modality_labels(where, content, key, len(labels))
            for name, key in MODALITY_LABEL_KEYS.items()
            if self.labels and key in content
        }
        return Split(
            split,
            sequences,
            labels,
            index,
            repaired,
            self.path,
            step_counts,
            modality_labels,
            clipped,
        )

    def raw_labels(self, split):
        where, content = self._section(self.path, split)
        key = LABEL_KEY
        if getattr(self.request, "kind", None) == "class" and CLASS_KEY in content:
            key = CLASS_KEY
        where_key = f"{where}, key {key!r},"
        return where_key, to_numbers(where_key, _member(where, content, key))

    def _split_keys(self, path):
        if path not in self._contents:
            self._contents[path] = load_pickle(path)
        content = self._contents[path]
        if type(content) is not dict:
            raise InvalidData(
                f"{path} must hold a dict of splits. Expected: {self.describe()}. "
                f"Received: {type(content).__name__}. Choose a pickle of MMSA."
            )
        keys = {}
        for key in content:
            other = key if isinstance(key, str) and not self.labels else None
            name = SPLIT_NAMES.get(key, other)
            if name in keys:
                raise InvalidData(
                    f"{path} must hold each split once. Expected: one of {keys[name]!r} and "
                    f"{key!r}. Received: both. Remove one."
                )
            if name:
                keys[name] = key
        if not keys:
            raise InvalidData(
                f"{path} must hold splits. Expected: train, valid, test. "
                f"Received: {_names(content)}. Rename the keys."
            )
        return keys

    def _section(self, path, split):
        keys = self._split_keys(path)
        if split not in keys:
            raise FileNotFoundError(
                f"{path} must hold the split {split!r}, as {self.path} does. Expected: {split}. "
                f"Received: {', '.join(keys)}. Choose another file of features."
            )
        content = self._contents[path][keys[split]]
        where = f"{path}, split {split!r}"
        if type(content) is not dict:
            raise InvalidData(
                f"{where}, must be a dict. Expected: keys text, audio, vision, {LABEL_KEY}. "
                f"Received: {type(content).__name__}. Choose a pickle of MMSA."
            )
        return where, content

    def _read_features(self, name, split, ids, count):
        path = self.feature_files.get(name, self.path)
        where, content = self._section(path, split)
        key = FEATURE_KEYS[name]
        features = _member(where, content, key)
        where_key = f"{where}, key {key!r},"
        x, repaired = check_features(where_key, to_numbers(where_key, features))
        others = LABEL_KEY if self.labels else FEATURE_KEYS[self.modalities[0]]
        check_count(where_key, len(x), count, f"{others} of {self.path}")
        if path != self.path and ids and "id" in content:
            _check_same_ids(where, to_texts(f"{where}, key 'id',", content["id"], count), ids)
        return x, repaired

    def _count_samples(self, split):
        name = self.modalities[0]
        where, content = self._section(self.feature_files.get(name, self.path), split)
        key = FEATURE_KEYS[name]
        features = to_numbers(f"{where}, key {key!r},", _member(where, content, key))
        return len(features) if features.ndim else 0

    def _read_step_counts(self, name, split, x):
        where, content = self._section(self.feature_files.get(name, self.path), split)
        if name == "text":
            return _token_counts(where, content, x)
        key = LENGTH_KEYS[name]
        return _lengths(f"{where}, key {key!r},", content[key], x) if key in content else None


def _names(content):
    return ", ".join(repr(key)[:40] for key in list(content)[:12]) or "an empty dict"


def _member(where, content, key):
    if key not in content:
        raise InvalidData(
            f"{where}, must hold a key {key!r}. Expected: text, audio, vision, {LABEL_KEY}. "
            f"Received: {_names(content)}. Rename what is meant to {key!r}."
        )
    return content[key]


def _modality_labels(where, content, key, count):
    where_key = f"{where}, key {key!r},"
    y = ScoreTarget().encode(where_key, to_numbers(where_key, content[key]))
    check_count(where_key, len(y), count, LABEL_KEY)
    return y


def _lengths(where, value, x):
    counts = to_numbers(where, value).astype("float64").reshape(-1)
    check_count(where, len(counts), len(x), "the features")
    whole = counts == np.floor(counts)
    bad = np.flatnonzero(~(whole & (counts >= 0) & (counts <= x.shape[1])))
    if len(bad):
        raise InvalidData(
            f"{where} must count steps. Expected: whole numbers from 0 to {x.shape[1]}, the "
            f"length of the features. Received: {counts[bad[0]]:g} in row {bad[0]}. "
            "Cut the features and their lengths alike."
        )
    counts = counts.astype("int64")
    holds, length = x.any(axis=-1), x.shape[1]
    behind = (holds & ~_steps(x, counts)).any(axis=1)
    # MMSA states the length 1 where its features are padded on the left.
    lost = behind & ~(holds & _steps(x, counts)).any(axis=1)
    left_padded = behind & ~(holds & _steps(x, length - counts)).any(axis=1)
    bad = np.flatnonzero(behind & ~lost & ~left_padded)
    if len(bad):
        raise InvalidData(
            f"{where} must count all steps that are not zero. Expected: zeros after the first, or "
            f"before the last, {counts[bad[0]]} steps of row {bad[0]}. Received: other values on "
            "both sides. Correct the lengths, or set the padding to zero."
        )
    ends = length - holds[:, ::-1].argmax(axis=1)
    return np.where(lost | left_padded, ends, counts)


def _token_counts(where, content, x):
    if TOKEN_KEY not in content:
        return None
    where_key = f"{where}, key {TOKEN_KEY!r},"
    tokens = to_numbers(where_key, content[TOKEN_KEY])
    check_count(where_key, len(tokens) if tokens.ndim else 0, len(x), "the text")
    if tokens.shape[1:] != (3, x.shape[1]):
        return None
    counts = (tokens[:, 1] == 1).sum(axis=1)
    steps = _steps(x, counts)
    fits = np.array_equal(tokens[:, 1], steps) and x.any(axis=-1)[steps].all()
    return counts if fits else None


def _steps(x, counts):
    return np.arange(x.shape[1]) < counts[:, None]


def _read_index(where, content, count):
    index = {
        column: to_texts(f"{where}, key {key!r},", content[key], count)
        for column, key in INDEX_KEYS.items()
        if key in content
    }
    if "id" in index:
        check_ids(f"{where}, key 'id',", index["id"])
        index = with_video_ids(index)
    annotations = items_of(content.get(ANNOTATION_KEY))
    if len(annotations) == count and all(isinstance(a, (str, bytes)) for a in annotations):
        index["annotation"] = to_texts(f"{where}, key {ANNOTATION_KEY!r},", annotations, count)
    return index


def _check_same_ids(where, ids, expected):
    for row, (name, other) in enumerate(zip(ids, expected, strict=True)):
        if name != other:
            raise InvalidData(
                f"{where}, key 'id', must name the same samples in the same order as the file "
                f"it goes with. Expected: {other!r} in row {row}. Received: {name!r}. "
                "Write both from the same samples."
            )
