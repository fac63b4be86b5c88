import csv
import io

import pytest

from utils.csv_layout import layout_notes
from utils.formats.table import read_table
from utils.tables import read_blocks
from utils.untrusted.invalid_data import InvalidData

ROWS = [
    ["id", "text", "score"],
    ["a", "one; two, three\tfour", "1"],
    ["b", 'a "quoted" word,\r\nand a second line', "2"],
    ["c", "", "-3"],
    ["d", "it\x92s 很好 \x85", "0"],
]


def as_csv(rows, separator=",", end="\n"):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator, lineterminator=end).writerows(rows)
    return buffer.getvalue()


def read_by_blocks(path):
    (block,) = read_blocks(path)
    return {name: values.tolist() for name, values in block.items()}


@pytest.fixture(params=[read_table, read_by_blocks])
def read(request):
    """Both readers of CSV files: of an index of features, and of texts with a table."""
    return request.param


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_separator_line_ends_and_bom_are_found(tmp_path, read, separator, end, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes(as_csv(ROWS, separator, end).encode(encoding))
    assert read(path) == dict(zip(ROWS[0], map(list, zip(*ROWS[1:], strict=True)), strict=True))
    named = {",": [], ";": ["semicolons"], "\t": ["tabs"]}[separator]
    assert [note.split()[-1].strip(".") for note in layout_notes(path)] == named


@pytest.mark.parametrize("names", [[""], ["Unnamed: 0"], ["", "Unnamed: 0"]])
def test_row_numbers_of_pandas_are_passed_over_and_told(tmp_path, read, names):
    path = tmp_path / "t.csv"
    numbers = [names, *([str(i)] * len(names) for i in range(4))]
    path.write_text(as_csv([[*n, *row] for n, row in zip(numbers, ROWS, strict=False)]), newline="")
    assert [*read(path)] == ROWS[0]
    assert "row numbers of pandas" in layout_notes(path)[0]


def test_a_column_without_a_name_elsewhere_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,,b\n1,2,3\n")
    with pytest.raises(InvalidData, match="different names"):
        read_by_blocks(tmp_path / "t.csv")


def test_one_column_and_uneven_rows_are_read_by_commas(tmp_path, read):
    (tmp_path / "t.csv").write_text("text\none; two\nthree\n")
    assert read(tmp_path / "t.csv") == {"text": ["one; two", "three"]}
    (tmp_path / "t.csv").write_text("a,b\n1\n")
    with pytest.raises(InvalidData, match=r"t\.csv"):
        read(tmp_path / "t.csv")


def test_latin_1_is_refused_with_line_and_byte(tmp_path, read):
    (tmp_path / "t.csv").write_bytes("id,text\na,good\nb,tr\xe8s bon\n".encode("latin-1"))
    with pytest.raises(InvalidData, match=r"t\.csv, line 3, byte 5, must be UTF-8.*0xe8.*'è'"):
        read(tmp_path / "t.csv")
