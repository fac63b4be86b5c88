"""Read and check the public utterance-level files of CMU-MOSI.

`utterances.csv` describes one utterance in each row. `text.csv`, `audio.csv` and `video.csv` hold
the features in the same order, without a header; the last column is the binary label.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.csv_rows import row_reader
from utils.formats.checks import check_count, check_ids
from utils.formats.split import SPLITS
from utils.formats.table import read_table
from utils.measures.score_target import ScoreTarget
from utils.untrusted.invalid_data import InvalidData

UTTERANCE_FILE = "utterances.csv"
WIDTHS = {"text": 100, "audio": 73, "video": 100}
COLUMNS = ("id", "video_id", "utt_no", "text", "score", "cls", "start", "end")


@dataclass(frozen=True)
class Utterances:
    """The utterances of all videos.

    Attributes:
        columns: The `N` texts of each column of `utterances.csv`.
        numbers: Position of each utterance in its video, `(N,)`; numbers may have gaps.
        scores: Scores `(N, 1)`, float32, in [-3, 3].
        features: Features `(N, D)` of each modality, float32.
        files: Paths of the files.
    """

    columns: dict[str, list[str]]
    numbers: np.ndarray
    scores: np.ndarray
    features: dict[str, np.ndarray]
    files: list[Path]

    @property
    def videos(self):
        """The video of each utterance."""
        return self.columns["video_id"]


def read_utterances(source):
    """Read and check the four files.

    Args:
        source: The folder with the files.

    Returns:
        `Utterances`. The column `split` always exists and is filled.

    Raises:
        FileNotFoundError: If the folder or a file is missing.
        InvalidData: If the content of a file is wrong, or the files do not belong together. The
            message names the file, and the line or column.
    """
    source = Path(source)
    paths = {name: source / f"{name}.csv" for name in WIDTHS}
    table_path = source / UTTERANCE_FILE
    for path in (table_path, *paths.values()):
        if not path.is_file():
            raise FileNotFoundError(
                f"Missing file {path}. Expected: {UTTERANCE_FILE}, text.csv, audio.csv and "
                "video.csv in one folder. Received: no such file. data/README.md tells where to "
                "get them."
            )
    columns = read_table(table_path)
    scores, classes, numbers = _check_table(table_path, columns)
    features = {
        name: _read_features(path, WIDTHS[name], classes, table_path)
        for name, path in paths.items()
    }
    return Utterances(columns, numbers, scores, features, [table_path, *paths.values()])


def _check_table(path, columns):
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise InvalidData(
            f"{path} must have the columns {', '.join(COLUMNS)}. Received: no column "
            f"{', '.join(missing)}. Add it to the first line and to all rows."
        )
    check_ids(f"{path}, column id,", columns["id"])
    scores = ScoreTarget().encode(f"{path}, column score,", _numbers(path, columns, "score"))
    classes = _numbers(path, columns, "cls")
    _check_rows(
        path,
        "cls",
        columns["cls"],
        classes == (scores[:, 0] >= 0),
        "be 1 where the score is at least 0, and else 0",
    )
    numbers = _numbers(path, columns, "utt_no")
    whole = np.isfinite(numbers) & (numbers == np.floor(numbers))
    _check_rows(path, "utt_no", columns["utt_no"], whole, "be a whole number")
    videos = columns["video_id"]
    _check_rows(path, "video_id", videos, np.array([bool(v) for v in videos]), "name the video")
    seen = {}
    places = enumerate(zip(videos, numbers.tolist(), strict=True))
    first = np.array([seen.setdefault(place, row) == row for row, place in places])
    _check_rows(path, "utt_no", columns["utt_no"], first, "be unique within its video")
    _check_splits(path, columns)
    return scores, classes, numbers


def _check_splits(path, columns):
    splits = columns.setdefault("split", ["train"] * len(columns["id"]))
    known = np.array([split in SPLITS for split in splits])
    _check_rows(path, "split", splits, known, f"be one of {', '.join(SPLITS)}")
    split_of = {}
    for video, split in zip(columns["video_id"], splits, strict=True):
        if split_of.setdefault(video, split) != split:
            raise InvalidData(
                f"{path}, column split, must put each video into one split. Received: {video!r} "
                f"in {split_of[video]} and {split}. Choose one of them for all of its utterances."
            )


def _numbers(path, columns, name):
    values = [_number(value) for value in columns[name]]
    known = np.array([value is not None for value in values], bool)
    _check_rows(path, name, columns[name], known, "be a number")
    return np.array(values, "float64")


def _check_rows(path, column, values, good, must):
    bad = np.flatnonzero(~good)
    if len(bad):
        row = int(bad[0])
        raise InvalidData(
            f"{path}, row {row}, column {column}, must {must}. Received: {values[row]!r}. "
            "Correct this row, or take the file from its source again."
        )


def _number(text):
    try:
        return float(text)
    except ValueError:
        return None


def _read_features(path, width, classes, table_path):
    """Read features `(N, width)`, and check that the label in the last column is `classes`."""
    rows = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for i, (_, texts) in enumerate(row_reader(file)):
                rows.append(_read_row(f"{path}, row {i},", texts, width + 1))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidData(
            f"{path} must be a CSV table of numbers. Received: {error}. "
            "Take the file from its source again."
        ) from error
    check_count(str(path), len(rows), len(classes), table_path.name)
    table = np.array(rows)
    bad = np.flatnonzero(table[:, -1] != classes)
    if len(bad):
        row = int(bad[0])
        raise InvalidData(
            f"{path}, row {row}, column {width}, must be the label in column cls of "
            f"{table_path.name}, {classes[row]:g}. Received: {table[row, -1]:g}. Both files must "
            "hold the same utterances in the same order."
        )
    with np.errstate(over="ignore"):
        return table[:, :-1].astype("float32")


def _read_row(where, texts, count):
    if len(texts) != count:
        raise InvalidData(
            f"{where} must have {count} values: {count - 1} features and the label. "
            f"Received: {len(texts)}. Take the file from its source again."
        )
    values = [_number(text) for text in texts]
    if None in values:
        column = values.index(None)
        raise InvalidData(
            f"{where} column {column}, must be a number. Received: {texts[column]!r}. "
            "Correct this value, or take the file from its source again."
        )
    return values
