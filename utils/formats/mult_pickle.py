"""Pickles of MulT and MultiBench: all splits of a data set in one file."""

from functools import cached_property
from typing import Any

import numpy as np

from utils.formats.keyed_features import (
    FEATURE_KEYS,
    count_samples,
    has_features,
    member,
    read_features,
)
from utils.formats.pickle_reader import PickleReader, split_sections
from utils.formats.pickled_index import PickledIndex
from utils.formats.pickled_values import to_labels
from utils.formats.split import Split, without_labels
from utils.measures.target import named_row
from utils.untrusted.invalid_data import InvalidData

LABEL_KEY = "labels"
ID_KEY = "id"
KEYS = "text, audio, vision, labels"
# The order of MulT's `eval_metrics.py`; each emotion is a pair [is not, is].
EMOTIONS = ("neutral", "happy", "sad", "angry")


class MultPickle(PickleReader):
    """Reads a pickle of MulT or MultiBench, such as `mosi_data.pkl` or `humor.pkl`.

    It is a dict of `train`, `valid` and `test`, each a dict with

    - `text`, `audio`, `vision`: features `(N, T, D)`, padded at the left; `T` and `D` may differ
      by modality; infinite values of the audio become 0, as in the authors' code;
    - `labels`: scores, or classes such as 0 and 1 or -1 and 1, `(N, 1, 1)`, `(N, 1)` or `(N,)`;
      in `iemocap_data.pkl` `(N, 4, 2)`, a pair [is not, is] for each of neutral, happy, sad and
      angry. The pairs become four labels that are true or false;
    - optional: `id`, `(N, 3)` of video, start and end, `(N, 1)` or `(N,)`, as bytes, texts or
      numbers.

    Ids of three parts become `video$_$start-end`. If all ids name a video, there is a column
    `video_id`. Odd ids are repaired or left out; `Split.notes` counts them.

    Source: `src/dataset.py` and `src/eval_metrics.py` of
    https://github.com/yaohungt/Multimodal-Transformer, and `datasets/affect/get_data.py` of
    https://github.com/pliang279/MultiBench.
    """

    section_type = dict
    section_words = f"keys {KEYS}"

    @staticmethod
    def describe():
        return f"a pickle of MulT or MultiBench (.pkl) with train, valid and test, each with {KEYS}"

    @staticmethod
    def fits(content):
        sections = split_sections(content)
        return any(
            has_features(section)
            and LABEL_KEY in section
            and not any(str(key).endswith("_labels") for key in section)
            for section in sections
        )

    def present_modalities(self):
        sections = [self.section(self.path, split)[1] for split in self.splits()]
        return [
            name
            for name, key in FEATURE_KEYS.items()
            if any(key in section for section in sections)
        ]

    @cached_property
    def label_names(self):
        _, labels = self._labels(self.splits()[0])
        return EMOTIONS if _are_pairs(labels) else ()

    def raw_labels(self, split) -> tuple[str, Any]:
        where, labels = self._labels(split)
        if _are_pairs(labels):
            _check_pairs(where, labels)
            return where, np.asarray(labels)[:, :, 1:]
        return where, labels

    def _labels(self, split):
        where, section = self.section(self.path, split)
        where = f"{where}, key {LABEL_KEY!r},"
        return where, to_labels(where, member(where, section, LABEL_KEY, KEYS))

    def read(self, split):
        self.check_split(split)
        where, section = self.section(self.path, split)
        places = {name: f"{where}, key {key!r}," for name, key in FEATURE_KEYS.items()}
        values = {
            name: member(where, section, FEATURE_KEYS[name], KEYS) for name in self.modalities
        }
        first = self.modalities[0]
        if self.labels:
            labels, clipped = self.read_labels(split)
        else:
            labels, clipped = without_labels(count_samples(places[first], values[first])), 0
        index = PickledIndex(where, len(labels))
        if ID_KEY in section:
            index.add_ids(f"key {ID_KEY!r}", section[ID_KEY])
        others = f"key {LABEL_KEY!r}" if self.labels else f"key {FEATURE_KEYS[first]!r}"
        sequences, repaired = {}, {}
        for name, value in values.items():
            found = read_features(places[name], value, len(labels), others)
            sequences[name], repaired[name] = found
        return Split(
            split,
            sequences,
            labels,
            index.columns,
            repaired,
            self.path,
            clipped=clipped,
            notes=tuple(index.notes),
        )


def _are_pairs(labels):
    return isinstance(labels, np.ndarray) and labels.shape[1:] == (len(EMOTIONS), 2)


def _check_pairs(where, labels):
    bad = np.flatnonzero(((labels != 0) & (labels != 1)).any(axis=(1, 2)))
    if not len(bad):
        bad = np.flatnonzero((labels.sum(axis=2) != 1).any(axis=1))
    if len(bad):
        raise InvalidData(
            f"{where} must hold four one-hot pairs [is not, is] for each sample: "
            f"{', '.join(EMOTIONS)}. Received: {labels[bad[0]].tolist()} in "
            f"{named_row(bad[0], None)}. Correct the file."
        )
