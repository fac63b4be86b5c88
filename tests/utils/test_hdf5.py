import h5py
import numpy as np
import pytest

from utils.formats import open_data
from utils.formats.split import join_splits


def replace(path, value, key="d1"):
    with h5py.File(path, "w") as file:
        file.create_dataset(key, data=value)


def test_reads_what_was_written(data_dir):
    split = open_data(data_dir).read("valid")
    assert len(split) == 12
    assert split.sequences["audio"].shape == (12, 6, 4)
    assert split.sequences["audio"].dtype == np.float32
    assert split.labels.shape == (12, 1)
    assert split.ids[:2] == ["valid_0", "valid_1"]
    assert split.index["text"][3] == "word, 3"
    assert np.array_equal(split.masks()["text"], np.any(split.sequences["text"] != 0, axis=-1))


def test_float16_features_and_flat_labels_are_accepted(own_data_dir):
    replace(own_data_dir / "text_valid_emb.h5", np.ones((12, 6, 5), "float16"))
    replace(own_data_dir / "y_valid.h5", np.ones(12))
    split = open_data(own_data_dir).read("valid")
    assert split.sequences["text"].dtype == np.float32
    assert split.labels.shape == (12, 1)


def test_features_that_are_not_finite_become_zero_and_are_counted(own_data_dir):
    x = np.ones((12, 6, 4))
    x[0, 0, 0], x[1, 2, 3], x[2] = np.nan, -np.inf, np.inf
    replace(own_data_dir / "audio_valid.h5", x)
    split = open_data(own_data_dir).read("valid")
    assert split.repaired == {"text": 0, "audio": 26, "video": 0}
    assert split.sequences["audio"][0, 0].tolist() == [0, 1, 1, 1]
    assert not split.masks()["audio"][2].any()


def test_splits_are_those_with_files(own_data_dir):
    for path in own_data_dir.glob("*test*"):
        path.unlink()
    assert open_data(own_data_dir).splits() == ["train", "valid"]
    with pytest.raises(FileNotFoundError, match=r"no split 'test'.*train, valid.*Received: 'test'"):
        open_data(own_data_dir).read("test")


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No data at .*nowhere\. Received: nothing"):
        open_data(tmp_path / "nowhere")


def test_folder_of_something_else(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(FileNotFoundError, match=r"no known format.*Received: notes\.txt"):
        open_data(tmp_path)


def test_missing_file(own_data_dir):
    (own_data_dir / "video_train.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"Missing file .*video_train\.h5.*'d1'"):
        open_data(own_data_dir).read("train")


@pytest.mark.parametrize(
    ("file", "value", "message"),
    [
        (
            "text_train_emb.h5",
            np.ones((23, 6, 5)),
            r"text_train_emb\.h5.*24, as y_train.h5.*Received: 23",
        ),
        ("audio_train.h5", np.ones((24, 6)), r"audio_train\.h5.*\(N, T, D\).*\(24, 6\)"),
        ("audio_train.h5", np.ones((0, 6, 4)), r"audio_train\.h5.*not be empty.*\(0, 6, 4\)"),
        ("audio_train.h5", np.full((24, 6, 4), b"x"), r"audio_train\.h5.*numbers.*\|S1"),
        ("y_train.h5", np.ones((24, 1, 1, 1)), r"y_train\.h5.*\(24, 1, 1, 1\)"),
        ("y_train.h5", np.full((24, 1), np.nan), r"y_train\.h5.*finite.*24 .*row 0"),
    ],
)
def test_wrong_arrays_are_named(own_data_dir, file, value, message):
    replace(own_data_dir / file, value)
    with pytest.raises(ValueError, match=message):
        open_data(own_data_dir).read("train")


def test_missing_key(own_data_dir):
    replace(own_data_dir / "y_train.h5", np.ones((24, 1)), key="labels")
    with pytest.raises(ValueError, match=r"y_train\.h5 must hold 'd1'. Received: 'labels'"):
        open_data(own_data_dir).read("train")


def test_file_that_is_not_hdf5(own_data_dir):
    (own_data_dir / "audio_train.h5").write_bytes(b"not hdf5")
    with pytest.raises(ValueError, match=r"audio_train\.h5 cannot be read as HDF5"):
        open_data(own_data_dir).read("train")


def test_truncated_file(own_data_dir):
    path = own_data_dir / "audio_train.h5"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(ValueError, match=r"audio_train\.h5 cannot be read as HDF5"):
        open_data(own_data_dir).read("train")


def test_index_of_another_length(own_data_dir):
    (own_data_dir / "index_train.csv").write_text("id\na\nb\n")
    with pytest.raises(
        ValueError, match=r"index_train\.csv.*24, as y_train.h5 has. Received: 2 rows"
    ):
        open_data(own_data_dir).read("train")


def test_join_and_take_keep_rows_together(data_dir):
    data = open_data(data_dir)
    joined = join_splits([data.read("train"), data.read("valid")])
    assert (joined.name, len(joined)) == ("train+valid", 36)
    part = joined.take([25, 0])
    assert part.ids == ["valid_1", "train_0"]
    assert np.array_equal(part.labels[0], data.read("valid").labels[1])
    assert np.array_equal(part.sequences["video"][1], data.read("train").sequences["video"][0])
