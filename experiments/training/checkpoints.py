"""Saved states of a training. After the first save, a complete state always exists."""

import contextlib
import json
import os
import re
import zipfile
from pathlib import Path

import numpy as np

from utils.command_line import RunFailed, console
from utils.environment import file_checksum

KEPT = 2
# The name ends in the beginning of the SHA-256 of the file.
NAME = re.compile(r"epoch-\d{6}-step-\d{9}-[0-9a-f]{16}\.npz")
# NumPy, zipfile and json raise these errors for damaged archives.
DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError)


class Checkpoints:
    """The newest states of a training in a folder, one file for each state.

    Args:
        path: The folder. It is created with the first state.
    """

    def __init__(self, path):
        self.path = Path(path)

    def save(self, arrays, progress):
        """Write a state in one step, and remove all but the newest `KEPT`.

        Args:
            arrays: Dict from name to NumPy array.
            progress: The rest of the state, a dict that JSON can hold, with `epoch` and `step`.

        Raises:
            RunFailed: If the state cannot be written. Earlier states stay.
        """
        name = f"epoch-{progress['epoch']:06d}-step-{progress['step']:09d}"
        partial = self.path / "partial"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                np.savez(file, progress=np.array(json.dumps(progress)), **arrays)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self.path / f"{name}-{checksum(partial)}.npz")
            for old in self._files()[KEPT:]:
                old.unlink()
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise RunFailed(
                f"the checkpoint {self.path / name} cannot be written: {error.strerror or error}. "
                "What was saved before it is whole. Make room, or give permission, and run the "
                "command again with --resume."
            ) from error

    def newest(self):
        """Return the arrays and the progress of the newest undamaged state, or `None`."""
        for path in self._files():
            try:
                if not path.name.endswith(f"-{checksum(path)}.npz"):
                    raise ValueError("its content is not the one that was written")
                # NumPy does not close a file with a damaged archive.
                with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
                    arrays = {name: content[name] for name in content}
                return arrays, json.loads(str(arrays.pop("progress")))
            except DAMAGE as error:
                console.print(
                    f"warning: the checkpoint {path} is damaged and passed over: {error}",
                    style="yellow",
                    markup=False,
                )
        return None

    def remove(self):
        """Remove all states, of folds too, and the folders that are empty then."""
        for folder in [*self.path.glob("fold-*"), self.path]:
            for path in [*Checkpoints(folder)._files(), folder / "partial"]:
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _files(self):
        """Return the files of the states, newest first."""
        found = [path for path in self.path.glob("*.npz") if NAME.fullmatch(path.name)]
        return sorted(found, reverse=True)


def checksum(path):
    """Return the beginning of the SHA-256 of a file, 16 hexadecimal digits."""
    return file_checksum(path)[:16]
