"""Columns about the samples of a pickle: ids and texts. They never block the data."""

import re

import numpy as np

from utils.formats.clip_ids import video_and_clip
from utils.row_ids import RowIds
from utils.untrusted.invalid_data import check_memory

# A video of YouTube has a name of 11 characters; MulT writes `VIDEO_CLIP`.
YOUTUBE_CLIP = re.compile(r"([\w-]{11})_\d+")
MOST_ID_PARTS = 3
LONGEST_ID_PART = 500
LARGEST_ID = 2**62


class PickledIndex:
    """The columns of one split. An odd value is repaired or left out, and a note counts it.

    Args:
        where: The file and split, for messages.
        count: The number of samples.

    Attributes:
        columns: Dict from `id`, `video_id`, `text`, ... to `count` texts.
        notes: What was repaired or left out, one sentence each.
    """

    def __init__(self, where, count):
        self.where = where
        self.count = count
        self.columns = {}
        self.notes = []

    def add_ids(self, key, value):
        """Add the column `id`, and `video_id` if all ids name a video.

        An id is text, bytes, a number, or up to three of these: `(video, start, end)` becomes
        `video$_$start-end`. An unusable or repeated id is replaced; see `RowIds`.

        Args:
            key: Name of the value, for notes.
            value: An array or list with one id for each sample.
        """
        items = self._rows(key, value)
        if items is None:
            return
        parts = [_id_parts(item) for item in items]
        ids = RowIds("id")
        self.columns |= ids.repaired({"id": [_joined(one) if one else "" for one in parts]})
        self.notes += ids.notes(f"{self.where}, {key}")
        videos = [_video(one) for one in parts]
        if all(videos):
            self.columns["video_id"] = videos

    def add_texts(self, column, key, value):
        """Add a column of texts; a text may be a list of words.

        Args:
            column: Name of the column.
            key: Name of the value, for notes.
            value: An array or list with one text for each sample.

        Raises:
            InvalidData: If the texts need more than the available memory.
        """
        items = self._rows(key, value)
        if items is None:
            return
        # A short pickle can contain the same list, or the same word, many times.
        known, distinct = {}, {id(item): item for item in items}
        words = {number: _words(item, known) for number, item in distinct.items()}
        check_memory(f"{self.where}, {key},", sum(len(w) for one in words.values() for w in one))
        joined = {number: " ".join(one) for number, one in words.items()}
        texts = [joined[id(item)] for item in items]
        if not any(texts):
            self.note(f"{key} holds no text and was left out.")
            return
        self._note(key, "texts were missing or unreadable and are empty", [not t for t in texts])
        self.columns[column] = texts

    def note(self, sentence):
        """Add a note on a value of the split."""
        self.notes.append(f"{self.where}, {sentence}")

    def _rows(self, key, value):
        listed = type(value) in (list, tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)
        if listed and len(value) == self.count:
            return list(value)
        received = f"{len(value)} values" if listed else f"a {type(value).__name__}"
        self.note(
            f"{key} was left out: it must be a list of {self.count} values, one for each sample. "
            f"Received: {received}."
        )
        return None

    def _note(self, key, what, rows):
        if any(rows):
            counted = f"{sum(rows)} of {self.count} {what}"
            self.note(f"{key}: {counted}; the first is in row {rows.index(True)}.")


def _id_parts(item):
    """Return the parts of an id as texts; empty if one of them is unusable."""
    parts = item if _is_list(item) else [item]
    if len(parts) > MOST_ID_PARTS:
        return []
    texts = [_id_text(part) for part in parts]
    return texts if all(texts) else []


def _id_text(part):
    if _is_list(part) and len(part) == 1:
        part = part[0]
    if isinstance(part, np.generic):
        part = part.item()
    if type(part) in (int, float):
        if not -LARGEST_ID < part < LARGEST_ID:
            return ""
        return str(int(part)) if part == int(part) else str(part)
    long = isinstance(part, (str, bytes)) and len(part) > LONGEST_ID_PART
    return "" if long else _text(part)


def _joined(parts):
    return "$_$".join([parts[0], *(["-".join(parts[1:])] if parts[1:] else [])])


def _video(parts):
    """Return the video of an id, or `None`."""
    if not parts:
        return None
    found = YOUTUBE_CLIP.fullmatch(parts[0])
    clip = found and found.groups()
    if len(parts) == 1:
        clip = video_and_clip(parts[0]) or clip
        return clip and clip[0]
    return clip[0] if clip else parts[0]


def _words(item, known):
    """Return the words of a list, or the only text; empty if they are no texts.

    `known` has the words met so far, by identity: each with its text.
    """
    words = list(item) if _is_list(item) else [item]
    for word in words:
        if id(word) not in known:
            known[id(word)] = word, _text(word)
    texts = [known[id(word)][1] for word in words]
    return texts if all(texts) else []


def _text(item):
    """Return a text or UTF-8 bytes as `str`; empty for anything else."""
    try:
        if isinstance(item, bytes):
            return item.decode()
        if isinstance(item, str):
            item.encode()
            return str(item)
    except (UnicodeDecodeError, UnicodeEncodeError):
        pass
    return ""


def _is_list(item):
    return isinstance(item, (list, tuple)) or (isinstance(item, np.ndarray) and item.ndim > 0)
