"""Read pickles from any source: only plain data, and no code of the file runs.

Python's unpickler calls any function that the file names. This one interprets the opcodes itself.
It imports nothing, looks up no attribute, and knows only the few calls that make NumPy arrays,
bytes and mappings.

Source: the opcodes in Python's `pickletools`, protocols 0 to 5.
"""

import contextlib
import pickle
import pickletools
from pathlib import Path

from utils.untrusted.invalid_data import InvalidData, check_memory
from utils.untrusted.pickle_operands import SMALL, Operands
from utils.untrusted.pickled_calls import CALLS
from utils.untrusted.pickled_numpy import Arguments, Call, PickledArray, PickledDtype, Refused
from utils.untrusted.plain_file import plain_file

CONTENT = "a pickle of NumPy arrays, text, numbers, lists, tuples and dicts alone"
INERT = frozenset({Arguments, Call, PickledArray, PickledDtype})
LONGEST_BYTES_KEY = 200
LONGEST_INTEGER_KEY = 32  # bits; longer integers can be chosen to collide and slow a dict down
LARGEST_GROWTH = 16  # an array of None takes eight times its bytes in the file
OBJECTS_PER_CHECK = 2**20
BYTES_PER_CHECK = 2**28
TENSORS = "write `tensor.detach().cpu().numpy()` in the place of each tensor of PyTorch"
# From the start of what is refused to the way to export it.
EXPORTS = {
    "'torch.": TENSORS,
    "the opcode PERSID": TENSORS,  # A file of `torch.save` is a zip archive, which starts so.
    "the opcode BINPERSID": TENSORS,
    "'pandas.": 'write `frame.to_dict("list")` in the place of each table of pandas',
    "'scipy.": "write `matrix.toarray()` in the place of each sparse matrix of SciPy",
    "'collections.": "write `dict(mapping)` in the place of each mapping",
}
RECIPE = '"Pickles with other objects" in docs/troubleshooting.md'
OPCODE_NAMES = {opcode.code.encode("latin1"): opcode.name for opcode in pickletools.opcodes}


def load_pickle(path):
    """Read a pickle of plain data.

    Allowed are:

    - `str`, `bytes`, `int`, `float`, `bool`, `None`, `list`, `tuple`;
    - `dict` with text or small integers as keys; bytes as keys become text;
    - `OrderedDict` and, with a known function, `defaultdict`, which become `dict`;
    - NumPy arrays and scalars of booleans, integers, floats, text and bytes;
    - arrays of allowed objects.

    Strings of Python 2 are returned as bytes. Arrays are read-only. Data after the first pickle of
    the file is ignored.

    Args:
        path: The file. It is read as a whole, so it must fit into memory.

    Returns:
        The content of the pickle, an object of these types.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If the file may not be read.
        InvalidData: If the file is broken, is larger than the available memory, or asks for
            anything else; the message names it as `module.name`. No code of the file has run.
    """
    path = Path(path)
    with plain_file(path, CONTENT, whole=False), path.open("rb") as file:
        operands = Operands(file)
        check_memory(path, operands.size)
        with told(path, CONTENT, operands):
            return PickleMachine(path, operands).run()


@contextlib.contextmanager
def told(path, content, operands):
    """Turn all errors of a block that runs a pickle into errors that name the file.

    Args:
        path: The file.
        content: Description of the expected content.
        operands: The `Operands` of the pickle.

    Raises:
        InvalidData: If the pickle is damaged or refused.
    """
    try:
        yield
    except Refused as error:
        raise InvalidData(
            f"{path} is refused before anything in it runs. Expected: {content}. Received: "
            f"{error}, at byte {operands.file.tell()}. If you trust the file, save its content as "
            f"plain arrays and lists{_export(str(error))}; see {RECIPE}."
        ) from error
    except InvalidData:
        raise
    # A damaged file can cause any exception.
    except Exception as error:
        raise InvalidData(
            f"{path} cannot be read as a pickle. Expected: {content}. Received: "
            f"{_said(error)}, at byte {operands.file.tell()} of {operands.size}. "
            "Copy or download the file again."
        ) from error


def _export(refused):
    """Return how to turn a refused object into plain data; empty if unknown."""
    return next((f": {how}" for start, how in EXPORTS.items() if refused.startswith(start)), "")


def _said(error):
    if isinstance(error, IndexError):
        return "an opcode that lacks its operands"
    if isinstance(error, KeyError):
        return "an opcode that refers to nothing stored"
    if isinstance(error, TypeError):
        return "an opcode whose operands are of the wrong type or number"
    return str(error)[:200] or type(error).__name__


class PickleMachine:
    """The stack machine of one pickle.

    Args:
        path: The file, for messages.
        operands: The `Operands` of the pickle.

    Attributes:
        calls: What the pickle may call, by module and name.
    """

    calls = CALLS

    def __init__(self, path, operands):
        self.path = path
        self.operands = operands
        self.stack = []
        self.marks = []
        self.memo = {}
        self.made = 0

    def run(self):
        read = self.operands.file.read
        values, steps, count = self.operands.readers(), self.steps(), 0
        while (opcode := read(1)) != pickle.STOP:
            if opcode in values:
                self.stack.append(values[opcode]())
            elif opcode in steps:
                steps[opcode]()
            else:
                raise _unknown(opcode)
            count += 1
            if not count % OBJECTS_PER_CHECK:
                check_memory(f"{self.path}, a pickle of very many objects,", BYTES_PER_CHECK)
        return _checked(self.popped(1))[0]

    def steps(self):
        number, line = self.operands.number, self.operands.text_line
        return {
            pickle.PROTO: self.proto,
            pickle.FRAME: lambda: self.operands.check_left(number("<Q")),
            pickle.MARK: lambda: self.marks.append(len(self.stack)),
            pickle.POP: self.pop,
            pickle.POP_MARK: self.marked,
            pickle.DUP: lambda: self.stack.append(self.stack[-1]),
            pickle.GET: lambda: self.get(self.operands.integer_line()),
            pickle.BINGET: lambda: self.get(number("<B")),
            pickle.LONG_BINGET: lambda: self.get(number("<I")),
            pickle.PUT: lambda: self.put(self.operands.integer_line()),
            pickle.BINPUT: lambda: self.put(number("<B")),
            pickle.LONG_BINPUT: lambda: self.put(number("<I")),
            pickle.MEMOIZE: lambda: self.put(len(self.memo)),
            pickle.LIST: lambda: self.stack.append(_checked(self.marked())),
            pickle.DICT: lambda: self.stack.append(_filled({}, self.marked())),
            pickle.TUPLE: lambda: self.stack.append(_tuple(self.marked())),
            pickle.TUPLE1: lambda: self.stack.append(_tuple(self.popped(1))),
            pickle.TUPLE2: lambda: self.stack.append(_tuple(self.popped(2))),
            pickle.TUPLE3: lambda: self.stack.append(_tuple(self.popped(3))),
            pickle.APPEND: lambda: self.extend(self.popped(1)),
            pickle.APPENDS: lambda: self.extend(self.marked()),
            pickle.SETITEM: lambda: self.fill(self.popped(2)),
            pickle.SETITEMS: lambda: self.fill(self.marked()),
            pickle.GLOBAL: lambda: self.find(line(), line()),
            pickle.STACK_GLOBAL: lambda: self.find(*self.popped(2)),
            pickle.INST: lambda: _refuse(line(), line()),
            pickle.REDUCE: self.reduce,
            pickle.BUILD: self.build,
        }

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

    def extend(self, values):
        if type(self.stack[-1]) is not list:
            raise ValueError("items for what is no list")
        self.stack[-1].extend(_checked(values))

    def fill(self, values):
        _filled(self.stack[-1], values)

    def proto(self):
        protocol = self.operands.number("<B")
        if protocol > pickle.HIGHEST_PROTOCOL:
            raise ValueError(f"pickle protocol {protocol}")

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
        if (module, name) not in self.calls:
            _refuse(module, name)
        self.stack.append(self.calls[module, name])

    def reduce(self):
        call, arguments = self.popped(2)
        if type(call) is not Call or not isinstance(arguments, tuple):
            raise Refused("a call of what is no function")
        self.push_made(call.run(*arguments))

    def build(self):
        target, state = self.popped(2)
        if type(target) not in (PickledArray, PickledDtype):
            raise Refused(f"a state for a {type(target).__name__}")
        self.push_made(target.build(state))

    def push_made(self, value):
        self.made += len(value) if type(value) is bytes else getattr(value, "nbytes", 0)
        # A short file could copy the same large data many times.
        if self.made > SMALL + LARGEST_GROWTH * self.operands.size:
            raise Refused("the same data in ever more arrays")
        self.stack.append(value)


def _checked(values):
    for value in values:
        if type(value) in INERT:
            raise Refused("a function, a type or an unfinished array in the place of data")
    return values


def _tuple(values):
    return Arguments(values) if any(type(value) in INERT for value in values) else tuple(values)


def _filled(items, values):
    if type(items) is not dict or len(values) % 2:
        raise ValueError("pairs for what is no dict")
    for key, value in zip(values[::2], _checked(values[1::2]), strict=True):
        items[_key(key)] = value
    return items


def _key(key):
    if type(key) is bytes and len(key) <= LONGEST_BYTES_KEY:
        key = key.decode()
    if type(key) is str or (type(key) is int and key.bit_length() <= LONGEST_INTEGER_KEY):
        return key
    raise Refused(f"a dict key of type {type(key).__name__}")


def _refuse(module, name):
    raise Refused(repr(f"{module[:200]}.{name[:200]}"))


def _unknown(opcode):
    if not opcode:
        return ValueError("the file ends before its pickle does")
    if opcode in OPCODE_NAMES:
        return Refused(f"the opcode {OPCODE_NAMES[opcode]}")
    return ValueError(f"the byte {opcode[0]:#04x}, which is no opcode")
