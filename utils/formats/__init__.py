"""Data formats. Each reader turns files into `Split`s; `open_data` finds the right reader."""

import errno
from pathlib import Path

from utils.formats.csd import ComputationalSequences
from utils.formats.feature_folder import FeatureFolder
from utils.formats.hdf5 import Hdf5Folder
from utils.formats.misa_pickle import MisaPickle
from utils.formats.mmsa_pickle import MmsaPickle
from utils.formats.mult_pickle import MultPickle
from utils.formats.pickle_reader import listed_keys, load_content, split_sections
from utils.formats.split import MODALITIES, SPLITS, Split
from utils.untrusted.invalid_data import InvalidData

__all__ = ["MODALITIES", "READERS", "SPLITS", "InvalidData", "Split", "open_data"]

PICKLES = (MultPickle, MmsaPickle, MisaPickle)
READERS = (Hdf5Folder, FeatureFolder, ComputationalSequences, *PICKLES)


def open_data(path, feature_files=None, **options):
    """Find the reader for the data at `path`.

    Args:
        path: A file or folder in one of the known formats.
        feature_files: A dict from modalities to MMSA pickles that replace features of `path`,
            which must be an MMSA pickle too.
        **options: See `Reader`: `labels`, `modalities`, `target` and `clip_labels`.

    Returns:
        A `Reader`. `splits()` names the existing splits, `read(split)` returns a `Split` in memory,
        and `stream(split)` returns a `Split` that stays on disk if the format allows it.

    Raises:
        FileNotFoundError: If the path does not exist or has no known format.
        PermissionError: If the path may not be read.
        InvalidData: If a pickle cannot be loaded, or has none of the known layouts.
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
    if found is None:
        received = ", ".join(names[:8]) or "an empty folder"
        tables = any(name.endswith((".csv", ".parquet")) for name in names)
        hint = " Tables of texts are for --model cross-attention, moe or gate." if tables else ""
        raise FileNotFoundError(
            f"{path} is in no known format. Expected: {_known_formats()}. Received: {received}. "
            f"See data/README.md for the layouts.{hint}"
        )
    if found in PICKLES:
        options["content"] = load_content(path)
        found = _find_layout(path, options["content"])
    if not feature_files:
        return found(path, **options)
    if found is not MmsaPickle:
        raise ValueError(
            f"`feature_files` replace features of an MMSA pickle. Received: {path}, which is "
            f"{found.describe()}. Leave them out, or name a pickle of MMSA."
        )
    return MmsaPickle(path, feature_files, **options)


def _find_layout(path, content):
    """Return the reader of a loaded pickle."""
    found = next((reader for reader in PICKLES if reader.fits(content)), None)
    if found is None:
        raise InvalidData(
            f"{path} must have one of the known layouts of pickles. "
            f"Expected: {'; or '.join(reader.describe() for reader in PICKLES)}. "
            f"Received: {_structure(content)}. See data/README.md for the layouts."
        )
    return found


def _structure(content):
    if type(content) is list:
        return (
            f"a list of {len(content)} values; for one split of MISA, name the folder of its files"
        )
    if type(content) is not dict:
        return f"a {type(content).__name__}"
    inner = next((value for value in split_sections(content) if type(value) is dict), None)
    keys = listed_keys(content)
    return f"a dict of {keys}" + (f", the first with {listed_keys(inner)}" if inner else "")


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
