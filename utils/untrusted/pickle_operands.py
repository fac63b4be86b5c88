"""Read the operands of a pickle's opcodes; a file may declare wrong lengths."""

import codecs
import os
import pickle
import struct

LONGEST_INTEGER = 16  # bytes
LONGEST_NUMBER = 40  # characters
SMALL = 2**16


class Operands:
    """Reads operands. Lengths are compared with the file's size before memory is reserved.

    Every method raises a `ValueError` if the file ends early or is malformed.

    Args:
        file: A binary file, open for reading.
        size: Number of its bytes; `None`: it is looked up. Of a pickle inside an archive, the
            size of the archive.

    Attributes:
        size: Number of bytes of the file.
    """

    def __init__(self, file, size=None):
        self.file = file
        self.size = os.fstat(file.fileno()).st_size if size is None else size

    def data(self, length):
        """Read `length` bytes."""
        if length < 0:
            raise ValueError("a negative length")
        if length > SMALL:
            self.check_left(length)
        data = self.file.read(length)
        if len(data) != length:
            raise ValueError("the file ends before its pickle does")
        return data

    def check_left(self, length):
        """Check that at least `length` bytes follow."""
        if length > self.size - self.file.tell():
            raise ValueError(f"the file ends before the {length} declared bytes")

    def number(self, form):
        """Read one number; `form` is a format of `struct`."""
        return struct.unpack(form, self.data(struct.calcsize(form)))[0]

    def text(self, length):
        """Read UTF-8 text of `length` bytes; lone surrogates are allowed, as in Python."""
        return self.data(length).decode("utf-8", "surrogatepass")

    def integer(self, length):
        """Read a signed integer of `length` bytes."""
        if length > LONGEST_INTEGER:
            raise ValueError(f"an integer of {length} bytes")
        return int.from_bytes(self.data(length), "little", signed=True)

    def line(self):
        """Read a line and remove its end."""
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise ValueError("the file ends before its pickle does")
        return line[:-1]

    def text_line(self):
        """Read a line of UTF-8 text."""
        return self.line().decode()

    def integer_line(self):
        """Read a decimal integer; `00` and `01` are the booleans."""
        line = self._number_line()
        return line == b"01" if line in (b"00", b"01") else int(line.removesuffix(b"L"))

    def float_line(self):
        """Read a decimal float."""
        return float(self._number_line())

    def string_line(self):
        """Read a quoted string of Python 2, as bytes."""
        line = self.line()
        if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
            raise ValueError("a string without quotes")
        return codecs.escape_decode(line[1:-1])[0]

    def escaped_line(self):
        """Read text with escaped characters."""
        return self.line().decode("raw-unicode-escape")

    def _number_line(self):
        line = self.line()
        if len(line) > LONGEST_NUMBER:
            raise ValueError(f"a number of {len(line)} digits")
        return line

    def readers(self):
        """Return a dict from each opcode of a value to the function that reads the value."""
        counted = {
            pickle.LONG1: ("<B", self.integer),
            pickle.LONG4: ("<i", self.integer),
            pickle.BINUNICODE: ("<I", self.text),
            pickle.SHORT_BINUNICODE: ("<B", self.text),
            pickle.BINUNICODE8: ("<Q", self.text),
            pickle.BINSTRING: ("<i", self.data),
            pickle.SHORT_BINSTRING: ("<B", self.data),
            pickle.BINBYTES: ("<I", self.data),
            pickle.SHORT_BINBYTES: ("<B", self.data),
            pickle.BINBYTES8: ("<Q", self.data),
            pickle.BYTEARRAY8: ("<Q", self.data),
        }
        return {
            pickle.NONE: lambda: None,
            pickle.NEWTRUE: lambda: True,
            pickle.NEWFALSE: lambda: False,
            pickle.EMPTY_TUPLE: lambda: (),
            pickle.EMPTY_LIST: list,
            pickle.EMPTY_DICT: dict,
            pickle.BININT: lambda: self.number("<i"),
            pickle.BININT1: lambda: self.number("<B"),
            pickle.BININT2: lambda: self.number("<H"),
            pickle.BINFLOAT: lambda: self.number(">d"),
            pickle.INT: self.integer_line,
            pickle.LONG: self.integer_line,
            pickle.FLOAT: self.float_line,
            pickle.STRING: self.string_line,
            pickle.UNICODE: self.escaped_line,
            **{opcode: self._counted(*how) for opcode, how in counted.items()},
        }

    def _counted(self, form, convert):
        return lambda: convert(self.number(form))
