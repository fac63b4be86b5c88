"""Make a folder whole or not at all."""

import contextlib
import shutil
import tempfile
from pathlib import Path


@contextlib.contextmanager
def new_folder(directory):
    """Give a temporary folder to fill, which becomes `directory` when the block ends well.

    Args:
        directory: The folder to make; it must not exist, or be empty.

    Yields:
        The path of the temporary folder, beside `directory`.

    Raises:
        FileExistsError: If `directory` is a file or not empty.
        OSError: If it cannot be made or written.
    """
    directory = Path(directory)
    check_free(directory)
    partial = None
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
        yield partial
        partial.chmod(0o755)  # mkdtemp lets the owner alone in.
        partial.rename(directory)
    except BaseException as error:
        if partial:
            shutil.rmtree(partial, ignore_errors=True)
        # Errors of the system have a number, those that say what to do have none; h5py raises a
        # RuntimeError if it cannot write what is left when it closes a file.
        if getattr(error, "errno", None) or isinstance(error, RuntimeError):
            raise OSError(
                f"{directory} cannot be written. Expected: a place with room and permission. "
                f"Received: {error}. Nothing was left there; name another folder."
            ) from error
        raise


def check_free(directory):
    """Refuse a folder that holds something already.

    Raises:
        FileExistsError: Saying what to do.
    """
    if directory.is_dir() and not any(directory.iterdir()):
        return
    if directory.exists():
        raise FileExistsError(
            "The output folder must be new or empty. "
            f"Received: {directory}, which {'holds files' if directory.is_dir() else 'is a file'}. "
            "Name another folder, or remove this one first."
        )
