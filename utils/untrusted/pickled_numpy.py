"""The calls with which a pickle makes NumPy arrays, without NumPy's own unpickling.

NumPy's functions of these names trust their arguments: they unpickle nested bytes, reserve any size
and accept any state. The functions here check everything first. An unfinished array or type is one
of the inert objects of this module, which can do nothing else.

Source: `__reduce__` and `__reduce_ex__` of `numpy.ndarray`, `numpy.dtype` and `numpy.generic`,
NumPy 1.3 to 2.4.
"""

import math
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PLAIN_DTYPE = re.compile(r"b1|i[1248]|u[1248]|f[248]|[SU][1-9]\d{0,8}|O[48]")
MAX_DIMENSIONS = 64
LAST_CODE_POINT = sys.maxunicode


class Refused(Exception):
    """A pickle asks for something forbidden; the message names it."""


@dataclass(frozen=True)
class Call:
    """A function or class that a pickle may name.

    Attributes:
        run: The function; its arguments come from the pickle.
    """

    run: Callable


class Arguments(tuple):
    """A tuple that contains inert objects: the arguments of a call, never data."""

    __slots__ = ()


class PickledDtype:
    """A dtype whose byte order may be set later.

    Attributes:
        dtype: A boolean, integer, float, text, bytes or object dtype without fields.
    """

    def __init__(self, dtype):
        self.dtype = dtype

    def build(self, state):
        """Set the byte order from the pickled state, and return this object."""
        if type(state) is not Arguments and type(state) is not tuple:
            raise ValueError("a dtype whose state is no tuple")
        if (state[0], len(state)) not in ((3, 8), (4, 9)):
            raise ValueError("a dtype whose state has an unknown layout")
        order, *fields = state[1:5]
        if fields != [None] * 3:
            raise Refused("numpy.dtype with fields or a subarray")
        if _text(order) not in ("<", ">", "|", "="):
            raise ValueError("a dtype of unknown byte order")
        if not self.dtype.hasobject and state[5] not in (-1, self.dtype.itemsize):
            raise ValueError("a dtype whose size contradicts its name")
        self.dtype = self.dtype.newbyteorder(_text(order))
        return self


class PickledArray:
    """An array whose content follows later in the pickle.

    Attributes:
        array: The finished `numpy.ndarray`, or `None`.
    """

    def __init__(self):
        self.array = None

    def build(self, state):
        """Make the array from the pickled state, and return it."""
        version, shape, dtype, fortran, data = state
        if version != 1:
            raise ValueError("an array whose state has an unknown layout")
        self.array = make_array(data, dtype, shape, "F" if fortran else "C")
        return self.array


def make_array(data, dtype, shape, order):
    """Make an array from pickled values.

    Args:
        data: The values: bytes, which are not copied, or a list for an array of objects.
        dtype: A `PickledDtype`.
        shape: A tuple of integers.
        order: Storage order, `"C"` or `"F"`.

    Returns:
        A read-only NumPy array, or an array of objects.

    Raises:
        Refused: If an array of objects contains arrays of objects.
        ValueError: If data, type and shape do not fit together.
    """
    dtype = _plain(dtype)
    count = _size(shape)
    if dtype.hasobject:
        return _object_array(data, count).reshape(shape, order=order)
    if type(data) is not bytes or len(data) != count * dtype.itemsize:
        raise ValueError(f"an array of shape {shape} whose data have another size")
    array = np.ndarray(shape, dtype, data, order=order)
    if dtype.kind == "U":
        points = np.frombuffer(data, np.dtype("u4").newbyteorder(dtype.byteorder)) if count else [0]
        if np.max(points) > LAST_CODE_POINT:
            raise ValueError("an array of text with numbers that are no characters")
    return array


def _object_array(items, count):
    if type(items) is not list or len(items) != count:
        raise ValueError("an array of objects whose list has another size")
    array = np.empty(count, object)
    for i, item in enumerate(items):
        # Freeing deeply nested arrays would exhaust the stack.
        if isinstance(item, np.ndarray) and item.dtype.hasobject:
            raise Refused("arrays of objects in an array of objects")
        array[i] = item
    return array


def _plain(dtype):
    if type(dtype) is not PickledDtype:
        raise ValueError("an array without a dtype")
    return dtype.dtype


def _size(shape):
    if type(shape) is not tuple or len(shape) > MAX_DIMENSIONS:
        raise ValueError("an array whose shape is no shape")
    if any(type(n) is not int or n < 0 for n in shape):
        raise ValueError("an array whose shape is no shape")
    return math.prod(shape)


def _text(value):
    return value.decode("ascii") if type(value) is bytes else value


def _dtype(name, *flags):
    name = _text(name)
    if type(name) is not str or not PLAIN_DTYPE.fullmatch(name):
        raise Refused(f"numpy.dtype of {name[:40]!r}" if type(name) is str else "numpy.dtype")
    return PickledDtype(np.dtype(object if name[0] == "O" else name))


def _ndarray(*_):
    raise Refused("a call of numpy.ndarray")


def _reconstruct(kind, *_):
    if kind is not NDARRAY:
        raise Refused("a subclass of numpy.ndarray")
    return PickledArray()


def _scalar(dtype, data=b""):
    if _plain(dtype).hasobject:
        raise Refused("numpy.core.multiarray.scalar of dtype('O')")
    return make_array(data, dtype, (), "C")[()]


def _frombuffer(data, dtype, shape, order, axes=None):
    if _plain(dtype).hasobject:
        raise Refused("numpy.core.numeric._frombuffer of dtype('O')")
    if order == "K":
        return make_array(data, dtype, shape, "C").transpose(axes)
    return make_array(data, dtype, shape, "F" if order == "F" else "C")


NDARRAY = Call(_ndarray)
NUMPY_CALLS = {("numpy", "dtype"): Call(_dtype), ("numpy", "ndarray"): NDARRAY} | {
    (f"numpy.{core}.{module}", name): Call(run)
    for core in ("core", "_core")
    for module, name, run in (
        ("multiarray", "_reconstruct", _reconstruct),
        ("multiarray", "scalar", _scalar),
        ("numeric", "_frombuffer", _frombuffer),
    )
}
