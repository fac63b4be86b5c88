"""Write a new file completely or not at all."""

import contextlib
import secrets
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
    partial = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        if path.is_dir() or (path.exists() and not overwrite):
            raise FileExistsError(
                f"The output must be a new file. Received: {path}, which "
                + ("is a folder. Name a file." if path.is_dir() else "exists.")
                + ("" if path.is_dir() else " Name another file, or give --overwrite.")
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch(exist_ok=False)
        yield partial
        partial.replace(path)
    except OSError as error:
        # Errors of the system have a number; our own errors, which already give advice, have none.
        concerned = (None, *map(str, (partial, path, *path.parents)))
        if error.errno is None or error.filename not in concerned:
            raise
        raise OSError(
            f"{path} cannot be written. Expected: a place with room and permission. "
            f"Received: {error.strerror or error}. No file was left; name another file."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
