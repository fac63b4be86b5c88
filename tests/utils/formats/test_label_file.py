"""Labels of a CSV file in place of those of a data set."""

import json

import numpy as np
import pytest

from data.convert.__main__ import main as convert
from data.inspect.__main__ import main as inspect
from tests.conftest import SIZES, call
from tests.utils.formats.csd_files import write_sequences
from tests.utils.formats.mmsa_data import make_data, write_pickle
from tests.utils.formats.pickle_data import make_misa, make_mult
from utils.formats import InvalidData, open_data
from utils.formats.table import write_table
from utils.measures.inference import TargetRequest
from utils.partition import Partition

SHAPES = ((7, 6), (9, 5), (8, 4))
CLASSES = ("calm", "glad")
FORMATS = {
    "MMSA": lambda path: write_pickle(path / "data.pkl", make_data(shapes=SHAPES, sims=True)),
    "MulT": lambda path: write_pickle(path / "data.pkl", make_mult("emotions")),
    "MISA": lambda path: write_pickle(path / "data.pkl", make_misa()),
    "csd": lambda path: write_sequences(path / "csd"),
}


def emotion(sample):
    return CLASSES[sum(sample.encode()) % 2]


def write_labels(path, data, **columns):
    """Write a file of labels, its rows in another order than the samples and more than these."""
    reader = open_data(data)
    ids = [one for split in reader.splits() for one in reader.read(split).ids]
    ids = [*reversed(ids), "another"]
    columns = columns or {"label": emotion}
    made = {name: [make(one) for one in ids] for name, make in columns.items()}
    write_table(path, {"id": ids, **made})
    return path


def write_hdf5_labels(tmp_path, data_dir, **columns):
    return write_labels(tmp_path / "own.csv", data_dir, **columns)


def check_emotions(reader):
    assert reader.target.kind == "class" and reader.target.names == CLASSES
    for name in reader.splits():
        for split in (reader.read(name), reader.stream(name)):
            given = [CLASSES[i] for i in split.labels.argmax(axis=1)]
            assert given == [emotion(one) for one in split.ids]


@pytest.mark.parametrize("name", FORMATS)
def test_they_replace_the_labels_of_every_format(tmp_path, name, capsys):
    data = FORMATS[name](tmp_path)
    path = write_labels(tmp_path / "own.csv", data)
    reader, before = open_data(data, label_file=path), open_data(data)
    check_emotions(reader)
    assert reader.splits() == before.splits() and path in reader.files("train")
    one, other = reader.read("train"), before.read("train")
    assert one.index == other.index and one.modality_labels == {}
    for modality in one.sequences:
        np.testing.assert_array_equal(one.sequences[modality], other.sequences[modality])
    call(convert, data, tmp_path / "h5", "--label-file", path)
    check_emotions(open_data(tmp_path / "h5"))
    call(inspect, data, "--label-file", path)
    output = " ".join(capsys.readouterr().out.split())
    assert f"2 classes ({', '.join(CLASSES)}), read from labels that are words" in output
    assert "with the labels of" in output


def test_what_the_data_says_of_its_own_labels_is_left_out(own_data_dir, tmp_path):
    for name in ("target.json", "task.json", "extraction.json"):
        (own_data_dir / name).write_text('{"kind": "score"}')
    path = write_hdf5_labels(tmp_path, own_data_dir)
    check_emotions(open_data(own_data_dir, label_file=path))
    call(convert, own_data_dir, tmp_path / "h5", "--label-file", path)
    assert json.loads((tmp_path / "h5/target.json").read_text())["kind"] == "class"
    assert not (tmp_path / "h5/task.json").exists() and (tmp_path / "h5/extraction.json").exists()


def test_several_columns_are_several_labels(data_dir, tmp_path):
    path = write_hdf5_labels(
        tmp_path,
        data_dir,
        label_joy=lambda one: sum(one.encode()) % 2,
        label_anger=lambda one: len(one) % 2,
    )
    reader = open_data(data_dir, label_file=path)
    assert (reader.target.kind, reader.target.names) == ("labels", ("joy", "anger"))
    split = reader.read("valid")
    expected = [[sum(one.encode()) % 2, len(one) % 2] for one in split.ids]
    assert split.labels.tolist() == expected


def test_the_target_and_clipping_are_those_of_the_file(data_dir, tmp_path):
    path = write_hdf5_labels(tmp_path, data_dir, label=lambda one: 1 + sum(one.encode()) % 6)
    options = {"target": TargetRequest("score", 1, 5)}
    with pytest.raises(InvalidData, match=r"own\.csv, label of split 'train'.*\(id 'train_"):
        open_data(data_dir, label_file=path, **options).read("train")
    split = open_data(data_dir, label_file=path, clip_labels=True, **options).read("train")
    assert split.clipped == sum(sum(one.encode()) % 6 == 5 for one in split.ids) > 0


def test_an_index_needs_no_labels_then(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    ids = [f"clip{i}" for i in range(6)]
    write_table(folder / "index.csv", {"id": ids, "split": ["train"] * 4 + ["valid"] * 2})
    for one in ids:
        np.savez(folder / f"{one}.npz", audio=np.ones((2, 3)))
    write_table(tmp_path / "own.csv", {"id": ids, "label": map(emotion, ids)})
    check_emotions(open_data(folder, label_file=tmp_path / "own.csv", modalities=None))


def test_they_go_with_a_partition(tmp_path):
    data = write_pickle(tmp_path / "data.pkl", {"train": make_data(shapes=SHAPES)["train"]})
    path = write_labels(tmp_path / "own.csv", data)
    reader = open_data(data, partition=Partition([60, 20, 20], None, 0), label_file=path)
    check_emotions(reader)
    assert reader.splits() == ["train", "valid", "test"]


def test_data_read_without_labels_needs_none(data_dir, tmp_path):
    split = open_data(data_dir, label_file=tmp_path / "none.csv", labels=False).read("test")
    assert len(split) == SIZES["test"] and np.isnan(split.labels).all()


def test_samples_without_a_label_are_counted_and_named(data_dir, tmp_path, fails):
    path = tmp_path / "own.csv"
    ids = [f"train_{i}" for i in range(22)]
    write_table(path, {"id": ids, "label": map(emotion, ids)})
    message = fails(inspect, data_dir, "--label-file", path)
    assert f"{path} must give a label to each sample of the split 'train' of {data_dir}" in message
    assert "none for 2 of 24 ids, such as 'train_22', 'train_23'; the file has 'train_0'" in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,emotion\na,glad\n", "must have the columns id and label.*Received: id, emotion"),
        ("label\nglad\n", "must have the columns id and label.*Received: label"),
        ("id,label\na,glad\na,sad\n", "must give each sample an id of its own"),
        ("id,label\n", "none for 24 of 24 ids.*the file has no rows"),
    ],
)
def test_a_faulty_file_is_refused(data_dir, tmp_path, text, message):
    path = tmp_path / "own.csv"
    path.write_text(text)
    with pytest.raises(InvalidData, match=rf"own\.csv.*{message}"):
        open_data(data_dir, label_file=path).read("train")


def test_a_missing_file_and_data_without_ids_are_refused(own_data_dir, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Missing file none\.csv.*Check --label-file"):
        open_data(own_data_dir, label_file="none.csv").read("train")
    path = write_hdf5_labels(tmp_path, own_data_dir)
    (own_data_dir / "index_train.csv").unlink()
    with pytest.raises(InvalidData, match=r"split 'train', must name its samples.*column id"):
        open_data(own_data_dir, label_file=path).read("train")


def test_a_table_of_texts_takes_no_file(tmp_path, fails):
    (tmp_path / "train.csv").write_text("text,label\nthis is a fine day,1\nI am not glad,0\n")
    assert "in no known format" in fails(inspect, tmp_path, "--label-file", "own.csv")
