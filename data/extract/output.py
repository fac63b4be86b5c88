"""The data folder of an extraction: its settings, what is finished, index and failures."""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

from data.extract.clip_files import DETAILS, ClipFiles
from data.extract.index import index_rows
from utils.csv_rows import write_rows
from utils.files import write_json
from utils.formats.extraction_file import FILE, read_extraction
from utils.formats.feature_folder import INDEX_FILE
from utils.new_file import check_free
from utils.untrusted.invalid_data import InvalidData

FAILURES = "failures.csv"


@contextlib.contextmanager
def open_output(folder, resume=False, overwrite=False):
    """Open the data folder that an extraction fills, and lock it.

    Args:
        folder: The folder, new, empty, or of an earlier extraction.
        resume: Whether to go on with what an earlier extraction has finished.
        overwrite: Whether to remove what an earlier extraction has written.

    Yields:
        An `ExtractionOutput`.

    Raises:
        FileExistsError: If it holds something else, or another process works in it.
        InvalidData: If the `extraction.json` in it is damaged.
    """
    folder = Path(folder)
    taken = folder.is_dir() and any(folder.iterdir())
    if not taken or not (resume or overwrite):
        _check_new(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        output = ExtractionOutput(folder)
        if taken and output.earlier is None:
            raise FileExistsError(
                f"{folder} holds no extraction. Expected: a folder that is new, or that "
                f"`data.extract` has written, with {FILE}. Received: a folder without it. Name "
                "another folder."
            )
        if overwrite:
            output.clear()
        yield output


def _check_new(folder):
    try:
        check_free(folder)
    except FileExistsError as error:
        if not (folder / FILE).exists():
            raise
        raise FileExistsError(
            f"{folder} holds an extraction. Expected: a folder that is new. Go on with it by "
            "--resume, replace it by --overwrite, or name another folder."
        ) from error


@contextlib.contextmanager
def _locked(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise FileExistsError(
            f"Another process extracts into {folder}. Expected: one at a time. Wait for it, stop "
            "it, or name another folder."
        ) from error
    finally:
        os.close(descriptor)


class ExtractionOutput:
    """The data folder of an extraction.

    Args:
        folder: Its `Path`.

    Attributes:
        folder: The same.
        files: The `ClipFiles` in it.
        earlier: What `extraction.json` of the extraction to go on with holds, or `None`.
    """

    def __init__(self, folder):
        self.folder = folder
        self.files = ClipFiles(folder)
        self.earlier = read_extraction(folder)

    def clear(self):
        """Remove what an extraction has written, and nothing else; `extraction.json` last."""
        for path in sorted((self.folder / DETAILS).rglob("*.json")):
            name = path.relative_to(self.folder / DETAILS).as_posix().removesuffix(".json")
            self.files.remove(name)
        shutil.rmtree(self.folder / DETAILS, ignore_errors=True)
        for name in (INDEX_FILE, FAILURES, FILE):
            (self.folder / name).unlink(missing_ok=True)
        self.earlier = None

    def begin(self, record):
        """Write `extraction.json`, or check that an extraction goes on as it began.

        Raises:
            InvalidData: If it has begun with other settings, models or another version.
        """
        if self.earlier is None:
            write_json(self.folder / FILE, record)
            return
        for key in ("version", "settings", "models", "names"):
            if self.earlier[key] != record[key]:
                raise InvalidData(
                    f"{self.folder} must be extracted with one version, one set of settings and "
                    f"models. Expected: {_shown(self.earlier[key], record[key])}, as in {FILE}. "
                    f"Received: {_shown(record[key], self.earlier[key])}. Go on with the same, "
                    "replace all by --overwrite, or name another folder."
                )

    def finish(self, clips, failures, aligned):
        """Write the index of the finished clips, and the failures.

        Args:
            clips: All `Clip`s, in order.
            failures: From the id of each clip that failed to the reason.
            aligned: Whether the steps of all modalities are words.

        Returns:
            The rows of the index, a list of dicts.
        """
        finished = [clip for clip in clips if clip.id not in failures]
        rows = index_rows(finished, self.files, aligned)
        if rows:
            write_rows(self.folder / INDEX_FILE, rows)
        else:
            (self.folder / INDEX_FILE).unlink(missing_ok=True)
        failed = [
            {"id": clip.id, "path": str(clip.path or ""), "reason": failures[clip.id]}
            for clip in clips
            if clip.id in failures
        ]
        if failed:
            write_rows(self.folder / FAILURES, failed)
        else:
            (self.folder / FAILURES).unlink(missing_ok=True)
        return rows


def _shown(one, other):
    """Return the part of a value that differs from another, in words."""
    if not isinstance(one, dict):
        return f"version {one}"
    different = {name: value for name, value in one.items() if value != other.get(name)}
    return ", ".join(f"{name} {value!s:.60}" for name, value in different.items()) or "nothing"
