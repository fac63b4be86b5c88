"""Write a new file or folder completely or not at all."""

import contextlib
import secrets
import shutil
from pathlib import Path


@contextlib.contextmanager
def new_file(path, overwrite=False):
    """Yield a temporary path to write; it becomes `path` if the block ends without an error.

    Args:
        path: The file to make.
        overwrite: Whether an existing file may be replaced.

    Yields:
        The `Path` of an empty file in the same folder, with the same suffix.

    Raises:
        FileExistsError: If `path` exists and may not be replaced.
        OSError: If the file cannot be written.
    """
    path = Path(path)
    if path.is_dir() or (path.exists() and not overwrite):
        raise FileExistsError(
            f"The output must be a new file. Received: {path}, which "
            + ("is a folder. Name a file." if path.is_dir() else "exists.")
            + ("" if path.is_dir() else " Name another file, or give --overwrite.")
        )
    with _temporary(path, Path.touch, "file") as partial:
        yield partial


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
    with _temporary(directory, Path.mkdir, "folder") as partial:
        try:
            yield partial
        except RuntimeError as error:  # h5py, if it cannot write the rest of a file on closing
            raise OSError(0, str(error)) from error


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


@contextlib.contextmanager
def _temporary(path, make, kind):
    partial = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        make(partial)
        yield partial
        partial.replace(path)
    except OSError as error:
        # Errors of the system have a number; our own errors, which already give advice, have none.
        # Errors about other files keep their message.
        name = Path(str(error.filename or partial))
        ours = name in (path, *path.parents) or name.is_relative_to(partial)
        if error.errno is None or not ours:
            raise
        raise OSError(
            f"{path} cannot be written. Expected: a place with room and permission. "
            f"Received: {error.strerror or error}. No {kind} was left; name another {kind}."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
        shutil.rmtree(partial, ignore_errors=True)
