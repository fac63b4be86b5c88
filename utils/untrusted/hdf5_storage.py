"""Checks of the storage of an HDF5 data set before the library reads it.

HDF5 1.14 trusts the sizes in a file. If a file holds fewer values than declared, the library reads
beyond them in memory: it returns other data or ends the process. One damaged byte can cause this.
"""

import itertools
import math
import zlib

import h5py

from utils.untrusted.invalid_data import InvalidData, check_memory

GZIP, SHUFFLE, FLETCHER32 = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, 3
LZF = h5py.h5z.FILTER_LZF
# The allowed filters and their names, in the order in which h5py applies them.
FILTERS = {SHUFFLE: "shuffle", GZIP: "gzip", LZF: "lzf", FLETCHER32: "fletcher32"}
CHECKSUM_BYTES = 4
# Bytes of a text of variable length among the values.
VARIABLE_BYTES = 16
# A packed chunk is at most twice its size plus these bytes.
PACKING_BYTES = 1024
# Memory that the library needs for each chunk that it reads, measured.
BYTES_A_CHUNK = 5000


class Storage:
    """The storage layout of a data set in its file.

    Args:
        dataset: An `h5py.Dataset`.
        where: The file and key, for messages.

    Raises:
        InvalidData: If the file holds fewer values than declared, or only a fill value; if the
            chunks have another rank than the data set or need more than the available memory; or
            if a filter other than gzip, lzf, shuffle and fletcher32 is used.
    """

    def __init__(self, dataset, where):
        self._where = where
        self._shape = dataset.shape
        self._chunk = dataset.chunks
        width = VARIABLE_BYTES if dataset.dtype.hasobject else dataset.dtype.itemsize
        self._bytes = math.prod(self._chunk or self._shape) * width
        properties = dataset.id.get_create_plist()
        # Unwritten values are zeros. A user-defined fill value is refused: it may be damaged.
        fills = properties.fill_value_defined() != h5py.h5d.FILL_VALUE_USER_DEFINED
        self._bytes_unwritten = self._bytes if fills else 0
        if self._chunk is None:
            self._check_plain(dataset)
            return
        check_memory(where, self._bytes)
        self._check_count()
        filters = [properties.get_filter(i) for i in range(properties.get_nfilters())]
        self._filters = [number for number, *_ in filters]
        self._check_filters([(name, options) for _, _, options, name in filters])

    def check_rows(self, dataset, start=0, stop=None):
        """Check that the chunks of some rows unpack to the size of their shape.

        Args:
            dataset: The open `h5py.Dataset`.
            start: The first row.
            stop: The row after the last; `None`: the number of rows.

        Raises:
            InvalidData: If a chunk is damaged.
        """
        if self._chunk is None:
            return
        first, *others = zip(self._shape, self._chunk, strict=True)
        rows = range(start // first[1] * first[1], first[0] if stop is None else stop, first[1])
        for corner in itertools.product(rows, *(range(0, size, step) for size, step in others)):
            size = self._size(dataset, corner)
            if size != self._bytes:
                raise InvalidData(
                    f"{self._where}, the chunk at {corner}, must hold {self._bytes} bytes. "
                    f"Received: {size}. Copy or download the file again."
                )

    def _check_plain(self, dataset):
        # An address at the start of the file, where the header lies, raises a `RuntimeError` here.
        position = dataset.id.get_offset()
        size = dataset.id.get_storage_size() or (self._bytes_unwritten if position is None else 0)
        if size != self._bytes:
            raise InvalidData(
                f"{self._where} must hold {self._bytes} bytes of values, of shape {self._shape}. "
                f"Received: {size}. Write the values, or copy the file again."
            )

    def _check_count(self):
        if len(self._chunk) != len(self._shape):
            raise InvalidData(
                f"{self._where} must be cut along the axes of its shape {self._shape}. Received: "
                f"chunks of shape {self._chunk}. Copy or download the file again."
            )
        sizes = zip(self._shape, self._chunk, strict=True)
        count = math.prod(-(-size // step) for size, step in sizes)
        check_memory(f"{self._where}, in {count} chunks,", BYTES_A_CHUNK * count)

    def _check_filters(self, described):
        known = set(self._filters) <= set(FILTERS)
        if LZF in self._filters:
            known &= self._filters == [n for n in FILTERS if n in self._filters and n != GZIP]
            # The last option of lzf is the size of the buffer for unpacking.
            known &= described[self._filters.index(LZF)][1][2:3] == (self._bytes,)
        if not known:
            raise InvalidData(
                f"{self._where} must be stored plain, or packed with "
                f"{', '.join(FILTERS.values())}. Received: {str(described)[:200]}. "
                "Write the file again without compression."
            )

    def _size(self, dataset, corner):
        """Return the number of bytes of an unpacked chunk."""
        info = dataset.id.get_chunk_info_by_coord(corner)
        if info.byte_offset is None:
            return self._bytes_unwritten
        used = [n for i, n in enumerate(self._filters) if not info.filter_mask >> i & 1]
        if not used or info.size > 2 * self._bytes + PACKING_BYTES:
            return info.size
        return _expanded_size(dataset.id.read_direct_chunk(corner)[1], used, self._bytes)


def _expanded_size(content, filters, expected):
    """Return the number of bytes of an unpacked chunk, or a wrong number if it is damaged."""
    for number in reversed(filters):
        if number == FLETCHER32:
            if len(content) < CHECKSUM_BYTES:
                return 0
            content = content[:-CHECKSUM_BYTES]
        elif number == GZIP:
            try:
                content = zlib.decompressobj().decompress(content, expected + PACKING_BYTES)
            except zlib.error:
                return 0
        elif number == LZF:  # unpacks into a buffer whose size was checked
            return expected
    return len(content)
