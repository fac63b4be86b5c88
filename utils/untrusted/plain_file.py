"""Errors for files that are missing, locked, damaged, or not plain files."""

import contextlib
import stat

from utils.environment import available_memory
from utils.untrusted.invalid_data import InvalidData, gigabytes


@contextlib.contextmanager
def plain_file(path, content, whole=True):
    """Check that a path is a plain file; turn all errors of the block into errors that name it.

    Args:
        path: The `Path` of the file.
        content: Description of the expected content.
        whole: Whether the block reads the whole file at once.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If the file may not be read.
        InvalidData: If the path is a folder, a pipe, a device or a loop of links; if it is
            larger than the available memory and read whole; or if reading in the block fails.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if path.is_dir() else "a pipe or device"
            raise InvalidData(
                f"{path} must be {content}. Received: {kind}. Put the file in its place."
            )
        if whole and status.st_size > available_memory():
            raise InvalidData(
                f"{path} must be {content}. Received: {gigabytes(status.st_size)}, more than the "
                "available memory. Write or copy the file again."
            )
        yield
    except InvalidData:
        raise
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"Missing file {path}. Expected: {content}. Received: no such file. Put it there, "
            "or remove its name from the data."
        ) from error
    except PermissionError as error:
        raise PermissionError(
            f"{path} may not be read. Expected: {content}. Received: {error.strerror}. "
            "Change the permissions of the file or its folders."
        ) from error
    # A damaged file makes libraries raise nearly any exception.
    except Exception as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise InvalidData(
            f"{path} cannot be read. Expected: {content}. Received: {reason}. Write or copy the "
            "file again."
        ) from error
