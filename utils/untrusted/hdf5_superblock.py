"""The first check of an HDF5 file, before the library opens it."""

import struct

from utils.untrusted.hdf5_groups import check_heaps
from utils.untrusted.invalid_data import InvalidData

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SIZE = 64  # bytes; all fields of interest lie within, in every version
FIRST_USER_BLOCK = 512
ADDRESS = "<Q"
UNDEFINED = 2**64 - 1


def check_superblock(path):
    """Refuse addresses for which the HDF5 library would reserve gigabytes.

    HDF5 1.14 can reserve up to 4 GB while it opens a file of two kilobytes. A base address that
    wraps around causes it, or the driver information of old files. Current libraries write neither
    in a file that consists of one piece. A file without a superblock is left to the library.

    Args:
        path: The file.

    Raises:
        InvalidData: If the superblock does not belong to a plain file.

    Source: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
    """
    position, head = _find(path)
    if len(head) < SIZE:
        return
    version = head[8]
    widths, start = (head[13:15], 24 + 4 * version) if version < 2 else (head[9:11], 12)
    (base,) = struct.unpack_from(ADDRESS, head, start)
    driver = struct.unpack_from(ADDRESS, head, start + 24)[0] if version < 2 else UNDEFINED
    if widths != b"\x08\x08" or base != position or driver != UNDEFINED:
        raise InvalidData(
            f"{path} must be a plain HDF5 file. Expected: addresses of 8 bytes that count from "
            f"{position}, and no driver information. Received: addresses of {widths[0]} bytes "
            f"that count from {base}, driver information at {driver}. "
            "Copy or download the file again."
        )
    if version < 2:
        check_heaps(path, base, position + start + 32)


def _find(path):
    """Return the position of the superblock and its first bytes; no bytes if it is missing."""
    position = 0
    with open(path, "rb", buffering=0) as file:
        while head := file.read(SIZE):
            if head.startswith(SIGNATURE):
                return position, head
            position = max(FIRST_USER_BLOCK, 2 * position)
            file.seek(position)
    return position, b""
