import os

import numpy as np
import pytest

from data.convert.__main__ import main
from tests.conftest import call
from tests.data.spoiling import change
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


@pytest.mark.parametrize("name", ["task.json", "extraction.json"])
def test_the_description_of_data_is_copied(own_data_dir, tmp_path, name):
    (own_data_dir / name).write_text('{"kind": "score"}')
    call(main, own_data_dir, tmp_path / "new")
    assert (tmp_path / "new" / name).read_text() == '{"kind": "score"}'


LABELS = {
    "one-hot rows": lambda n: np.eye(3)[np.arange(n) % 3],
    "rows of 0 and 1": lambda n: (np.arange(3 * n).reshape(n, 3) % 2).astype(float),
    "several columns": lambda n: np.linspace(1, 7, 2 * n).reshape(n, 2),
    "one column of numbers": lambda n: np.linspace(1, 5, n),
}


@pytest.mark.parametrize("found", LABELS)
def test_labels_of_every_target_are_kept_without_text(own_data_dir, tmp_path, found):
    for split in ("train", "valid", "test"):
        change(own_data_dir, "y", split, lambda y: LABELS[found](len(y)))
        (own_data_dir / f"text_{split}_emb.h5").unlink()
    call(main, own_data_dir, tmp_path / "new")
    before, after = (open_data(path, modalities=None) for path in (own_data_dir, tmp_path / "new"))
    assert before.target == after.target and before.target.found.startswith(found)
    one, other = before.read("valid"), after.read("valid")
    assert np.array_equal(one.labels, other.labels)
    assert list(other.sequences) == ["audio", "video"]


def test_class_names_are_kept(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    rows = [
        f"{split}{i},{split},{'glad sad'.split()[i % 2]}"
        for split in "train valid".split()
        for i in range(4)
    ]
    (folder / "index.csv").write_text("\n".join(["id,split,label", *rows]))
    for row in rows:
        np.savez(folder / f"{row.split(',')[0]}.npz", audio=np.ones((2, 3)))
    call(main, folder, tmp_path / "new", "--classes", "sad", "glad")
    target = open_data(tmp_path / "new").target
    assert target.names == ("sad", "glad") and target.kind == "class"
    assert open_data(tmp_path / "new", modalities=["audio"]).read("valid").labels[0].tolist() == [
        0,
        1,
    ]


def test_an_output_that_holds_files_is_refused(data_dir, own_data_dir, fails):
    assert "holds files" in fails(main, data_dir, own_data_dir)


def test_wrong_arguments(data_dir, tmp_path, fails):

    message = fails(main, data_dir, tmp_path / "new", "--shards", 11)
    assert "`shards` must be from 1 to 10, the samples of test" in message
    assert not list(tmp_path.iterdir())


def test_texts_without_features_stay_as_they_are(tmp_path, fails):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "index.csv").write_text("id,split,label,text\na,train,1,Well\n")
    assert "train with --text-encoder" in fails(main, tmp_path / "texts", tmp_path / "new")
    assert not (tmp_path / "new").exists()


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
