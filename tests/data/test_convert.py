import os

import numpy as np
import pytest

from data.convert.__main__ import main
from tests.conftest import call
from utils.data_loader import make_dataset
from utils.formats import InvalidData, open_data


def assert_same_data(first, second):
    first, second = open_data(first), open_data(second)
    assert first.splits() == second.splits()
    for name in first.splits():
        one, other = first.read(name), second.read(name)
        assert one.index == other.index
        assert np.array_equal(one.labels, other.labels)
        for modality, x in one.sequences.items():
            assert np.array_equal(x, other.sequences[modality])
        streamed = second.stream(name).take([3, 0])
        assert np.array_equal(streamed.sequences["text"], one.sequences["text"][[3, 0]])


@pytest.mark.parametrize("output_format", ["h5", "tfrecord"])
@pytest.mark.parametrize("shards", [1, 3])
def test_converted_data_is_the_same(data_dir, tmp_path, output_format, shards):
    call(main, data_dir, tmp_path / "new", "--format", output_format, "--shards", shards)
    assert_same_data(data_dir, tmp_path / "new")


def test_converts_back(data_dir, tmp_path):
    call(main, data_dir, tmp_path / "records", "--format", "tfrecord", "--shards", 2)
    call(main, tmp_path / "records", tmp_path / "back", "--format", "h5")
    assert_same_data(data_dir, tmp_path / "back")


@pytest.fixture(scope="module")
def records(data_dir, tmp_path_factory):
    path = tmp_path_factory.mktemp("records") / "records"
    call(main, data_dir, path, "--format", "tfrecord", "--shards", 2)
    return path


def test_records_stream_as_memory_does(data_dir, records):
    options = {"batch_size": 7, "normalize": "standard", "seed": 3}
    pairs = zip(
        make_dataset(data_dir, stream=False, **options),
        make_dataset(records, stream=True, **options),
        strict=True,
    )
    for (inputs, y), (other_inputs, other_y) in pairs:
        np.testing.assert_array_equal(y, other_y)
        for x, other in zip(inputs, other_inputs, strict=True):
            np.testing.assert_allclose(x, other, atol=1e-6)


def test_records_are_plain_examples(data_dir, records):
    import tensorflow as tf

    split = open_data(data_dir).read("train")
    dataset = tf.data.TFRecordDataset([str(records / "train-00000-of-00002.tfrecord")])
    example = tf.io.parse_single_example(
        next(iter(dataset)),
        {
            "audio": tf.io.FixedLenFeature([], tf.string),
            "label": tf.io.FixedLenFeature([], tf.float32),
            "id": tf.io.FixedLenFeature([], tf.string),
        },
    )
    audio = tf.reshape(tf.io.decode_raw(example["audio"], tf.float32), (6, 4))
    assert np.array_equal(audio, split.sequences["audio"][0])
    assert example["label"] == split.labels[0, 0]
    assert example["id"].numpy().decode() == split.ids[0]


@pytest.fixture
def own_records(data_dir, tmp_path):
    call(main, data_dir, tmp_path / "records", "--format", "tfrecord")
    return tmp_path / "records"


SHARD = "valid-00000-of-00001.tfrecord"


def cut(folder):
    os.truncate(folder / SHARD, (folder / SHARD).stat().st_size - 3)


def empty(folder):
    (folder / SHARD).write_bytes(b"")


def other_bytes(folder):
    (folder / SHARD).write_bytes(b"this is not a file of records, at all")


def other_record(folder):
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(folder / SHARD)) as writer:
        for _ in range(12):
            writer.write(b"\xff\xffnot an example")


def other_width(folder):
    path = folder / "features.json"
    path.write_text(path.read_text().replace("4", "9"))


def broken_json(folder):
    (folder / "features.json").write_text("{")


def text_label(folder):
    path = folder / "index_valid.csv"
    lines = path.read_text().splitlines()
    fields = lines[2].split(",")
    fields[1] = "good"
    path.write_text("\n".join([*lines[:2], ",".join(fields), *lines[3:]]) + "\n")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut, r"valid-00000.*a record at byte \d+ that does not end inside the file"),
        (empty, r"valid-00000.*must hold records. Received: none"),
        (other_bytes, r"valid-00000.*a record at byte 0 that"),
        (other_record, r"valid-00000.*must hold the bytes features text, audio, video"),
        (other_width, r"valid-00000.*feature 'audio' must have 216 bytes.*Received: 96 in record"),
        (broken_json, r"features\.json must hold JSON"),
        (text_label, r"index_valid\.csv, column label, must hold numbers.*'good'"),
    ],
)
def test_broken_records_are_named(own_records, spoil, message):
    spoil(own_records)
    with pytest.raises(InvalidData, match=message):
        open_data(own_records).read("valid")


def test_missing_parts_of_records(own_records):
    (own_records / "index_valid.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"Missing file .*index_valid\.csv"):
        open_data(own_records).read("valid")
    (own_records / "features.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"Missing file .*features\.json"):
        open_data(own_records).read("train")


def test_an_output_that_holds_files_is_refused(data_dir, own_data_dir, fails):
    assert "holds files" in fails(main, data_dir, own_data_dir)


def test_wrong_arguments(data_dir, tmp_path, fails):
    message = fails(main, data_dir, tmp_path / "new", "--format", "csv")
    assert "`format` must be one of h5, tfrecord. Received: 'csv'" in message
    message = fails(main, data_dir, tmp_path / "new", "--shards", 11)
    assert "`shards` must be from 1 to 10, the samples of test" in message
    assert not list(tmp_path.iterdir())


def test_broken_data_leaves_nothing_behind(own_data_dir, tmp_path, fails):
    os.truncate(own_data_dir / "video_test.h5", 700)
    assert "video_test.h5" in fails(main, own_data_dir, tmp_path / "out" / "new")
    assert not list((tmp_path / "out").iterdir())


def test_a_full_disk_is_told_before_writing(data_dir, tmp_path, fails, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("data.convert.conversion.shutil.disk_usage", lambda path: usage)
    message = fails(main, data_dir, tmp_path / "new")
    assert "The split train needs 0.00 GB. Received: a disk with 0.00 GB free" in message
    assert not list(tmp_path.iterdir())
