"""Reading pickles that may come from anywhere: plain data alone, and nothing ever runs.

Python's unpickler calls what the file names. This one interprets the opcodes itself: it imports
nothing, looks up no attribute, and knows only the few calls by which NumPy stores arrays. Lengths
are compared with the file before memory is reserved.

Source: the opcodes as described in Python's `pickletools`, protocols 0 to 5.
"""

import codecs
import os
import pickle
import pickletools
import struct
from pathlib import Path

from utils.formats.checks import InvalidData, check_memory
from utils.formats.pickled_numpy import (
    NUMPY_CALLS,
    Arguments,
    Call,
    PickledArray,
    PickledDtype,
    Refused,
)

CONTENT = "a pickle of NumPy arrays, text, numbers, lists, tuples and dicts alone"
INERT = frozenset({Arguments, Call, PickledArray, PickledDtype})
LONGEST_INTEGER = 16  # bytes
LONGEST_NUMBER = 40  # characters
LONGEST_KEY = 32  # bits; longer ones can be chosen so that a dict slows down
SMALL = 2**16
OBJECTS_PER_CHECK = 2**20
BYTES_PER_CHECK = 2**28
NAMES = {op.code.encode("latin1"): op.name for op in pickletools.opcodes}


def load_pickle(path):
    """Read a pickle of plain data; whatever is wrong with it becomes an `InvalidData`.

    Admitted are NumPy arrays and scalars of booleans, integers, floats, text and bytes, arrays of
    objects that are admitted themselves, and str, bytes, int, float, bool, None, list, tuple and
    dict with keys of text or small integers. Bytes as keys become text. Strings of Python 2 come
    as bytes. Arrays are read-only. What follows the first pickle in the file is ignored.

    Args:
        path: The file. It is read as a whole, so memory must hold it.

    Returns:
        What is in the pickle.

    Raises:
        FileNotFoundError: If there is no such file.
        PermissionError: If it may not be read.
        InvalidData: If it is broken, larger than the available memory, or asks for anything
            else, which the message names as `module.name`. Nothing of it has run then.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"Missing file {path}. Expected: {CONTENT}. Received: no such file. "
            "Put it there, or name another."
        )
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        check_memory(path, size)
        machine = _Machine(path, file, size)
        try:
            return machine.run()
        except Refused as error:
            raise InvalidData(
                f"{path} is refused before anything in it runs. Expected: {CONTENT}. Received: "
                f"{error}, at byte {file.tell()}. Save plain arrays and lists instead, where you "
                "trust the file."
            ) from error
        except InvalidData:
            raise
        # A damaged file can make any conversion fail.
        except Exception as error:
            raise InvalidData(
                f"{path} cannot be read as a pickle. Expected: {CONTENT}. Received: "
                f"{_said(error)}, at byte {file.tell()} of {size}. "
                "Copy or download the file again."
            ) from error


def _said(error):
    if isinstance(error, IndexError):
        return "an opcode that lacks its operands"
    if isinstance(error, KeyError):
        return "an opcode that refers to nothing stored"
    if isinstance(error, TypeError):
        return "an opcode whose operands are of the wrong type or number"
    return str(error)[:200] or type(error).__name__


class _Machine:
    """The stack machine of one pickle."""

    def __init__(self, path, file, size):
        self.path = path
        self.file = file
        self.size = size
        self.stack = []
        self.marks = []
        self.memo = {}
        self.encoded = {}
        self.admitted = NUMPY_CALLS | {
            ("_codecs", "encode"): Call(self.encode),
            ("__builtin__", "bytes"): Call(_empty_bytes),
            ("builtins", "bytes"): Call(_empty_bytes),
        }
        self.steps = self.data_steps() | self.container_steps() | self.other_steps()

    def run(self):
        read, steps, count = self.file.read, self.steps, 0
        while (opcode := read(1)) != pickle.STOP:
            step = steps.get(opcode)
            if step is None:
                raise self.unknown(opcode)
            step()
            count += 1
            if not count % OBJECTS_PER_CHECK:
                check_memory(f"{self.path}, a pickle of very many objects,", BYTES_PER_CHECK)
        return self.checked([self.stack.pop()])[0]

    def data_steps(self):
        def push(get, *args):
            return lambda: self.stack.append(get(*args))

        def push_counted(form, convert):
            return lambda: self.stack.append(convert(self.number(form)))

        counted = {
            pickle.LONG1: ("<B", self.integer),
            pickle.LONG4: ("<i", self.integer),
            pickle.BINUNICODE: ("<I", self.text),
            pickle.SHORT_BINUNICODE: ("<B", self.text),
            pickle.BINUNICODE8: ("<Q", self.text),
            pickle.BINSTRING: ("<i", self.read),
            pickle.SHORT_BINSTRING: ("<B", self.read),
            pickle.BINBYTES: ("<I", self.read),
            pickle.SHORT_BINBYTES: ("<B", self.read),
            pickle.BINBYTES8: ("<Q", self.read),
            pickle.BYTEARRAY8: ("<Q", self.read),
        }
        numbers = {
            pickle.BININT: "<i",
            pickle.BININT1: "<B",
            pickle.BININT2: "<H",
            pickle.BINFLOAT: ">d",
        }
        lines = {
            pickle.INT: _line_integer,
            pickle.LONG: _line_integer,
            pickle.FLOAT: lambda line: float(_short(line)),
            pickle.STRING: _line_string,
            pickle.UNICODE: lambda line: line.decode("raw-unicode-escape"),
        }
        constants = {pickle.NONE: None, pickle.NEWTRUE: True, pickle.NEWFALSE: False}
        return {
            **{op: push_counted(*how) for op, how in counted.items()},
            **{op: push(self.number, form) for op, form in numbers.items()},
            **{op: push(lambda to: to(self.line()), to) for op, to in lines.items()},
            **{op: push(lambda value: value, value) for op, value in constants.items()},
        }

    def container_steps(self):
        return {
            pickle.EMPTY_LIST: lambda: self.stack.append([]),
            pickle.EMPTY_DICT: lambda: self.stack.append({}),
            pickle.EMPTY_TUPLE: lambda: self.stack.append(()),
            pickle.LIST: lambda: self.stack.append(self.checked(self.marked())),
            pickle.DICT: lambda: self.stack.append(self.set_items({}, self.marked())),
            pickle.TUPLE: lambda: self.push_tuple(self.marked()),
            pickle.TUPLE1: lambda: self.push_tuple(self.popped(1)),
            pickle.TUPLE2: lambda: self.push_tuple(self.popped(2)),
            pickle.TUPLE3: lambda: self.push_tuple(self.popped(3)),
            pickle.APPEND: lambda: self.extend(self.popped(1)),
            pickle.APPENDS: lambda: self.extend(self.marked()),
            pickle.SETITEM: lambda: self.set_items(None, self.popped(2)),
            pickle.SETITEMS: lambda: self.set_items(None, self.marked()),
        }

    def other_steps(self):
        return {
            pickle.PROTO: self.proto,
            pickle.FRAME: self.frame,
            pickle.MARK: lambda: self.marks.append(len(self.stack)),
            pickle.POP: self.pop,
            pickle.POP_MARK: self.marked,
            pickle.DUP: lambda: self.stack.append(self.stack[-1]),
            pickle.GET: lambda: self.get(_line_integer(self.line())),
            pickle.BINGET: lambda: self.get(self.number("<B")),
            pickle.LONG_BINGET: lambda: self.get(self.number("<I")),
            pickle.PUT: lambda: self.put(_line_integer(self.line())),
            pickle.BINPUT: lambda: self.put(self.number("<B")),
            pickle.LONG_BINPUT: lambda: self.put(self.number("<I")),
            pickle.MEMOIZE: lambda: self.put(len(self.memo)),
            pickle.GLOBAL: lambda: self.find(self.name(), self.name()),
            pickle.INST: lambda: self.refuse(self.name(), self.name()),
            pickle.STACK_GLOBAL: lambda: self.find(*self.popped(2)),
            pickle.REDUCE: self.reduce,
            pickle.BUILD: self.build,
        }

    def read(self, length):
        if length < 0:
            raise ValueError("a negative length")
        if length > SMALL and length > self.size - self.file.tell():
            raise ValueError(f"{length} bytes are declared, and the file ends before")
        data = self.file.read(length)
        if len(data) != length:
            raise ValueError("the file ends before its pickle does")
        return data

    def number(self, form):
        return struct.unpack(form, self.read(struct.calcsize(form)))[0]

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise ValueError("the file ends before its pickle does")
        return line[:-1]

    def name(self):
        return self.line().decode()

    def text(self, length):
        return self.read(length).decode("utf-8", "surrogatepass")

    def integer(self, length):
        if length > LONGEST_INTEGER:
            raise ValueError(f"an integer of {length} bytes")
        return int.from_bytes(self.read(length), "little", signed=True)

    def checked(self, values):
        for value in values:
            if type(value) in INERT:
                raise Refused("a function, a class or an unfinished array in the place of data")
        return values

    def popped(self, count):
        if len(self.stack) < count:
            raise IndexError
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def marked(self):
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def pop(self):
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.stack.pop()

    def push_tuple(self, values):
        inert = any(type(value) in INERT for value in values)
        self.stack.append(Arguments(values) if inert else tuple(values))

    def extend(self, values):
        if type(self.stack[-1]) is not list:
            raise ValueError("items for what is no list")
        self.stack[-1].extend(self.checked(values))

    def set_items(self, items, values):
        items = self.stack[-1] if items is None else items
        if type(items) is not dict or len(values) % 2:
            raise ValueError("pairs for what is no dict")
        for key, value in zip(values[::2], self.checked(values[1::2]), strict=True):
            items[_key(key)] = value
        return items

    def proto(self):
        protocol = self.number("<B")
        if protocol > pickle.HIGHEST_PROTOCOL:
            raise ValueError(f"pickle protocol {protocol}")

    def frame(self):
        if self.number("<Q") > self.size - self.file.tell():
            raise ValueError("the file ends before its pickle does")

    def get(self, index):
        value = self.memo[index]
        if type(value) is PickledArray and value.array is not None:
            value = value.array
        self.stack.append(value)

    def put(self, index):
        self.memo[index] = self.stack[-1]

    def find(self, module, name):
        if type(module) is not str or type(name) is not str:
            raise ValueError("a name that is no text")
        call = self.admitted.get((module, name))
        if call is None:
            self.refuse(module, name)
        self.stack.append(call)

    def refuse(self, module, name):
        raise Refused(f"{f'{module[:200]}.{name[:200]}'!r}")

    def unknown(self, opcode):
        if not opcode:
            return ValueError("the file ends before its pickle does")
        if opcode in NAMES:
            return Refused(f"the opcode {NAMES[opcode]}")
        return ValueError(f"the byte {opcode[0]:#04x}, which is no opcode")

    def reduce(self):
        call, arguments = self.popped(2)
        if type(call) is not Call or not isinstance(arguments, tuple):
            raise Refused("a call of what is no function")
        self.stack.append(call.run(*arguments))

    def build(self):
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) not in (PickledArray, PickledDtype):
            raise Refused(f"a state for a {type(target).__name__}")
        target.build(state)
        if type(target) is PickledArray:
            self.stack[-1] = target.array

    def encode(self, text, encoding):
        if type(text) is not str or encoding != "latin1":
            raise Refused("_codecs.encode of anything but bytes")
        # Each text once: a short file could ask for the same large bytes any number of times.
        if id(text) not in self.encoded:
            self.encoded[id(text)] = text, text.encode("latin1")
        return self.encoded[id(text)][1]


def _empty_bytes():
    return b""


def _key(key):
    if type(key) is bytes:
        key = key.decode()
    if type(key) is str or (type(key) is int and key.bit_length() <= LONGEST_KEY):
        return key
    raise Refused(f"a dict key of type {type(key).__name__}")


def _line_integer(line):
    if line in (b"00", b"01"):
        return line == b"01"
    return int(_short(line).removesuffix(b"L"))


def _short(line):
    if len(line) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(line)} digits")
    return line


def _line_string(line):
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
        raise ValueError("a string without quotes")
    return codecs.escape_decode(line[1:-1])[0]
