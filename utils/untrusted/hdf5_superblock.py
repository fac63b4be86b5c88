"""The first check of an HDF5 file, before the library sees it."""

import struct

from utils.untrusted.hdf5_groups import check_heaps
from utils.untrusted.invalid_data import InvalidData

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SIZE = 64  # bytes, more than any version has before its last field of interest
FIRST_USER_BLOCK = 512
ADDRESS = "<Q"
UNDEFINED = 2**64 - 1


def check_superblock(path):
    """Refuse addresses at which the HDF5 library would look for gigabytes.

    By a base address that wraps around, or by the driver information of old files, HDF5 1.14
    reserves up to 4 GB while it opens a file of two kilobytes. No file in one piece that today's
    libraries write has either. A file without a superblock is left to the library to refuse.

    Args:
        path: The file.

    Raises:
        InvalidData: If the file's superblock is not one of a plain file.

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
    """Return where the superblock starts, and its first bytes; none if it is not there."""
    position = 0
    with open(path, "rb", buffering=0) as file:
        while head := file.read(SIZE):
            if head.startswith(SIGNATURE):
                return position, head
            position = max(FIRST_USER_BLOCK, 2 * position)
            file.seek(position)
    return position, b""
