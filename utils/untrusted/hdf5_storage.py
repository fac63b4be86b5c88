"""What is checked of how an HDF5 data set is stored before the library reads it.

HDF5 1.14 believes what the file says of its sizes: where the values are fewer than declared, or
expand to less, it reads on in the memory behind, and values of other data, or the end of the
process, follow. A single damaged byte suffices.
"""

import itertools
import math
import zlib

import h5py

from utils.untrusted.invalid_data import InvalidData, check_memory

GZIP, SHUFFLE, FLETCHER32 = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, 3
LZF = h5py.h5z.FILTER_LZF
# Of each filter that may be used, its name, in the order in which h5py applies them.
FILTERS = {SHUFFLE: "shuffle", GZIP: "gzip", LZF: "lzf", FLETCHER32: "fletcher32"}
CHECKSUM_BYTES = 4
# What a text of any length takes among the values.
VARIABLE_BYTES = 16
# Packing makes no chunk larger than this and twice its size.
PACKING_BYTES = 1024
# What the library takes for each chunk of which it reads any value, measured.
BYTES_A_CHUNK = 5000


class Storage:
    """How a data set's values lie in its file.

    Args:
        dataset: An `h5py.Dataset`.
        where: The file and key, for messages.

    Raises:
        InvalidData: If there are fewer values than declared, or none beside a fill value; or its
            chunks have another rank, one of them or all are more than the memory can take, or
            they are packed with filters other than gzip, lzf, shuffle and fletcher32.
    """

    def __init__(self, dataset, where):
        self._where = where
        self._shape = dataset.shape
        self._chunk = dataset.chunks
        width = VARIABLE_BYTES if dataset.dtype.hasobject else dataset.dtype.itemsize
        self._bytes = math.prod(self._chunk or self._shape) * width
        properties = dataset.id.get_create_plist()
        # What was never written reads as zeros. A fill value of its own may be damaged too.
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
        """Check that the chunks that hold some rows expand to what their shape says.

        Args:
            dataset: The `h5py.Dataset`, open.
            start: The first row.
            stop: The row behind the last; by default all rows.

        Raises:
            InvalidData: If one of them is damaged.
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
        # For values at the start of the file, where its own head is, this raises a `RuntimeError`.
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
            # Its last option is the size of the buffer that it expands into.
            known &= described[self._filters.index(LZF)][1][2:3] == (self._bytes,)
        if not known:
            raise InvalidData(
                f"{self._where} must be stored plain, or packed with "
                f"{', '.join(FILTERS.values())}. Received: {str(described)[:200]}. "
                "Write the file again without compression."
            )

    def _size(self, dataset, corner):
        """Return the bytes of a chunk without its filters."""
        info = dataset.id.get_chunk_info_by_coord(corner)
        if info.byte_offset is None:
            return self._bytes_unwritten
        used = [n for i, n in enumerate(self._filters) if not info.filter_mask >> i & 1]
        if not used or info.size > 2 * self._bytes + PACKING_BYTES:
            return info.size
        return _expanded_size(dataset.id.read_direct_chunk(corner)[1], used, self._bytes)


def _expanded_size(content, filters, expected):
    """Return the bytes of a chunk without its filters; any other number if they cannot be told."""
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
        elif number == LZF:  # expands into a buffer of a size that was checked
            return expected
    return len(content)
