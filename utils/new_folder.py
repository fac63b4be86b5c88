"""Write a new folder completely or not at all."""

import contextlib
import shutil
import tempfile
from pathlib import Path


@contextlib.contextmanager
def new_folder(directory):
    """Yield a temporary folder to fill; it becomes `directory` if the block ends without an error.

    Args:
        directory: The folder to make; it must be new or empty.

    Yields:
        The `Path` of the temporary folder, beside `directory`.

    Raises:
        FileExistsError: If `directory` is a file or not empty.
        OSError: If the folder cannot be written.
    """
    directory = Path(directory)
    check_free(directory)
    partial = None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
        yield partial
        partial.chmod(0o755)  # only the owner may enter the folders of mkdtemp
        partial.rename(directory)
    except BaseException as error:
        if partial:
            shutil.rmtree(partial, ignore_errors=True)
        # Errors of the system have a number; our own errors, which already give advice, have none.
        # h5py raises a RuntimeError if it cannot write the rest of a file while closing it.
        if getattr(error, "errno", None) or isinstance(error, RuntimeError):
            raise OSError(
                f"{directory} cannot be written. Expected: a place with room and permission. "
                f"Received: {error}. No folder was left; name another folder."
            ) from error
        raise


def check_free(directory):
    """Check that a folder is new or empty.

    Raises:
        FileExistsError: If it is not; the message gives advice.
    """
    if directory.is_dir() and not any(directory.iterdir()):
        return
    if directory.exists():
        raise FileExistsError(
            "The output folder must be new or empty. "
            f"Received: {directory}, which {'holds files' if directory.is_dir() else 'is a file'}. "
            "Name another folder, or remove this one first."
        )
