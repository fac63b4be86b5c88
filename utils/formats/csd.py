"""Folders of computational sequences (.csd) of the CMU-MultimodalSDK, aligned to words."""

import functools
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import numpy as np

from utils.formats.csd_alignment import average_over, overlapping
from utils.formats.csd_folder import find_roles, list_sequences, read_folds
from utils.formats.csd_sequence import open_sequence
from utils.formats.reader import Reader
from utils.formats.split import Split
from utils.untrusted.invalid_data import InvalidData, check_memory

PAUSE = "sp"


class ComputationalSequences(Reader):
    """Reads a folder of computational sequences: word vectors, audio, video and labels.

    `csd_folder.find_roles` finds the files, and `csd_folder.read_folds` reads the split of each
    video. The rules are those of the CMU-MultimodalSDK:

    - A sample is a labelled segment of a video. Its id is `VIDEO[i]`, where i is the segment's row.
    - The steps of a sample are the words that overlap the segment by more than 10 µs, in the order
      of their starts. Words without length are left out. Pauses (`sp`) with a vector are kept. A
      segment without words is left out.
    - The audio and video features of a step are averages over the word
      (`csd_alignment.average_over`), or zeros if there are no features.

    The score is the first column of the labels: the opinion in CMU-MOSI, the sentiment in
    CMU-MOSEI. The index column `text` joins the words of the segment, without pauses.

    One difference: where a word crosses the border of a segment, the SDK may give the modalities
    of the segment different lengths. Here all modalities have the length of the words.

    Args:
        path: The folder.
        seq_len: Number of steps of every sample: a longer sample keeps its first steps, a shorter
            one is padded with zeros. Default: the length of the longest sample of all splits.
        **options: See `Reader`. The label file is always needed, because it defines the samples.

    Raises:
        ValueError: If `seq_len` is less than 1.

    Reference:
        https://github.com/CMU-MultiComp-Lab/CMU-MultimodalSDK
    """

    def __init__(self, path, seq_len=None, **options):
        super().__init__(path, **options)
        if seq_len is not None and seq_len < 1:
            raise ValueError(f"seq_len must be at least 1, or None. Received: {seq_len}.")
        self.seq_len = seq_len

    @staticmethod
    def describe():
        return (
            "a folder with computational sequences (.csd) of the CMU-MultimodalSDK: word vectors, "
            "audio, video and labels"
        )

    @classmethod
    def matches(cls, path):
        return Path(path).is_dir() and bool(list_sequences(path))

    def splits(self):
        _, folds = self._folds
        return self.in_order([split for split, videos in folds.items() if videos])

    def files(self, split):
        folds_path, _ = self._folds
        return [*self._roles.values(), folds_path]

    def size(self, split):
        self.check_split(split)
        count = len(self._split_segments(split))
        return 4 * count * self._length * sum(self._widths.values())

    def read(self, split):
        self.check_split(split)
        segments = self._split_segments(split)
        check_memory(f"{self.path}, {split},", self.size(split))
        read = {name: self._read_modality(name, split) for name in self.modalities}
        counts = np.array([len(segment.rows) for segment in segments])
        labels, clipped = self.read_labels(split)
        return Split(
            split,
            {name: x for name, (x, _) in read.items()},
            labels,
            self._read_index(segments),
            {name: repaired for name, (_, repaired) in read.items()},
            self.path,
            {name: counts for name in self.modalities},
            clipped=clipped,
        )

    def raw_labels(self, split):
        scores = np.array([segment.score for segment in self._split_segments(split)])
        return f"{self._roles['labels']}, column 0 of split {split!r},", scores

    def label_ids(self, split):
        return [f"{s.video}[{s.number}]" for s in self._split_segments(split)]

    @functools.cached_property
    def _roles(self):
        return find_roles(self.path)

    @functools.cached_property
    def _folds(self):
        return read_folds(self.path, self._roles)

    @functools.cached_property
    def _segments(self):
        """Return a dict from each existing video of a split to its segments that have words."""
        _, folds = self._folds
        videos = [video for fold in folds.values() for video in fold]
        with open_sequence(self._roles["labels"]) as file:
            labels = {
                video: (file.intervals(video), file.scores(video))
                for video in videos
                if video in file.videos
            }
        with open_sequence(self._roles["text"]) as file:
            words = {video: file.intervals(video) for video in labels if video in file.videos}
        return {
            video: _segments_of(video, *labels[video], words[video], self.seq_len)
            for video in words
        }

    @functools.cached_property
    def _length(self):
        lengths = [len(s.rows) for segments in self._segments.values() for s in segments]
        return self.seq_len or max(lengths)

    @functools.cached_property
    def _widths(self):
        return {name: self._width(name) for name in self.modalities}

    def _width(self, modality):
        path = self._roles[modality]
        with open_sequence(path) as file:
            owners = {file.width(v): v for v in self._segments if v in file.videos}
        if len(owners) != 1:
            found = [f"{width} in {video!r}" for width, video in owners.items()][:8]
            raise InvalidData(
                f"{path} must have the same number of features in all videos of the splits. "
                f"Received: {', '.join(found) or 'none of these videos'}. "
                "Extract all with the same settings."
            )
        return next(iter(owners))

    def _split_segments(self, split):
        path, folds = self._folds
        segments = [s for video in folds[split] for s in self._segments.get(video, ())]
        if not segments:
            names = " and ".join(self._roles[role].name for role in ("labels", "text"))
            raise InvalidData(
                f"{path}, {split!r}, must name videos that have words in labelled segments of "
                f"{names}. Received: {str(folds[split])[:80]}. Correct the ids."
            )
        return segments

    def _read_modality(self, modality, split):
        """Return features `(N, T, D)` and the number of values that became 0."""
        path = self._roles[modality]
        segments = self._split_segments(split)
        x = np.zeros((len(segments), self._length, self._widths[modality]), "float32")
        repaired = row = present = 0
        with open_sequence(path) as file:
            for video, group in groupby(segments, attrgetter("video")):
                group = list(group)
                if video in file.videos:
                    steps, broken = _word_features(file, video, group, modality)
                    ends = np.cumsum([len(segment.rows) for segment in group])
                    for sample, part in enumerate(np.split(steps, ends[:-1]), row):
                        x[sample, : len(part)] = part
                    repaired += broken
                    present += 1
                row += len(group)
        if present and not x.any():
            raise InvalidData(
                f"{path} must have features other than 0 at the times of the words. Received: "
                f"none in {present} videos of {split}. Are its intervals in seconds?"
            )
        return x, repaired

    def _read_index(self, segments):
        index = {
            "id": [f"{segment.video}[{segment.number}]" for segment in segments],
            "video_id": [segment.video for segment in segments],
            "start": [f"{segment.interval[0]:.3f}" for segment in segments],
            "end": [f"{segment.interval[1]:.3f}" for segment in segments],
        }
        if "words" in self._roles:
            with open_sequence(self._roles["words"]) as file:
                texts = [
                    both
                    for video, group in groupby(segments, attrgetter("video"))
                    for both in _texts(file, video, list(group))
                ]
            index["text"], index["step_words"] = map(list, zip(*texts, strict=True))
        return index


@dataclass(frozen=True)
class _Segment:
    """A sample: seconds `(2,)`, score, and the rows `(w,)` and seconds `(w, 2)` of its words."""

    video: str
    number: int
    interval: np.ndarray
    score: float
    rows: np.ndarray
    words: np.ndarray


def _segments_of(video, intervals, scores, words, seq_len):
    found = (rows[:seq_len] for rows, _ in overlapping(words, intervals))
    return [
        _Segment(video, number, intervals[number], scores[number], rows, words[rows])
        for number, rows in enumerate(found)
        if len(rows)
    ]


def _word_features(file, video, segments, modality):
    """Return the concatenated features of the segments' words, and the number of repairs."""
    features, repaired = file.features(video)
    if modality == "text":
        return features[np.concatenate([segment.rows for segment in segments])], repaired
    words = np.concatenate([segment.words for segment in segments])
    return average_over(words, file.intervals(video), features), repaired


def _texts(file, video, segments):
    """Return the transcript of each segment, and the words of its steps, empty if unknown."""
    if video not in file.videos:
        return [("", "")] * len(segments)
    words, times = file.words(video), file.intervals(video)
    found = overlapping(times, np.array([segment.interval for segment in segments]))
    texts = []
    for segment, (rows, _) in zip(segments, found, strict=True):
        spoken = [words[row] for row in rows]
        steps = rows[: len(segment.rows)]
        known = len(steps) == len(segment.rows) and np.allclose(times[steps], segment.words)
        named = " ".join(words[row] or PAUSE for row in steps) if known else ""
        texts.append((" ".join(word for word in spoken if word not in ("", PAUSE)), named))
    return texts
