import os

import numpy as np
import pytest

from data.convert.__main__ import main
from tests.conftest import call
from utils.formats import open_data


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


@pytest.mark.parametrize("shards", [1, 3])
def test_converted_data_is_the_same(data_dir, tmp_path, shards):
    call(main, data_dir, tmp_path / "new", "--shards", shards)
    assert_same_data(data_dir, tmp_path / "new")


def test_descriptions_of_the_data_are_copied(own_data_dir, tmp_path):
    for name in ("task.json", "target.json"):
        (own_data_dir / name).write_text('{"kind": "score"}')
    call(main, own_data_dir, tmp_path / "new")
    for name in ("task.json", "target.json"):
        assert (tmp_path / "new" / name).read_text() == '{"kind": "score"}'


def test_an_output_that_holds_files_is_refused(data_dir, own_data_dir, fails):
    assert "holds files" in fails(main, data_dir, own_data_dir)


def test_wrong_arguments(data_dir, tmp_path, fails):

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
