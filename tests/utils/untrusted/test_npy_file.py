import os
import struct
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from utils.untrusted import npy_file
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.npy_file import find_npy, find_npz

X = np.arange(12, dtype="float32").reshape(4, 3)
FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NUMBERS = st.one_of(
    hnp.integer_dtypes(),
    hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(),
    hnp.boolean_dtypes(),
)


@pytest.fixture
def npy(tmp_path):
    np.save(tmp_path / "x.npy", X)
    return tmp_path / "x.npy"


@pytest.fixture
def npz(tmp_path):
    np.savez(tmp_path / "x.npz", text=X, audio=X[:2])
    return tmp_path / "x.npz"


def header(text, version=(1, 0)):
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text


def declare(shape, descr="'<f4'"):
    return header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode())


def refused(find, path, *arguments):
    """Return the message of the error that a file's header or values cause."""
    with pytest.raises(InvalidData) as caught:
        found = find(path, *arguments)
        for array in found.values() if isinstance(found, dict) else [found]:
            array.read()
    assert str(path) in str(caught.value) and "Received: " in str(caught.value)
    return str(caught.value)


@FUZZ
@given(hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=0, min_side=0, max_side=4)), st.booleans())
def test_what_numpy_writes_is_read_back(tmp_path, x, fortran):
    x = np.asarray(x, order="F" if fortran else "C")
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "plain.npz", text=x, other=["not", "looked", "at"])
    np.savez_compressed(tmp_path / "deflated.npz", text=x)
    arrays = [find_npy(tmp_path / "x.npy")]
    arrays += [
        find_npz(tmp_path / name, ["text"])["text"] for name in ("plain.npz", "deflated.npz")
    ]
    for array in arrays:
        assert (array.shape, array.dtype, array.nbytes) == (x.shape, x.dtype, x.nbytes)
        np.testing.assert_array_equal(array.read(), x)


def test_an_array_longer_than_a_block_is_read_whole(tmp_path):
    x = np.arange(2**20, dtype="float64").reshape(-1, 8)
    np.savez_compressed(tmp_path / "x.npz", text=x)
    np.testing.assert_array_equal(find_npz(tmp_path / "x.npz", ["text"])["text"].read(), x)


def test_version_two_of_the_header_is_read(tmp_path):
    path = tmp_path / "x.npy"
    with path.open("wb") as file:
        np.lib.format.write_array(file, X, version=(2, 0))
    np.testing.assert_array_equal(find_npy(path).read(), X)


def test_only_the_named_arrays_are_looked_at(tmp_path):
    np.savez(tmp_path / "x.npz", text=X, notes=np.array([{}], dtype=object))
    assert list(find_npz(tmp_path / "x.npz", ["text", "audio"])) == ["text"]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([{"a": 1}], dtype=object), "must hold numbers. Received: Python objects."),
        (np.zeros(3, "i4,f4"), "must hold numbers. Received: "),
        (np.array(["a"]), "must hold numbers. Received: <U1"),
        (np.zeros(2, "complex64"), "must hold numbers. Received: complex64"),
        (np.zeros(2, "datetime64[s]"), "must hold numbers. Received: datetime64"),
    ],
)
def test_arrays_of_other_things_than_numbers_are_refused(tmp_path, array, message):
    np.save(tmp_path / "x.npy", array)
    np.savez(tmp_path / "x.npz", text=array)
    assert message in refused(find_npy, tmp_path / "x.npy")
    error = refused(find_npz, tmp_path / "x.npz", ["text"])
    assert message in error and "array 'text'" in error


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must begin with the header of a NumPy array"),
        (b"\x93NUM", "must begin with the header"),
        (b"PK\x05\x06 something else", "must begin with the header"),
        (header(b"", (3, 0)), "Received: version (3, 0) of the format"),
        (header(b"", (9, 9)), "must begin with the header"),
        (header(b"[1, 2]\n"), "must begin with the header"),
        (header(b"-" * 9000 + b"1\n"), "must begin with the header"),
        (header(b"(" * 5000), "must begin with the header"),
        (header(b" " * 60_000), "must begin with the header"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'", "must begin with the header"),
        (declare("'abc'"), "shape is not valid"),
        (declare((2, 3), "'|O'"), "Python objects"),
        (declare((2, 3), "('<f4', (2,))") + bytes(24), "must hold numbers"),
        (declare((10**12, 10)), "as its header declares: float32 of shape (1000000000000, 10)"),
        (declare((-1, 4)) + bytes(16), "of shape (-1, 4). Received: 16 bytes"),
        (declare((-2, -2)) + bytes(16), "of shape (-2, -2)"),
        (declare(f"(1{'0' * 4000}, 1{'0' * 4000})"), "as its header declares"),
        (declare((2, 3)) + bytes(23), "Received: 23 bytes"),
        (declare((2, 3)) + bytes(25), "Received: 25 bytes"),
    ],
)
def test_a_damaged_header_is_refused(tmp_path, content, message):
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    assert message in refused(find_npy, path)
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("text.npy", content)
    assert message in refused(find_npz, tmp_path / "x.npz", ["text"])


def test_a_small_zip_of_a_large_array_is_refused_by_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("utils.untrusted.invalid_data.available_memory", lambda: 10**7)
    np.savez_compressed(tmp_path / "x.npz", text=np.zeros((4000, 1000), "float32"))
    assert (tmp_path / "x.npz").stat().st_size < 10**5
    error = refused(find_npz, tmp_path / "x.npz", ["text"])
    assert "array 'text' declares 0.02 GB of data. Expected: at most the available memory" in error


def test_a_zip_that_declares_more_than_it_holds_is_refused(npz):
    content = bytearray(npz.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 2**31)
    npz.write_bytes(content)
    assert "array 'text'" in refused(find_npz, npz, ["text"])


def test_changed_values_are_found_by_their_checksum(npz):
    content = bytearray(npz.read_bytes())
    content[content.index(X[2].tobytes())] ^= 1
    npz.write_bytes(content)
    assert "Bad CRC-32" in refused(find_npz, npz, ["text"])


def test_an_array_that_is_there_twice_is_refused(npz):
    with zipfile.ZipFile(npz, "a") as archive, warnings.catch_warnings(action="ignore"):
        archive.writestr("text.npy", b"another")
    assert "array 'text' must be there once" in refused(find_npz, npz, ["text"])


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_numpy_does_not_write_are_refused(tmp_path, compression):
    with zipfile.ZipFile(tmp_path / "x.npz", "w", compression) as archive:
        archive.writestr("text.npy", declare((1, 1)) + bytes(4))
    error = refused(find_npz, tmp_path / "x.npz", ["text"])
    assert f"must be stored plain or deflated. Received: compression {compression}" in error


def test_an_encrypted_array_is_refused(npz):
    content = bytearray(npz.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    npz.write_bytes(content)
    assert "Received: encryption" in refused(find_npz, npz, ["text"])


def test_an_archive_without_the_named_arrays_says_what_it_holds(npz):
    error = refused(find_npz, npz, ["vision", "face"])
    assert "at least one of the arrays vision, face. Received: text.npy, audio.npy." in error
    np.savez(npz)
    assert "Received: an empty archive" in refused(find_npz, npz, ["text"])


@pytest.mark.parametrize("content", [b"", b"PK", b"random text, no zip file", declare((0,))])
def test_what_is_no_zip_file_is_refused(npz, content):
    npz.write_bytes(content)
    assert "cannot be read. Expected: an .npz file" in refused(find_npz, npz, ["text"])


def test_missing_files_folders_and_loops_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Missing file .*gone\.npy\. Expected: a \.npy"):
        find_npy(tmp_path / "gone.npy")
    (tmp_path / "folder.npy").mkdir()
    assert "Received: a folder" in refused(find_npy, tmp_path / "folder.npy")
    (tmp_path / "loop.npy").symlink_to("loop.npy")
    assert "symbolic links" in refused(find_npy, tmp_path / "loop.npy")


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.npy")
    assert "Received: a pipe or device" in refused(find_npy, tmp_path / "pipe.npy")
    os.mkfifo(tmp_path / "pipe.npz")
    assert "Received: a pipe or device" in refused(find_npz, tmp_path / "pipe.npz", ["text"])


def test_a_file_that_may_not_be_read_is_a_permission_error(npy, monkeypatch):
    def denied(path, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(npy_file, "open", denied, raising=False)
    with pytest.raises(PermissionError, match=r"x\.npy may not be read. Expected: .*Permission"):
        find_npy(npy)


def test_a_file_that_changes_after_it_was_found_is_refused(npy):
    found = find_npy(npy)
    np.save(npy, X.astype("float64"))
    with pytest.raises(InvalidData, match="must not change while it is in use"):
        found.read()
    npy.unlink()
    with pytest.raises(FileNotFoundError, match=str(npy)):
        found.read()


def test_a_file_that_shrinks_while_it_is_read_is_refused(npy, monkeypatch):
    found = find_npy(npy)
    size = npy.stat().st_size
    os.truncate(npy, size - 4)
    monkeypatch.setattr(npy_file, "HEAD_BYTES", 128)
    monkeypatch.setattr("pathlib.Path.stat", lambda self: os.stat_result((0o100644, *[size] * 9)))
    with pytest.raises(InvalidData, match=r"must hold 48 bytes of values\. Received: 44"):
        found.read()


def read_or_refuse(find, path, *arguments):
    try:
        found = find(path, *arguments)
        for array in found.values() if isinstance(found, dict) else [found]:
            assert array.read().nbytes == array.nbytes
    except InvalidData as error:
        assert str(path) in str(error)


def damage(data, content):
    """Return `content` with some bits flipped, bytes put in, and perhaps cut short."""
    content = bytearray(content)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    place = data.draw(st.integers(0, len(content)))
    content[place:place] = data.draw(st.binary(max_size=8))
    return bytes(content[: data.draw(st.none() | st.integers(0, len(content)))])


@FUZZ
@given(st.data())
def test_a_damaged_npy_is_read_or_refused(npy, data):
    path = npy.with_name("damaged.npy")
    path.write_bytes(damage(data, npy.read_bytes()))
    read_or_refuse(find_npy, path)


@FUZZ
@given(st.data(), st.booleans())
def test_a_damaged_npz_is_read_or_refused(tmp_path, data, deflated):
    path = tmp_path / "damaged.npz"
    (np.savez_compressed if deflated else np.savez)(path, text=X, audio=X)
    path.write_bytes(damage(data, path.read_bytes()))
    read_or_refuse(find_npz, path, ["text", "audio"])


@FUZZ
@given(st.binary(max_size=200), st.booleans())
def test_random_bytes_are_refused(tmp_path, content, magic):
    path = tmp_path / "x.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" * magic + content)
    read_or_refuse(find_npy, path)
    path.write_bytes(b"PK\x03\x04" * magic + content + b"PK\x05\x06" * magic)
    read_or_refuse(find_npz, path, ["text"])
