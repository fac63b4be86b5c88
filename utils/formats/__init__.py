"""Data formats: each reader turns files into `Split`s; the right one is found by looking."""

from pathlib import Path

from utils.formats.hdf5 import Hdf5Folder
from utils.formats.split import MODALITIES, SPLITS, Split

__all__ = ["MODALITIES", "SPLITS", "Hdf5Folder", "Split", "open_data"]

READERS = (Hdf5Folder,)


def open_data(path):
    """Find the reader for the data at `path`.

    Args:
        path: A folder in one of the known formats.

    Returns:
        A reader with `splits()`, the names of the splits present, and `read(split)`, a `Split`.

    Raises:
        FileNotFoundError: If nothing is there, or nothing that a reader knows.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(
            f"No data at {path}. Expected: {Hdf5Folder.describe()}. "
            "Check the path, or make built-in data with `python -m data.synthetic --help`."
        )
    for reader in READERS:
        if reader.matches(path):
            return reader(path)
    found = sorted(p.name for p in path.iterdir())[:8] if path.is_dir() else ["a single file"]
    raise FileNotFoundError(
        f"{path} is in no known format. Expected: {Hdf5Folder.describe()}. "
        f"Received: {', '.join(found) or 'an empty folder'}. See data/README.md for the layout."
    )
