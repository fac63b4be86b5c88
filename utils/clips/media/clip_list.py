"""The list of clips to be extracted, from files, folders, patterns and tables."""

import glob
import os
from dataclasses import dataclass, field
from pathlib import Path

from utils.clips.media.clip_error import ClipError
from utils.row_ids import RowIds

# By these names a folder's recordings are found. A file that is named itself may have any name.
SUFFIXES = frozenset(
    ".3gp .aac .ac3 .aif .aiff .amr .asf .au .avi .caf .dv .flac .flv .m2ts .m4a .m4v .mka .mkv "
    ".mov .mp3 .mp4 .mpeg .mpg .mts .oga .ogg .ogv .opus .ts .vob .wav .webm .wma .wmv".split()
)
LONGEST_ID = 1000


@dataclass(frozen=True)
class Clip:
    """A clip to be extracted.

    Attributes:
        id: Name of the clip; it names its files too.
        path: The `Path` of the recording; `None`: there is none, the text is all.
        split: `train`, `valid`, `test`, another name, or nothing.
        label: Dict from the name of each label column, `label` or `label_NAME`, to its text.
        text: The transcript, or nothing.
        video_id: The recording from which the clip was cut, or nothing.
        start: First moment, in seconds on the recording's timeline.
        end: Last moment, in seconds; `None`: to the end.
        others: Dict from the name of each other column of the table to its text.
    """

    id: str
    path: Path | None
    split: str = ""
    label: dict[str, str] = field(default_factory=dict)
    text: str = ""
    video_id: str = ""
    start: float = 0.0
    end: float | None = None
    others: dict[str, str] = field(default_factory=dict)


def clip_list(sources):
    """Return the clips that files, folders, patterns and tables name, each once.

    - A recording: its id is the file's name without suffix.
    - A folder: all its recordings, known by their suffix, and those of the folders in it; the id is
      the path inside the folder, without suffix.
    - A pattern with `*`, `?` or `[...]`; `**` means any folders.
    - A CSV table with the column `path`, relative to the table, and any of `id`, `split`, `label`
      or `label_NAME`, `text`, `video_id`, `start` and `end`. A row may have a text alone.
    - A folder in the raw layout of MMSA's corpora, `Raw/VIDEO/CLIP.mp4` beside `label.csv` with
      the columns `video_id` and `clip_id`, or that table; the id is `VIDEO$_$CLIP`.

    Whether a recording exists is found when it is opened.

    Args:
        sources: List of paths and patterns.

    Returns:
        List of `Clip`, in the order of the sources, and sorted by path within a folder.

    Raises:
        ClipError: If a source does not exist or holds no recordings, or if two rows of tables have
            the same id.
        InvalidData: If a table is faulty; the message names its row.

    Example:
        ```python
        clips = clip_list(["recordings", "more/*.wav"])
        names = [clip.id for clip in clips]
        ```
    """
    # A file may be named twice; a row of a table is meant as it stands.
    listed, found = [], {}
    for source in map(str, sources):
        table = _table_of(Path(source))
        if table:
            # It takes a second to import the readers of tables, which few calls need.
            from utils.clips.media.clip_rows import clips_of_table

            listed += clips_of_table(table)
        else:
            for root, file in _recordings(source):
                found.setdefault(file.resolve(), (root, file))
    _check_unique(listed)
    return listed + _named(list(found.values()), {clip.id for clip in listed})


def _table_of(path):
    """Return the table that a source is, or that a folder in MMSA's layout holds, or `None`."""
    if path.suffix.lower() == ".csv" and path.is_file():
        return path
    table = path / "label.csv"
    return table if table.is_file() and (path / "Raw").is_dir() else None


def _recordings(source):
    """Return the recordings of a source: pairs of the folder to which ids refer, and the file."""
    path = Path(source)
    if path.is_dir():
        found = [(path, file) for file in _files_inside(path)]
    elif path.exists():
        found = [(path.parent, path)]
    elif glob.has_magic(source):
        matches = sorted(map(Path, glob.glob(source, recursive=True)))
        root = Path(os.path.commonpath([file.parent for file in matches])) if matches else path
        found = [(root, file) for file in matches if file.is_file()]
        if not found:
            raise ClipError(
                f"{source} must match the names of recordings. Received: a pattern that no file "
                "matches. Correct the pattern."
            )
    else:
        raise ClipError(
            f"{source} must be a recording, a folder, a pattern or a CSV table. Received: no such "
            "file or folder. Correct the path."
        )
    if not found:
        raise ClipError(
            f"{source} must hold recordings. Received: a folder without a file whose name ends "
            f"with {', '.join(sorted(SUFFIXES))}. Name another folder, or the files themselves."
        )
    return found


def _files_inside(folder):
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            # Names with a dot in front are hidden, such as macOS's copies of attributes.
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(parent) / name


def _named(found, taken):
    """Return the clips of files, with ids that differ from each other and from those taken."""
    short = [_plain_id(file.relative_to(root).with_suffix("")) for root, file in found]
    ids = [
        _plain_id(file.relative_to(root)) if short.count(one) > 1 or one in taken else one
        for one, (root, file) in zip(short, found, strict=True)
    ]
    ids = RowIds("id").repaired({"id": [*taken, *ids]})["id"][len(taken) :]
    return [Clip(one, file) for one, (_, file) in zip(ids, found, strict=True)]


def _plain_id(path):
    """Return a path as an id: with `/`, without characters that ids may not have."""
    text = path.as_posix()[-LONGEST_ID:]
    return "".join(letter if letter.isprintable() and letter != "\\" else "_" for letter in text)


def _check_unique(clips):
    seen = set()
    for clip in clips:
        if clip.id in seen:
            raise ClipError(
                f"The ids of all tables together must differ. Received: {clip.id!r} twice. Rename "
                "one, or extract the tables one after another."
            )
        seen.add(clip.id)
