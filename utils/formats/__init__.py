"""Data formats. Each reader turns files into `Split`s; `open_data` finds the right reader."""

import errno
from pathlib import Path

from utils.formats.clip_table import PickleWithTable, find_clip_table, find_pickle
from utils.formats.csd import ComputationalSequences
from utils.formats.feature_folder import FeatureFolder
from utils.formats.hdf5 import Hdf5Folder
from utils.formats.label_file import RelabelledData
from utils.formats.mmsa_pickle import MmsaPickle
from utils.formats.partitioned import PartitionedData
from utils.formats.pickle_layouts import PICKLES, find_layout
from utils.formats.pickle_reader import load_content
from utils.formats.split import MODALITIES, SPLITS, Split
from utils.formats.text_table import TextTable
from utils.untrusted.invalid_data import InvalidData

__all__ = ["MODALITIES", "READERS", "SPLITS", "InvalidData", "Split", "open_data"]

READERS = (Hdf5Folder, FeatureFolder, ComputationalSequences, *PICKLES)


def open_data(path, feature_files=None, partition=None, label_file=None, **options):
    """Find the reader for the data at `path`.

    Args:
        path: A file or folder in one of the known formats; or a folder that holds one pickle; or,
            without labels, a CSV table of texts.
        feature_files: A dict from modalities to MMSA pickles that replace features of `path`,
            which must be an MMSA pickle too.
        partition: A `Partition` of data that has one split; `None`: the data's own splits.
        label_file: A CSV file whose labels replace those of the data, by id; see `RelabelledData`.
            `None`: the data's own labels.
        **options: See `Reader`: `labels`, `modalities`, `optional`, `target` and
            `clip_labels`.

    Returns:
        A `Reader`. `splits()` names the existing splits, `read(split)` returns a `Split` in memory,
        and `stream(split)` returns a `Split` that stays on disk if the format allows it.

    Raises:
        FileNotFoundError: If the path does not exist or has no known format.
        PermissionError: If the path may not be read.
        InvalidData: If a pickle cannot be loaded, or has none of the known layouts; or if a folder
            holds several pickles.
        ValueError: If `feature_files` are given for another format.
    """
    path, found = _find_reader(Path(path), options.get("labels", True))
    if found in PICKLES:
        options["content"] = load_content(path)
        found = find_layout(path, options["content"])
    if feature_files:
        if found is not MmsaPickle:
            raise ValueError(
                f"`feature_files` replace features of an MMSA pickle. Received: {path}, which is "
                f"{found.describe()}. Leave them out, or name a pickle of MMSA."
            )
        options["feature_files"] = feature_files
    if found is MmsaPickle and find_clip_table(path) is not None:
        found = PickleWithTable
    if label_file is None or not options.get("labels", True):
        reader = found(path, **options)
    else:
        own = {name: options.pop(name) for name in ("target", "clip_labels") if name in options}
        reader = RelabelledData(found(path, **{**options, "labels": False}), label_file, **own)
    return reader if partition is None else PartitionedData(reader, partition)


def _find_reader(path, labels=True):
    """Return the path of the data, a pickle in place of its folder, and the class that reads it."""
    try:
        # `exists` would hide the reason: a missing permission, or links that lead in a circle.
        names = (
            sorted(p.name for p in path.iterdir()) if path.is_dir() else [path.stat() and path.name]
        )
        known = READERS if labels else (*READERS, TextTable)
        found = next((reader for reader in known if reader.matches(path)), None)
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise FileNotFoundError(
            f"No data at {str(path)!r}. Expected: {_known_formats()}. Received: {error}. "
            "Check the path."
        ) from error
    if found is not None:
        return path, found
    if (pickle := find_pickle(path)) is not None:
        return _find_reader(pickle)
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
