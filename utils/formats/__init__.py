"""Data formats. Each reader turns files into `Split`s; `open_data` finds the right reader."""

import errno
from pathlib import Path

from utils.formats.clip_table import PickleWithTable, find_clip_table, find_pickle
from utils.formats.csd import ComputationalSequences
from utils.formats.feature_folder import FeatureFolder
from utils.formats.hdf5 import Hdf5Folder
from utils.formats.mmsa_pickle import MmsaPickle
from utils.formats.split import MODALITIES, SPLITS, Split
from utils.untrusted.invalid_data import InvalidData

__all__ = ["MODALITIES", "READERS", "SPLITS", "InvalidData", "Split", "open_data"]

READERS = (Hdf5Folder, FeatureFolder, ComputationalSequences, MmsaPickle)


def open_data(path, feature_files=None, **options):
    """Find the reader for the data at `path`.

    Args:
        path: A file or folder in one of the known formats; or a folder that holds one pickle of
            MMSA and its table of clips, such as `meta.csv`.
        feature_files: A dict from modalities to MMSA pickles that replace features of `path`,
            which must be an MMSA pickle too.
        **options: See `Reader`: `labels`, `modalities`, `target` and `clip_labels`.

    Returns:
        A `Reader`. `splits()` names the existing splits, `read(split)` returns a `Split` in memory,
        and `stream(split)` returns a `Split` that stays on disk if the format allows it.

    Raises:
        FileNotFoundError: If the path does not exist or has no known format.
        PermissionError: If the path may not be read.
        ValueError: If `feature_files` are given for another format.
    """
    path = Path(path)
    try:
        # `exists` would hide the reason: a missing permission, or links that lead in a circle.
        names = (
            sorted(p.name for p in path.iterdir()) if path.is_dir() else [path.stat() and path.name]
        )
        found = next((reader for reader in READERS if reader.matches(path)), None)
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise FileNotFoundError(
            f"No data at {str(path)!r}. Expected: {_known_formats()}. Received: {error}. "
            "Check the path."
        ) from error
    if found is None and (pickle := find_pickle(path)) is not None:
        return open_data(pickle, feature_files, **options)
    if found is None:
        received = ", ".join(names[:8]) or "an empty folder"
        tables = any(name.endswith((".csv", ".parquet", ".json")) for name in names)
        hint = (
            " Tables of texts stay as they are: train with --model cross-attention, moe or gate."
            if tables
            else ""
        )
        raise FileNotFoundError(
            f"{path} is in no known format. Expected: {_known_formats()}. Received: {received}. "
            f"See data/README.md for the layouts.{hint}"
        )
    if feature_files:
        if found is not MmsaPickle:
            raise ValueError(
                f"`feature_files` replace features of an MMSA pickle. Received: {path}, which is "
                f"{found.describe()}. Leave them out, or name a pickle."
            )
        options["feature_files"] = feature_files
    if found is MmsaPickle and find_clip_table(path) is not None:
        found = PickleWithTable
    return found(path, **options)


def _unreadable(path, error):
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(
            f"No data at {path}. Received: nothing of that name. Expected: a file or folder in a "
            "format of data/README.md. Check the path, or make built-in data with "
            "`python -m data.synthetic --help`."
        )
    hint = {
        errno.EACCES: "Ask for the permission to read it",
        errno.ELOOP: "The links lead in a circle: name the folder itself",
    }.get(error.errno, "Check the path")
    return type(error)(
        f"{path} cannot be read. Expected: {_known_formats()}. Received: {error.strerror}. {hint}."
    )


def _known_formats():
    return "; or ".join(reader.describe() for reader in READERS)
