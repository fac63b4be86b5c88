import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.utils.tables.tables import COLUMNS, make_table
from utils.tables import find_split, read_blocks
from utils.untrusted.invalid_data import InvalidData


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_blocks_hold_the_rows_in_order(tmp_path, name):
    blocks = list(read_blocks(make_table(tmp_path / name), rows=3))
    assert [len(block["id"]) for block in blocks] == [3, 1]
    for column, values in COLUMNS.items():
        assert np.concatenate([block[column] for block in blocks]).tolist() == values


def test_quoted_line_breaks_and_commas_stay_in_their_text(tmp_path):
    texts = ["one,\ntwo", 'a "b"', "", "é"]
    (block,) = read_blocks(make_table(tmp_path / "t.csv", text=texts))
    assert block["text"].tolist() == texts


def test_parquet_numbers_nulls_and_truths_become_text(tmp_path):
    path = make_table(tmp_path / "t.parquet", price=[1.5, None, 3, 4], label=[True, False] * 2)
    (block,) = read_blocks(path)
    assert block["price"].tolist() == ["1.5", "", "3", "4"]
    assert block["label"].tolist() == ["true", "false"] * 2


def test_csv_values_keep_their_form_whatever_the_first_rows_look_like(tmp_path):
    (block,) = read_blocks(make_table(tmp_path / "t.csv", id=["007", "1e3", "x", "1"]))
    assert block["id"].tolist() == ["007", "1e3", "x", "1"]


def test_split_is_found_in_a_folder_or_by_the_start_of_names(tmp_path):
    make_table(tmp_path / "train.csv")
    make_table(tmp_path / "shop_train.parquet")
    assert find_split(tmp_path, "train") == tmp_path / "train.csv"
    assert find_split(tmp_path / "shop", "train") == tmp_path / "shop_train.parquet"
    with pytest.raises(FileNotFoundError, match=r"the split 'valid'. Expected one of .*shop_valid"):
        find_split(tmp_path / "shop", "valid")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "must be a UTF-8 CSV table"),
        ("t.csv", b"a,b\n", "must have a row"),
        ("t.csv", b"a,a\n1,2\n", "columns of different names"),
        ("t.csv", b"a,b\n1\n", "must be a UTF-8 CSV table.*Expected 2 columns"),
        ("t.csv", b"a,b\n1,\xff\xfe\n", "line 2, byte 3, must be UTF-8 text.*byte 0xff"),
        ("t.parquet", b"PAR1", "must be a Parquet table"),
    ],
)
def test_broken_files_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        list(read_blocks(tmp_path / name))


def test_columns_of_lists_are_refused(tmp_path):
    with pytest.raises(ValueError, match="column price, must hold texts or numbers"):
        list(read_blocks(make_table(tmp_path / "t.parquet", price=[[1], [2], [3], [4]])))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file"):
        list(read_blocks(tmp_path / "no.csv"))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_columns_of_one_name_are_refused(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    table = pa.table([["a", "b"], ["c", "d"], ["e", "f"]], names=["text", "label", "label"])
    if suffix == "csv":
        path.write_text("text,label,label\na,c,e\n")
    else:
        pyarrow.parquet.write_table(table, path)
    with pytest.raises(InvalidData, match=rf"t\.{suffix} must have columns of different.*label"):
        list(read_blocks(path))


def test_damaged_parquet_is_named(tmp_path):
    path = tmp_path / "t.parquet"
    texts = [f"some text of words {i}" for i in range(200)]
    pyarrow.parquet.write_table(pa.table([texts], names=["text"]), path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 31):
        path.write_bytes(
            whole[:place] + bytes(b ^ 255 for b in whole[place : place + 9]) + whole[place + 9 :]
        )
        try:
            list(read_blocks(path))
        except ValueError as error:
            assert "t.parquet" in str(error), error
