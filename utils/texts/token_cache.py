"""Token numbers, kept in the user's cache so that no text is cut twice."""

import contextlib
import hashlib
import os
import secrets
import struct

import numpy as np

from utils.cache_folder import cache_folder
from utils.files import in_one_step
from utils.texts.token_file import TokenFile

# The end of a file: its kind, the number of texts and of tokens, and the SHA-256 of all before.
FOOTER = struct.Struct("<8sqq32s")
KIND = b"tokens01"
# Fewer texts are cut in a moment, and a program that predicts text by text would fill the cache.
WORTH_KEEPING = 1000


def cached_tokens(key, count, make):
    """Return the tokens of texts, from the cache if it has them; few texts are not kept there.

    A damaged file is written again. Where the cache cannot be written, the tokens lie in a
    temporary file.

    Args:
        key: A checksum of all that decides the tokens, hexadecimal digits.
        count: Number of texts.
        make: A function that yields lists of int32 arrays, the tokens of the next texts.

    Returns:
        The token numbers of all texts, one after the other, int32 `(total,)`, read on access; and
        how many each text has, int32 `(count,)`.

    Raises:
        OSError: If the temporary folder has no room either.
    """
    folder = cache_folder("tokens") if count >= WORTH_KEEPING else None
    path = folder and folder / f"{key}.tokens"
    if path is not None:
        with contextlib.suppress(OSError):
            found = _read(path, count) or _write(path, count, make)
            if found is not None:
                return found
    with TokenFile() as file:
        for texts in make():
            file.append(texts)
        return file.tokens()


def _write(path, count, make):
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    with in_one_step(path, partial), partial.open("w+b") as file:
        store = TokenFile(file)
        for texts in make():
            store.append(texts)
        lengths = np.array(store.lengths, "int32")
        file.write(lengths.tobytes())
        file.write(FOOTER.pack(KIND, len(lengths), lengths.sum(), _checksum(file)))
    return _read(path, count)


def _read(path, count):
    """Return the content of a whole file, or `None`."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        size = os.fstat(file.fileno()).st_size - FOOTER.size
        if size < 0:
            return None
        file.seek(size)
        kind, texts, total, checksum = FOOTER.unpack(file.read())
        whole = kind == KIND and texts == count and size == 4 * (texts + total)
        if not whole or checksum != _checksum(file, size):
            return None
        if not total:
            return np.zeros(0, "int32"), np.zeros(count, "int32")
        numbers = np.asarray(np.memmap(file, dtype="int32", mode="r", shape=(total + texts,)))
    return numbers[:total], np.array(numbers[total:])


def _checksum(file, size=None):
    """Return the SHA-256 of the first bytes of a file, or of all."""
    file.seek(0)
    found = hashlib.sha256()
    while block := file.read(2**20 if size is None else min(2**20, size)):
        found.update(block)
        size = None if size is None else size - len(block)
    return found.digest()
