import csv

import numpy as np
import pytest

from utils.partition import Partition
from utils.tables import find_split, find_splits, find_table, infer_schema, read_blocks
from utils.untrusted.invalid_data import InvalidData

PARTITION = Partition([2, 1, 1], "speaker")


@pytest.fixture
def folder(tmp_path):
    """A folder with one table of 12,000 rows, more than a block has, by 400 speakers."""
    with (tmp_path / "train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "speaker", "label"])
        for i in range(12000):
            writer.writerow([f"n{i}", f"it was the sentence number {i}", f"s{i // 30}", i % 2])
    return tmp_path


def values(table, column):
    return np.concatenate([block[column] for block in read_blocks(table)])


def test_parts_hold_every_row_once_and_whole_speakers(folder):
    parts = find_splits(folder, PARTITION)
    assert list(parts) == ["train", "valid", "test"]
    ids = [values(part, "id") for part in parts.values()]
    assert sorted(np.concatenate(ids)) == sorted(values(folder / "train.csv", "id"))
    assert all([*part] == sorted(part, key=lambda one: int(one[1:])) for part in ids)
    speakers = [{*values(part, "speaker")} for part in parts.values()]
    assert sum(map(len, speakers)) == 400
    np.testing.assert_allclose([len(part) / 12000 for part in ids], [0.5, 0.25, 0.25], atol=0.01)


def test_a_part_is_used_like_a_file(folder):
    part = find_split(folder, "valid", PARTITION)
    assert infer_schema(part, {}).label == "label"
    assert str(part) == f"{folder / 'train.csv'}, split 'valid'" and part.name == "train.csv"
    same = find_table(folder, "valid", PARTITION)
    assert (values(same, "id") == values(part, "id")).all()


def test_data_that_cannot_be_cut(folder):
    with pytest.raises(ValueError, match=r"--split-by must be a column of .*train.csv"):
        find_split(folder, "train", Partition([1, 1, 1], "video"))
    with pytest.raises(FileNotFoundError, match=r"no split 'test'.*other --shares"):
        find_split(folder, "test", Partition([3, 1, 0]))
    (folder / "valid.csv").write_text("id,text,speaker,label\na,b,c,1\n")
    with pytest.raises(InvalidData, match=r"one table for --shares\. Received: train, valid"):
        find_split(folder, "train", PARTITION)
