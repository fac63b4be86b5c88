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

    `csd_folder.find_roles` tells how the files are found, `csd_folder.read_folds` how the videos
    are split. As the CMU-MultimodalSDK does:

    - A labelled segment of a video is a sample, called `VIDEO[i]` by the segment's row i.
    - Its steps are the words whose intervals overlap it by more than 10 µs, by their starts; words
      without length are left out, pauses (`sp`) that have a vector are kept. A segment without a
      word is left out.
    - Audio and video of a step are the averages over the word (`csd_alignment.average_over`),
      zeros where there is nothing.

    The score is the first column of the labels: the opinion of CMU-MOSI, the sentiment of
    CMU-MOSEI. The column `text` of the index joins the words of the segment, without pauses.

    The SDK may give the modalities of a segment different lengths where a word crosses its
    border. Here the words decide for all.

    Args:
        path: The folder.
        seq_len: Steps of every sample: longer ones keep their first, shorter ones are padded with
            zeros. By default that of the longest sample of all splits.
        **options: See `Reader`. Labels are needed all the same: they say what a sample is.

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
        """From each video of a split, if it is there, to its segments that have words."""
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
        """Return features `(N, T, D)` and how many values became 0."""
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
                index["text"] = [
                    text
                    for video, group in groupby(segments, attrgetter("video"))
                    for text in _texts(file, video, list(group))
                ]
        return index


@dataclass(frozen=True)
class _Segment:
    """A sample: seconds `(2,)`, score, and the words' rows `(w,)` and seconds `(w, 2)`."""

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
    """Return the features of the segments' words, behind each other, and the count of repairs."""
    features, repaired = file.features(video)
    if modality == "text":
        return features[np.concatenate([segment.rows for segment in segments])], repaired
    words = np.concatenate([segment.words for segment in segments])
    return average_over(words, file.intervals(video), features), repaired


def _texts(file, video, segments):
    if video not in file.videos:
        return [""] * len(segments)
    words = file.words(video)
    found = overlapping(file.intervals(video), np.array([s.interval for s in segments]))
    spoken = ([words[row] for row in rows] for rows, _ in found)
    return [" ".join(word for word in line if word not in ("", PAUSE)) for line in spoken]
