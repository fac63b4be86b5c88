import pickle
import struct
import time

import numpy as np
import pytest

from tests.utils.untrusted.pickle_bytes import array2, loader, string2
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.restricted_pickle import load_pickle

PROTOCOLS = range(6)
ARRAYS = {
    **{code: np.arange(-3, 3).astype(code).reshape(2, 3) for code in ("f2", "f4", "f8", "i8")},
    **{code: np.arange(6, dtype=code).reshape(3, 2) for code in ("u1", "i4", ">f4", ">i8")},
    "bool": np.array([True, False]),
    "text": np.array(["a", "é日本", ""]),
    "big-endian text": np.array(["a", "é"], ">U3"),
    "bytes": np.array([b"a", b"\xff\x00b"]),
    "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "transposed": np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
    "strided": np.arange(10.0)[::2],
    "scalar array": np.array(3.0),
    "empty": np.zeros((0, 3)),
    "objects": np.array(["x", ["y"], None, 1.5], object),
    "matrix of objects": np.array([["x", "y"], ["z", "ü"]], object),
    "not finite": np.array([np.nan, np.inf, -np.inf], "f4"),
}
VALUES = [
    *(np.float32(2), np.float64(0.1), np.int64(-3), np.str_("é"), np.bytes_(b"b"), np.bool_(True)),
    *(b"", b"\xff\x00", "", "ü\ud800", "x" * 300, 0, -5, 70_000, 2**62, -(2**63), 2**64, 1.5),
    *(None, True, False, (), (1, (2, "a"), 3, 4), [1, [2], []], {"a": {"b": [1]}, 3: ()}),
]


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    return loader(tmp_path_factory.mktemp("pickles"))


def same(a, b):
    if isinstance(b, np.ndarray):
        assert type(a) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape
        assert all(same(x, y) for x, y in zip(a.flat, b.flat, strict=True))
        return True
    return type(a) is type(b) and (a == b or a != a)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.parametrize("core", ["numpy.core", "numpy._core"])
def test_arrays_of_every_protocol_and_numpy(load, array, protocol, core):
    content = pickle.dumps(array, protocol)
    if core == "numpy.core" and protocol < 4:
        content = content.replace(b"numpy._core", b"numpy.core")
    assert same(load(content), array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_values_of_every_protocol(load, value, protocol):
    assert same(load(pickle.dumps(value, protocol)), value)


@pytest.mark.parametrize("module", ["multiarray", "numeric"])
def test_protocol_5_of_numpy_1(load, module):
    array = np.arange(6.0)[:: 1 if module == "numeric" else 2]
    content = pickle.dumps(array, 5)
    old, new = (f"numpy.{core}.{module}".encode() for core in ("_core", "core"))
    assert old in content
    frame = struct.pack("<Q", struct.unpack("<Q", content[3:11])[0] - 1)
    name = bytes([len(old)]) + old
    content = content[:3] + frame + content[11:].replace(name, bytes([len(new)]) + new)
    assert same(load(content), array)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "S3"])
def test_arrays_of_python_2(load, dtype):
    array = np.arange(-50, 50).astype(dtype).reshape(4, 25)
    assert same(load(b"\x80\x02" + array2(array) + b"."), array)


def test_strings_of_python_2_come_as_bytes_and_as_keys_as_text(load):
    key, value = string2(b"raw_text"), string2("schön".encode())
    loaded = load(b"\x80\x02}" + key + b"]" + value + b"aK\x02as.")
    assert loaded == {"raw_text": ["schön".encode(), 2]}
    assert load(b"(lp0\nS'caf\\xe9'\np1\naL5L\naI01\naF2.5\na.") == [b"caf\xe9", 5, True, 2.5]


def test_what_follows_the_pickle_is_ignored(load):
    assert load(pickle.dumps([1]) + b"cos\nsystem\n") == [1]


def test_shared_and_recursive_lists_keep_their_identity(load):
    inner = [1]
    first, second = load(pickle.dumps([inner, inner]))
    assert first is second
    inner.append(inner)
    loaded = load(pickle.dumps(inner))
    assert loaded[1] is loaded


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Missing file .*none\.pkl\. Expected: a pickle"):
        load_pickle(tmp_path / "none.pkl")
    with pytest.raises(InvalidData, match="a folder"):
        load_pickle(tmp_path)


def test_many_small_values_are_read_quickly(load):
    content = {"id": [f"video{i}$_$1" for i in range(50_000)], "length": list(range(50_000))}
    start = time.perf_counter()
    assert load(pickle.dumps(content, 2)) == content
    assert time.perf_counter() - start < 5
