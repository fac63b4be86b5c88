import csv
import pickle

import numpy as np
import pytest

from data.convert.conversion import convert
from tests.conftest import SIZES, make_samples
from utils.formats import InvalidData, open_data


def check(path, names, modalities=("text", "audio")):
    """The split `new` is read as it was made, without labels, in memory and on disk."""
    reader = open_data(path, labels=False, modalities=modalities)
    assert reader.splits() == names
    expected, _ = make_samples(5, seed=0)
    for split in (reader.read("new"), reader.stream("new")):
        assert len(split) == 5 and list(split.sequences) == list(modalities)
        assert split.labels.shape == (5, 1) and np.isnan(split.labels).all()
        for name, x in split.take(range(5)).sequences.items():
            np.testing.assert_array_equal(x, expected[name].astype("float32"))
    assert reader.files("new")
    return reader


def write_features(folder, labelled=False):
    """Write a folder of `.npz` files without video."""
    folder.mkdir()
    sequences, _ = make_samples(5, seed=0)
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "split", *(["label"] if labelled else [])])
        writer.writerows([f"clip{i}", "new", *(["much"] if labelled else [])] for i in range(5))
    for i in range(5):
        arrays = {name: sequences[name][i].astype("float32") for name in ("text", "audio")}
        np.savez(folder / f"clip{i}.npz", **arrays)
    return folder


def write_pickle(path):
    sequences, _ = make_samples(5, seed=0)
    names = {"text": "text", "audio": "audio"}
    content = {key: sequences[name].astype("float32") for name, key in names.items()}
    path.write_bytes(pickle.dumps({"new": {**content, "id": list("abcde")}}))
    return path


def test_hdf5_folder(own_data_dir, tmp_path):
    from utils.formats.hdf5 import write_split

    sequences, labels = make_samples(5, seed=0)
    write_split(own_data_dir, "new", sequences, labels)
    for path in (*own_data_dir.glob("y_*.h5"), own_data_dir / "video_new.h5"):
        path.unlink()
    check(own_data_dir, ["train", "valid", "test", "new"])
    assert open_data(own_data_dir).splits() == ["train", "valid", "test"]
    with pytest.raises(FileNotFoundError, match=r"has no split 'new'"):
        open_data(own_data_dir).read("new")
    with pytest.raises(FileNotFoundError, match=r"y_test\.h5"):
        open_data(own_data_dir).read("test")
    (own_data_dir / "audio_new.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"audio_new\.h5"):
        open_data(own_data_dir, labels=False).read("new")


def test_hdf5_folder_in_shards(own_data_dir, tmp_path):
    convert(open_data(own_data_dir), tmp_path / "shards", shards=2)
    for path in (tmp_path / "shards").glob("*test*"):
        path.rename(path.with_name(path.name.replace("test", "new")))
    reader = open_data(tmp_path / "shards", labels=False)
    assert reader.splits() == ["train", "valid", "new"]
    assert len(reader.stream("new")) == SIZES["test"]


def test_feature_folder(tmp_path):
    check(write_features(tmp_path / "own"), ["new"])
    with pytest.raises(InvalidData, match="must have the columns id, split, label"):
        open_data(tmp_path / "own").splits()
    check(write_features(tmp_path / "labelled", labelled=True), ["new"])


def test_mmsa_pickle(tmp_path):
    reader = check(write_pickle(tmp_path / "data.pkl"), ["new"])
    assert reader.read("new").ids == list("abcde")
    with pytest.raises(InvalidData, match="must hold splits"):
        open_data(tmp_path / "data.pkl").splits()
    with pytest.raises(InvalidData, match="must hold a key 'vision'"):
        open_data(tmp_path / "data.pkl", labels=False).read("new")


@pytest.mark.parametrize(("asked", "read"), [(["text", "audio"], ["text"]), (["audio"], ["text"])])
def test_optional_modalities_may_lack(asked, read, own_data_dir):
    for path in [*own_data_dir.glob("audio_*"), *own_data_dir.glob("video_*")]:
        path.unlink()
    reader = open_data(own_data_dir, labels=False, modalities=asked, optional=True)
    assert list(reader.read("test").sequences) == read
    with pytest.raises(FileNotFoundError, match=r"audio_test|has no split"):
        open_data(own_data_dir, labels=False, modalities=asked).read("test")
