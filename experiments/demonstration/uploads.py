"""The folder of what browsers send: bounded, and deleted."""

import shutil
import tempfile
import time
from pathlib import Path


class Uploads:
    """A temporary folder for uploads, each in a folder of its own.

    Attributes:
        path: The `Path` of the folder.
    """

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="msa-demo-")).resolve()

    def find(self, path):
        """Return an upload as a `Path`.

        Raises:
            ValueError: If it is none, or has been deleted.
        """
        found = Path(path)
        inside = found.parent != self.path and found.resolve().is_relative_to(self.path)
        if not inside or found.is_symlink() or not found.is_file():
            raise ValueError(
                "The recording must have been uploaded here. Received: none, or one that was "
                "deleted meanwhile. Choose it again."
            )
        return found.resolve()

    def remove(self, path):
        """Delete an upload, with all that is beside it."""
        relative = Path(path).relative_to(self.path)
        shutil.rmtree(self.path / relative.parts[0], ignore_errors=True)

    def remove_old(self, seconds):
        """Delete uploads that nobody has asked about for some seconds."""
        before = time.time() - seconds
        for entry in self.path.iterdir():
            if entry.stat().st_mtime >= before:
                continue
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)

    def size(self):
        """Return the size of all uploads in bytes."""
        total = 0
        for entry in self.path.rglob("*"):
            try:
                total += entry.stat().st_size
            except FileNotFoundError:  # deleted meanwhile
                continue
        return total

    def close(self):
        """Delete the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
