"""CSV rows that can hold any text: carriage returns, NUL, a whole book, a formula."""

import csv
import io
import re

from utils.files import write_text

# Python refuses fields of more than 131,072 letters by default.
csv.field_size_limit(2**31 - 1)
# What a spreadsheet would compute; and what looks like that after the apostrophe is removed.
FORMULA = re.compile(r"'*([=+@\t\r]|-.*[(|!])", re.DOTALL)


class RowWriter:
    """Writes rows by RFC 4180, except that lines end in a line feed only.

    A text that a spreadsheet would compute begins with an apostrophe; `row_reader` removes it.

    Args:
        file: A text file, opened with `newline=""`.
    """

    def __init__(self, file):
        self._file = file
        # With a line end of its own, Python would leave carriage returns without quotes.
        self._writer = csv.writer(self, lineterminator="\r\n")

    def write(self, line):
        """Write a line that Python has formatted."""
        self._file.write(line.removesuffix("\r\n") + "\n")

    def writerow(self, values):
        """Write a row."""
        self._writer.writerow([_guarded(value) for value in values])

    def writerows(self, rows):
        """Write several rows."""
        for row in rows:
            self.writerow(row)


def row_reader(file, separator=","):
    """Yield the number of the last line of each row, from 1, and its values as texts.

    Args:
        file: A text file, opened with `newline=""`.
        separator: The character between two values.

    Raises:
        csv.Error: If the file is no CSV table.
    """
    reader = csv.reader(file, delimiter=separator, strict=True)
    for row in reader:
        yield reader.line_num, [_plain(text) for text in row]


def write_rows(path, rows):
    """Write dicts with the same keys as a CSV table, in one step."""
    buffer = io.StringIO(newline="")
    writer = RowWriter(buffer)
    writer.writerow(rows[0])
    writer.writerows([row[name] for name in rows[0]] for row in rows)
    write_text(path, buffer.getvalue())


def read_rows(path):
    """Return the rows of a CSV table with a header as dicts of texts.

    Raises:
        csv.Error: If the file is no CSV table.
        FileNotFoundError: If it is missing.
        ValueError: If it is not UTF-8, or a row has fewer or more values than the header.
    """
    with open(path, newline="", encoding="utf-8") as file:
        rows = row_reader(file)
        _, header = next(rows, (0, []))
        found = []
        for line, values in rows:
            if len(values) != len(header):
                raise ValueError(
                    f"{path}, line {line}, must have {len(header)} values, as its header. "
                    f"Received: {len(values)}. Write the file again."
                )
            found.append(dict(zip(header, values, strict=True)))
        return found


def _guarded(value):
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def _plain(text):
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text
