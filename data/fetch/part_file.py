"""What a download has received so far."""

import contextlib
import fcntl
import json
import os
import shutil


class DownloadFailed(OSError):
    """A download that did not succeed; the message says what was kept and what to do."""


class PartFile:
    """The `.part` file of a download, open and locked, and the version of what it holds.

    Args:
        target: The path of the complete file; it gets `.part` appended.
        url: Where the file is downloaded. What was begun from elsewhere is dropped.

    Attributes:
        path: The `.part` file.
        version: The ETag or date of what it holds, or empty if that is not known.

    Raises:
        DownloadFailed: If it cannot be written, or another process is writing it.
    """

    def __init__(self, target, url):
        self.url = url
        self.path = target.with_name(target.name + ".part")
        self.note = target.with_name(target.name + ".part.json")
        self.version = ""
        try:
            self._file = self.path.open("ab", buffering=0)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise DownloadFailed(
                f"{self.path} must not be in use. Received: a file that another process is "
                "downloading. Wait for it to finish."
            ) from error
        except OSError:  # A file system without locks.
            pass
        self._recall()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if not self.size:
            self._forget()
        self._file.close()

    @property
    def size(self):
        """Bytes received so far."""
        return os.fstat(self._file.fileno()).st_size

    def append(self, block):
        """Write bytes behind the others."""
        view = memoryview(block)
        try:
            while view:
                view = view[self._file.write(view) or 0 :]
        except OSError as error:
            raise self._unwritable(error) from error

    def restart(self):
        """Drop what is there."""
        self._file.truncate(0)
        self.version = ""

    def remember(self, version):
        """Note the version of what is being received, for the next run."""
        self.version = version
        try:
            self.note.write_text(json.dumps({"url": self.url, "version": version}) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def check_room(self, total):
        """Refuse a file that is larger than the free disk space."""
        free = shutil.disk_usage(self.path.parent).free
        if total is not None and total - self.size > free:
            raise DownloadFailed(
                f"{self.url} does not fit on the disk of {self.path.parent}. Expected: "
                f"{total - self.size} bytes free. Received: {free}. Free some space, or choose "
                "another folder."
            )

    def finish(self, target):
        """Make it the complete file."""
        os.fsync(self._file.fileno())
        self.path.rename(target)
        self.note.unlink(missing_ok=True)

    def kept(self):
        """Say what stays on the disk."""
        if not self.size:
            return "Nothing was kept."
        return f"{self.path} keeps {self.size} bytes, from which the next run goes on."

    def _recall(self):
        try:
            note = json.loads(self.note.read_text())
            self.version = str(note["version"])
            known = note["url"] == self.url
        except (OSError, ValueError, TypeError, KeyError):  # No note: the checksum decides.
            return
        if not known:
            self.restart()

    def _forget(self):
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
            self.note.unlink(missing_ok=True)

    def _unwritable(self, error):
        kept = self.kept() if hasattr(self, "_file") else "Nothing was kept."
        return DownloadFailed(
            f"{self.path} cannot be written. Expected: room and permission for the whole file. "
            f"Received: {error.strerror or error}. {kept} Free some space or choose another "
            "folder, and run the command again."
        )
