"""Bytes of pickles that Python's own pickler does not write, and what is said of them."""

import pickle
import struct

import pytest

from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.restricted_pickle import load_pickle


def loader(folder):
    """Return a function that reads bytes as a pickle of the name some.pkl."""
    path = folder / "some.pkl"

    def load(content):
        path.write_bytes(content)
        return load_pickle(path)

    return load


def refusal(load, content):
    with pytest.raises(InvalidData, match=r"some\.pkl is refused.*Expected: .*Received: ") as error:
        load(content)
    return str(error.value)


def damage(load, content):
    with pytest.raises(InvalidData, match=r"some\.pkl cannot be read as a pickle\. Exp.*Rec") as e:
        load(content)
    return str(e.value)


def text(value):
    data = value.encode()
    return pickle.BINUNICODE + struct.pack("<I", len(data)) + data


def call(module, name, *arguments):
    return named(module, name) + pickle.MARK + b"".join(arguments) + pickle.TUPLE + pickle.REDUCE


def named(module, name):
    return f"c{module}\n{name}\n".encode()


def string2(data):
    if len(data) < 256:
        return pickle.SHORT_BINSTRING + bytes([len(data)]) + data
    return pickle.BINSTRING + struct.pack("<i", len(data)) + data


def integer(value):
    return pickle.BININT + struct.pack("<i", value)


def array2(array, core="core"):
    """Return what NumPy 1 wrote under Python 2, without start and end."""
    kind = array.dtype.str[1:].encode()
    size = array.dtype.itemsize if array.dtype.kind in "SU" else -1
    dtype = call("numpy", "dtype", string2(kind), integer(0), integer(1))
    state = pickle.MARK + integer(3) + string2(b"<") + b"NNN" + 2 * integer(size) + integer(0)
    empty = call(
        f"numpy.{core}.multiarray", "_reconstruct", named("numpy", "ndarray"), b"K\x00\x85U\x01b"
    )
    shape = pickle.MARK + b"".join(map(integer, array.shape)) + pickle.TUPLE
    data = string2(array.tobytes())
    return empty + b"(K\x01" + shape + dtype + state + b"tb\x89" + data + b"tb"


OBJECT = call("numpy", "dtype", text("O8"))
FLOAT = call("numpy", "dtype", text("f8"))
MULTIARRAY = "numpy.core.multiarray"
HOLLOW = call(MULTIARRAY, "_reconstruct", named("numpy", "ndarray"), b"K\x00\x85", text("b"))


def state(shape, dtype, data, version=b"K\x01"):
    return HOLLOW + b"(" + version + shape + dtype + b"\x89" + data + b"tb."
