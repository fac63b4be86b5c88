"""Checks of the groups of an HDF5 file before the library reads them."""

import mmap
import struct

from utils.untrusted.invalid_data import InvalidData

CACHED_GROUP = 1  # cache type of a symbol table entry that holds the addresses of the members
SYMBOL_TABLE = 17  # type of the header message that holds these addresses too
LIST_END = 1
LARGEST_NODE = 2**12  # entries; the library writes at most 32


def check_heaps(path, base, entry):
    """Refuse a heap whose list of free blocks is a circle.

    A group of the older form keeps the names of its members in a heap. HDF5 1.14 follows a circular
    list of free blocks until the memory is full; one damaged byte can cause this. Other damage is
    left to the library.

    Args:
        path: The file.
        base: The byte at which addresses start to count.
        entry: The byte at which the symbol table entry of the root group starts.

    Raises:
        InvalidData: If a list of free blocks does not end.

    Source: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
    """
    with (
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        work: list = [(_entry, entry - base)]
        seen = set()
        while work:
            step = work.pop()
            if step in seen:
                continue
            seen.add(step)
            look, address = step
            try:
                for following in look(content, base, base + address):
                    work.append(following)
            # The address lies behind the end of the file, or something else is stored there.
            except (struct.error, OverflowError):
                continue
            except _EndlessList as error:
                raise InvalidData(
                    f"{path} must hold groups whose names can be found. Received: free space in a "
                    "list that leads back to itself. Copy or download the file again."
                ) from error


class _EndlessList(Exception):
    pass


# Each of these functions reads one structure. It yields pairs of a function and an address for the
# structures that follow.


def _entry(content, base, position):
    """Read a symbol table entry: a group or data set."""
    header, kind, _, tree, heap = struct.unpack_from("<QIIQQ", content, position + 8)
    if kind == CACHED_GROUP:
        yield from ((_heap, heap), (_node, tree))
    yield _header, header


def _header(content, base, position):
    """Read the header of an object, in the older form."""
    version, _, count, _, size = struct.unpack_from("<BBHII", content, position)
    end = position + 16 + size
    position += 16
    for _ in range(count if version == 1 else 0):
        if position >= end:
            return
        kind, length = struct.unpack_from("<HH", content, position)
        if kind == SYMBOL_TABLE:
            tree, heap = struct.unpack_from("<QQ", content, position + 8)
            yield from ((_heap, heap), (_node, tree))
        position += 8 + length


def _node(content, base, position):
    """Read a node of the tree of a group's members."""
    signature, _, count = struct.unpack_from("<4sHH", content, position)
    count = min(count, LARGEST_NODE)
    if signature == b"SNOD":
        yield from ((_entry, position - base + 8 + 40 * i) for i in range(count))
    elif signature == b"TREE":
        keys = struct.unpack_from(f"<{2 * count}Q", content, position + 24)
        yield from ((_node, child) for child in keys[1::2])


def _heap(content, base, position):
    """Read the heap of names of a group's members; no structure follows."""
    signature, size, free, start = struct.unpack_from("<8sQQQ", content, position)
    if signature != b"HEAP\0\0\0\0":
        return ()
    # A free block takes at least 16 bytes.
    for _ in range(min(size, len(content)) // 16 + 1):
        if free == LIST_END or free > size:
            return ()
        (free,) = struct.unpack_from("<Q", content, base + start + free)
    raise _EndlessList
