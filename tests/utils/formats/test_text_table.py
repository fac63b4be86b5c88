import numpy as np
import pytest

from utils.data_loader import load_split
from utils.formats import InvalidData, open_data


def write(path, content):
    path.write_text(content, encoding="utf-8")
    return path


def test_texts_alone_are_read_for_prediction(tmp_path):
    path = write(tmp_path / "new.csv", "id,text,speaker\na,I loved it,x\na,,y\n")
    reader = open_data(path, labels=False)
    split = load_split(reader, "test")
    assert [len(split), split.sequences, reader.splits()] == [2, {}, ["new"]]
    assert split.index == {"id": ["a", "a#2"], "text": ["I loved it", ""], "speaker": ["x", "y"]}
    assert np.isnan(split.labels).all() and "1 of 2 ids" in split.notes[0]
    assert split.completed({"audio": 3}).widths == {"text": 1, "audio": 3, "video": 1}
    assert [len(block) for block in split.blocks([1])] == [1]
    assert reader.files("test") == [path] and load_split(reader, "new").ids == ["a", "a#2"]


def test_ids_are_not_needed(tmp_path):
    split = open_data(write(tmp_path / "a.csv", "text\nfine\n"), labels=False).read("test")
    assert split.ids == ["0"]


def test_tables_without_texts_or_for_training_are_no_features(tmp_path):
    for path, labels in (
        (write(tmp_path / "a.csv", "id,words\n1,fine\n"), False),
        (write(tmp_path / "b.csv", "id,text\n1,fine\n"), True),
    ):
        with pytest.raises(FileNotFoundError, match="Tables of texts stay as they are"):
            open_data(path, labels=labels)


def test_faults_of_a_table_are_told(tmp_path):
    with pytest.raises(InvalidData, match="line 2, must have 2 values"):
        open_data(write(tmp_path / "a.csv", "id,text\n1,a,b\n"), labels=False).read("test")
    with pytest.raises(InvalidData, match="must have a row for each text"):
        open_data(write(tmp_path / "a.csv", "id,text\n"), labels=False).read("test")


def test_models_of_features_refuse_texts_alone(tmp_path):
    split = open_data(write(tmp_path / "a.csv", "id,text\n1,a\n"), labels=False).read("test")
    with pytest.raises(ValueError, match=r"must have audio features. Received: texts alone"):
        split.check_widths({"audio": 3})
