"""Clips from the rows of a table: a list of one's own, or MMSA's `label.csv`."""

import math
from pathlib import Path

from utils.clips.media.clip_list import SUFFIXES, Clip
from utils.formats.clip_table import COLUMNS as MMSA_COLUMNS
from utils.formats.feature_index import (
    SPLIT_NAMES,
    UNLABELLED_COLUMNS,
    checked_index,
    label_columns,
)
from utils.formats.table import read_table
from utils.row_ids import RowIds
from utils.untrusted.invalid_data import InvalidData

OWN_COLUMNS = ("id", "path", "split", "text", "video_id", "start", "end")


def clips_of_table(table):
    """Return the clips of a CSV table.

    Args:
        table: The `Path`; see `clip_list` for the columns.

    Raises:
        InvalidData: If the table is faulty; the message names file, column and row.
    """
    columns = read_table(table)
    if "path" in columns:
        columns = _own(table, columns)
    elif all(name in columns for name in MMSA_COLUMNS):
        columns = _mmsa(table, columns)
    else:
        raise InvalidData(
            f"{table} must have the column path, or {' and '.join(MMSA_COLUMNS)}. "
            f"Received: {', '.join(columns)}. Add the paths of the recordings."
        )
    rows = len(columns["path"])
    columns.setdefault("split", [""] * rows)
    checked_index(
        table,
        {"id": columns["id"], "split": [split or "none" for split in columns["split"]]},
        UNLABELLED_COLUMNS,
    )
    return [
        _clip(table, row, {name: values[row] for name, values in columns.items()})
        for row in range(rows)
    ]


def _own(table, columns):
    """Complete the columns of a table of one's own: `path` from its folder, and `id`."""
    texts = columns.get("text") or [""] * len(columns["path"])
    for row, (path, text) in enumerate(zip(columns["path"], texts, strict=True)):
        if not path.strip() and not text.strip():
            raise InvalidData(
                f"{table}, column path, row {row}, must name a recording, or the row must have a "
                "text. Received: neither. Correct or remove the row."
            )
    ids = columns.get("id") or [Path(path).stem or "text" for path in columns["path"]]
    if "id" not in columns:
        ids = RowIds("id").repaired({"id": ids})["id"]
    paths = [table.parent / path.strip() if path.strip() else None for path in columns["path"]]
    return {**columns, "id": ids, "path": paths}


def _mmsa(table, columns):
    """Return MMSA's columns under the names of a table of one's own."""
    columns = dict(columns)
    videos, clips, modes = columns["video_id"], columns.pop("clip_id"), columns.pop("mode", None)
    pairs = list(zip(videos, clips, strict=True))
    folders = {video: _stems(table.parent / "Raw" / video) for video in set(videos)}
    return {
        **columns,
        "id": [f"{video}$_${clip}" for video, clip in pairs],
        # A missing recording fails when it is opened, under MMSA's own name.
        "path": [
            folders[video].get(_number(clip), table.parent / "Raw" / video / f"{clip}.mp4")
            for video, clip in pairs
        ],
        "split": modes or [""] * len(pairs),
    }


def _stems(folder):
    """Return the recordings of a folder by the numbers in their names."""
    if not folder.is_dir():
        return {}
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    return {_number(file.stem): file for file in files}


def _number(clip):
    """Return a clip's name without the leading zeros, which spreadsheets remove."""
    return clip.lstrip("0") or "0"


def _clip(table, row, values):
    labels = label_columns(values)
    if "label" in values:
        labels = ("label", *(name for name in values if name.startswith("label_")))
    start = _seconds(table, row, "start", values) or 0.0
    end = _seconds(table, row, "end", values)
    if end is not None and end <= start:
        raise InvalidData(
            f"{table}, column end, row {row}, must be later than start, {start}. Received: {end}. "
            "Correct it."
        )
    return Clip(
        id=values["id"],
        path=values["path"],
        split=SPLIT_NAMES.get(values["split"]) or values["split"],
        label={name: values[name] for name in labels},
        text=values.get("text", ""),
        video_id=values.get("video_id", ""),
        start=start,
        end=end,
        others={
            name: value
            for name, value in values.items()
            if name not in OWN_COLUMNS and name not in labels
        },
    )


def _seconds(table, row, column, values):
    """Return a number of seconds of a row, or `None` if it is empty."""
    text = values.get(column, "").strip()
    try:
        seconds = float(text) if text else None
    except ValueError:
        seconds = math.nan
    if seconds is not None and not 0 <= seconds < math.inf:
        raise InvalidData(
            f"{table}, column {column}, row {row}, must be seconds, such as 12.5, or empty. "
            f"Received: {text!r}. Correct it."
        )
    return seconds
