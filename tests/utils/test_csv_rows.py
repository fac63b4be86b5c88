import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.csv_rows import read_rows, write_rows
from utils.formats.table import read_table, write_table

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
HARD = ["a\rb", "\r", "\r\n", "\n", "x\0y", "a\u2028b\x85c", 'say "so", then', "'=1", "''-2(", ""]
FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3+cmd|'x'!A0", "\t=1"]


@given(st.lists(st.fixed_dictionaries({"id": TEXTS, "text": TEXTS}), min_size=1))
def test_any_text_comes_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "a.csv"
    write_rows(path, rows)
    assert read_rows(path) == rows


@pytest.mark.parametrize("text", [*HARD, *FORMULAS, "long " * 200_000])
def test_hard_texts_come_back_from_every_table(tmp_path, text):
    rows = [{"id": "1", "text": text}, {"id": "2", "text": "next"}]
    write_rows(tmp_path / "a.csv", rows)
    assert read_rows(tmp_path / "a.csv") == rows
    columns = {"id": ["1", "2"], "text": [text, "next"]}
    write_table(tmp_path / "b.csv", columns)
    assert read_table(tmp_path / "b.csv") == columns
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_takes_no_text_for_a_formula(tmp_path, text):
    write_rows(tmp_path / "a.csv", [{"id": text, "score": -1.5}])
    with (tmp_path / "a.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["id", "score"], [f"'{text}", "-1.5"]]


def test_ids_of_videos_that_begin_with_a_dash_stay_as_they_are(tmp_path):
    write_rows(tmp_path / "a.csv", [{"id": "-3g5yACwYnA$_$1", "x": "-0.5"}])
    assert (tmp_path / "a.csv").read_text() == "id,x\n-3g5yACwYnA$_$1,-0.5\n"


def test_a_row_of_another_length_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(ValueError, match=r"a\.csv, line 3, must have 2 values.*Received: 1"):
        read_rows(tmp_path / "a.csv")
