"""Opening files that may be anything: missing, locked, no files at all, or damaged."""

import contextlib
import stat

from utils.untrusted.invalid_data import InvalidData


@contextlib.contextmanager
def plain_file(path, content):
    """Check that a path is a plain file; whatever its reading in the block raises, name it.

    Args:
        path: The file.
        content: What is expected, in words.

    Raises:
        FileNotFoundError: If there is no such file.
        PermissionError: If it may not be read.
        InvalidData: If it is a folder, a pipe, a device or a loop of links, or its reading fails.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "a pipe or device"
            raise InvalidData(
                f"{path} must be {content}. Received: {kind}. Put the file in its place."
            )
        yield
    except InvalidData:
        raise
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"Missing file {path}. Expected: {content}. Received: no such file. Put it there, "
            "or remove what refers to it."
        ) from error
    except PermissionError as error:
        raise PermissionError(
            f"{path} may not be read. Expected: {content}. Received: {error.strerror}. "
            "Change the permissions of the file or its folders."
        ) from error
    # A damaged zip file or header makes the libraries raise nearly any exception.
    except Exception as error:
        raise InvalidData(
            f"{path} cannot be read. Expected: {content}. "
            f"Received: {error or type(error).__name__}. Write or copy the file again."
        ) from error
