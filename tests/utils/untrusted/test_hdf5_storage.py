import struct
import zlib

import h5py
import numpy as np
import pytest

from utils.formats import InvalidData
from utils.formats.stored_dataset import StoredDataset
from utils.untrusted.hdf5_file import find_dataset, open_hdf5, read_dataset

X = np.arange(60, dtype="float32").reshape(5, 4, 3)
PACKINGS = {
    "none": {},
    "gzip": {"compression": "gzip"},
    "lzf": {"compression": "lzf"},
    "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "all with lzf": {"compression": "lzf", "shuffle": True, "fletcher32": True},
}
CHUNK = 2 * 4 * 3 * 4


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.h5"


def write(path, **options):
    """Write `X` in chunks of two rows."""
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", data=X, chunks=(2, 4, 3), **options)


def replace(path, content, mask=0):
    """Replace the second chunk, of the rows 2 and 3, by these bytes."""
    with h5py.File(path, "r+") as file:
        file["d1"].id.write_direct_chunk((2, 0, 0), content, mask)


def read_whole(path):
    with open_hdf5(path, "data") as file:
        return read_dataset(find_dataset(file, "d1", path), f"{path}, data set 'd1'")


def read_rows(path):
    return StoredDataset(path, "d1", "data")[np.arange(5)]


def assert_refused(path, message):
    for read in (read_whole, read_rows):
        with pytest.raises(InvalidData, match=rf"data\.h5, data set 'd1',? .*{message}"):
            read(path)


@pytest.mark.parametrize("options", PACKINGS.values(), ids=PACKINGS)
def test_packed_chunks_are_read(path, options):
    write(path, **options)
    np.testing.assert_array_equal(read_whole(path), X)
    np.testing.assert_array_equal(read_rows(path), X)


def test_tiny_chunks_that_packing_makes_larger_are_read(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", data=X, chunks=(1, 1, 1), compression="gzip", fletcher32=True)
    np.testing.assert_array_equal(read_whole(path), X)


def test_chunks_that_were_never_written_are_zeros(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", X.shape, "float32", chunks=(2, 4, 3))[3] = X[3]
    assert not read_whole(path)[4].any() and not read_rows(path)[0].any()
    np.testing.assert_array_equal(read_rows(path)[3], X[3])


def test_chunks_that_were_never_written_are_no_other_fill_value(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", X.shape, "float32", chunks=(2, 4, 3), fillvalue=7.0)[3] = X[3]
    assert_refused(path, rf"the chunk at \(0, 0, 0\), must hold {CHUNK} bytes\. Received: 0")


def test_values_that_were_never_written_are_zeros_and_no_other_fill_value(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", X.shape, "float32")
    assert not read_whole(path).any() and not read_rows(path).any()
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", X.shape, "float32", fillvalue=7.0)
    assert_refused(path, "must hold 240 bytes of values.*Received: 0")


@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_fewer_values_than_declared_are_refused(path, kind):
    # Found by fuzzing: HDF5 1.14 would leave the others to what the memory holds.
    with h5py.File(path, "w") as file:
        file["d1"] = X.astype(kind)
        size, offset = file["d1"].nbytes, file["d1"].id.get_offset()
    content, layout = path.read_bytes(), struct.pack("<QQ", offset, size)
    assert content.count(layout) == 1
    path.write_bytes(content.replace(layout, struct.pack("<QQ", offset, size - 8)))
    assert_refused(path, f"must hold {size} bytes of values.*Received: {size - 8}")


@pytest.mark.parametrize(
    ("content", "received"),
    [
        # HDF5 1.14 would go on reading in the memory of the process.
        (zlib.compress(bytes(CHUNK - 4)), f"Received: {CHUNK - 4}"),
        (zlib.compress(bytes(CHUNK + 4)), f"Received: {CHUNK + 4}"),
        (zlib.compress(bytes(10**7)), "Received: "),
        (b"not gzip", "Received: 0"),
        (bytes(5000), "Received: 5000"),
    ],
)
def test_gzip_that_expands_to_another_size_is_refused(path, content, received):
    write(path, compression="gzip")
    replace(path, content)
    assert_refused(path, rf"the chunk at \(2, 0, 0\), must hold {CHUNK} bytes\. {received}")


def test_rows_of_other_chunks_stay_readable(path):
    write(path, compression="gzip")
    replace(path, b"not gzip")
    stored = StoredDataset(path, "d1", "data")
    np.testing.assert_array_equal(stored[np.array([4, 1])], X[[4, 1]])
    with pytest.raises(InvalidData, match="the chunk at"):
        stored[np.array([3])]


@pytest.mark.parametrize("size", [1, 3, 40])
def test_a_short_chunk_with_a_checksum_is_refused(path, size):
    # Found by fuzzing: below four bytes, HDF5 1.14 ends the process.
    write(path, fletcher32=True)
    replace(path, bytes(size))
    assert_refused(path, f"must hold {CHUNK} bytes")


def test_a_short_chunk_said_to_be_unpacked_is_refused(path):
    write(path, compression="gzip")
    replace(path, bytes(20), mask=1)
    assert_refused(path, "Received: 20")


def test_an_unpacked_chunk_among_packed_ones_is_read(path):
    write(path, compression="gzip")
    replace(path, X[2:4].tobytes(), mask=1)
    np.testing.assert_array_equal(read_whole(path), X)


def test_other_filters_are_refused(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", data=X.astype(int), scaleoffset=0)
    assert_refused(path, "packed with shuffle, gzip, lzf, fletcher32.*Received: .*b'scaleoffset'")


def test_lzf_that_expands_to_another_size_is_refused(path):
    write(path, compression="lzf")
    content = path.read_bytes()
    # Versions of the filter and of the library, and the size.
    options = struct.pack("<III", 4, 261, CHUNK)
    assert content.count(options) == 1
    path.write_bytes(content.replace(options, struct.pack("<III", 4, 261, 2**31)))
    assert_refused(path, r"Received: .*b'lzf', \(4, 261, 2147483648\)")


def test_lzf_behind_other_packing_is_refused(path):
    with h5py.File(path, "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((2, 4, 3))
        properties.set_deflate(4)
        properties.set_filter(h5py.h5z.FILTER_LZF, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple(X.shape)
        h5py.h5d.create(file.id, b"d1", h5py.h5t.IEEE_F32LE, space, properties)
    assert_refused(path, "Received: .*b'deflate'.*b'lzf'")


def test_more_chunks_than_memory_takes_are_refused(path, monkeypatch):
    monkeypatch.setattr("utils.untrusted.invalid_data.available_memory", lambda: 2**25)
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", (60_000, 4, 3), "float32", chunks=(1, 2, 3))
    assert_refused(path, "in 120000 chunks, declares 0.60 GB")


def test_chunks_of_another_rank_are_refused(path):
    write(path)
    content = path.read_bytes()
    shape = b"".join(n.to_bytes(8, "little") for n in X.shape)
    rank = content.index(shape) - 7
    assert content[rank : rank + 2] in (b"\3\0", b"\3\1")
    path.write_bytes(content[:rank] + b"\2" + content[rank + 1 :])
    assert_refused(path, "|cannot be read as HDF5")


def test_numbers_in_a_form_of_their_own_are_refused(path):
    with h5py.File(path, "w") as file:
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_fields(31, 20, 11, 0, 20)
        kind.set_ebias(1023)
        h5py.h5d.create(file.id, b"d1", kind, h5py.h5s.create_simple(X.shape))
    assert_refused(path, "numbers in a usual form. Received: a special form of 4 bytes")


@pytest.mark.parametrize("kind", ["<f2", ">f4", ">f8", "?", "i1", ">u8", "f16"])
def test_the_usual_forms_are_read(path, kind):
    with h5py.File(path, "w") as file:
        file["d1"] = X.astype(kind)
    np.testing.assert_array_equal(read_whole(path), X.astype(kind))


def test_rows_beyond_float32_become_zeros_without_a_warning(path):
    with h5py.File(path, "w") as file:
        file["d1"] = X.astype("float64") + 1e300
    stored = StoredDataset(path, "d1", "data")
    assert not stored[np.arange(5)].any() and stored.repaired == X.size
