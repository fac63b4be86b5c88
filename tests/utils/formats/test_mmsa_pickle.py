import pickle

import numpy as np
import pytest

from tests.utils.formats.mmsa_data import SHAPES, SIZES, make_data
from utils.formats import pickle_reader
from utils.formats.mmsa_pickle import MmsaPickle
from utils.untrusted.invalid_data import InvalidData


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", SHAPES)
def test_data_sets_of_every_shape(write, name, protocol):
    data = make_data(
        shapes=SHAPES[name], lengths="aligned" not in name.split(), sims=name.startswith("sims")
    )
    reader = MmsaPickle(write(data, protocol=protocol))
    assert reader.splits() == ["train", "valid", "test"]
    for split, count in SIZES.items():
        read, content = reader.read(split), data[split]
        assert (read.name, len(read), read.source) == (split, count, reader.path)
        assert read.lengths == dict(zip(read.sequences, (t for t, _ in SHAPES[name]), strict=True))
        assert read.widths == dict(zip(read.sequences, (d for _, d in SHAPES[name]), strict=True))
        np.testing.assert_array_equal(read.labels[:, 0], content["regression_labels"])
        assert all(x.dtype == np.float32 for x in read.sequences.values())
        assert read.repaired == {"text": 0, "audio": 0, "video": 0}
        assert read.index["id"] == content["id"] and read.index["text"] == content["raw_text"]
        assert read.index["video_id"] == [f"video_{split}_{i // 2:04d}" for i in range(count)]
        assert read.index["annotation"] == ["Negative"] * count
        assert set(read.modality_labels) == (set(read.sequences) if "sims" in name else set())


def test_steps_behind_the_lengths_are_zero(write):
    data = make_data()
    split = MmsaPickle(write(data)).read("train")
    assert set(split.step_counts) == {"text", "audio", "video"}
    for name, key in (("text", "text"), ("audio", "audio"), ("video", "vision")):
        x, counts = split.sequences[name], split.step_counts[name]
        for row, count in enumerate(counts):
            np.testing.assert_array_equal(
                x[row, :count], data["train"][key][row, :count].astype("f4")
            )
            assert not x[row, count:].any()
    assert split.step_counts["audio"].tolist() == data["train"]["audio_lengths"]
    np.testing.assert_array_equal(
        split.step_counts["text"], data["train"]["text_bert"][:, 1].sum(1)
    )


def test_modality_labels_of_sims(write):
    data = make_data(sims=True)
    split = MmsaPickle(write(data)).read("valid")
    for name, scale in (("text", 0.1), ("audio", 0.2), ("video", 0.3)):
        assert split.modality_labels[name].shape == (3, 1)
        np.testing.assert_allclose(split.modality_labels[name], scale * split.labels, atol=1e-6)


def test_lengths_that_leave_nothing_end_with_the_data(write):
    data = make_data()
    data["train"]["audio"][0, 370:] = 1  # left-padded, for which MMSA states the length 1
    data["train"]["audio"][0, :370] = 0
    data["train"]["audio_lengths"][0] = 1
    data["train"]["vision"][1, 1:20] = 1
    data["train"]["vision"][1, 0] = 0
    data["train"]["vision_lengths"][1] = 1
    data["train"]["audio"][2] = 0
    split = MmsaPickle(write(data)).read("train")
    assert split.step_counts["audio"][:3].tolist() == [375, 4, 5]
    assert split.step_counts["video"][1] == 20
    assert split.sequences["audio"][0].any() and not split.sequences["audio"][2].any()


def test_lengths_of_left_padded_features_cut_nothing(write):
    data = make_data()
    counts = [1, 34, 142, 375, 20]
    for row, count in enumerate(counts):
        data["train"]["audio"][row] = 0
        data["train"]["audio"][row, 375 - count :] = 1
    data["train"]["audio_lengths"] = counts
    split = MmsaPickle(write(data)).read("train")
    assert split.sequences["audio"].any(axis=-1).sum(axis=1).tolist() == counts
    assert split.step_counts["audio"].tolist() == [375] * 5


def test_lengths_that_cut_data_on_both_sides_are_refused(write):
    data = make_data()
    data["train"]["vision"][3, :20] = 1  # 7 are stated
    message = r"'vision_lengths', must count all steps.*the first.*7 steps of row 3"
    with pytest.raises(InvalidData, match=message):
        MmsaPickle(write(data)).read("train")


@pytest.mark.parametrize("kind", ["left-padded text", "left-padded mask", "other length", "words"])
def test_implausible_tokens_count_no_steps(write, kind):
    data = make_data()
    content = data["train"]
    if kind == "left-padded text":
        content["text"][:, :45] = 0
    elif kind == "left-padded mask":
        content["text_bert"] = content["text_bert"][:, :, ::-1]
    elif kind == "other length":
        content["text_bert"] = content["text_bert"][:, :, :-1]
    else:
        content["text"][0, int(content["text_bert"][0, 1].sum()) - 1 :] = 0
    split = MmsaPickle(write(data)).read("train")
    assert "text" not in split.step_counts
    np.testing.assert_array_equal(split.sequences["text"], content["text"])


def test_broken_features_become_zero_and_are_counted(write):
    data = make_data()
    data["train"]["audio"][0, :2, 0] = -np.inf
    data["train"]["vision"][1, 0, 0] = np.nan
    split = MmsaPickle(write(data)).read("train")
    assert split.repaired == {"text": 0, "audio": 2, "video": 1}
    assert not split.sequences["audio"][0, :2, 0].any()


def test_labels_in_a_column_and_lists_of_numbers(write):
    data = make_data()
    data["train"]["regression_labels"] = data["train"]["regression_labels"][:, None]
    data["train"]["vision"] = data["train"]["vision"][:, :40].tolist()
    data["train"]["vision_lengths"] = np.array(data["train"]["vision_lengths"], float)[:, None]
    split = MmsaPickle(write(data)).read("train")
    assert split.labels.shape == (5, 1) and split.sequences["video"].shape == (5, 40, 4)


@pytest.mark.parametrize(
    "form",
    [
        lambda ids: np.array(ids),
        lambda ids: np.array(ids, object),
        lambda ids: np.array(ids)[:, None],
        lambda ids: np.array([i.encode() for i in ids]),
        lambda ids: [[i] for i in ids],
        lambda ids: [i.encode() for i in ids],
        lambda ids: [np.array([i]) for i in ids],
        lambda ids: [np.str_(i) for i in ids],
        tuple,
    ],
)
def test_ids_in_every_form(write, form):
    data = make_data()
    ids = data["train"]["id"]
    data["train"]["id"] = form(ids)
    read = MmsaPickle(write(data)).read("train").index
    assert read["id"] == ids and all(type(i) is str for i in read["id"])
    assert set(read) == {"id", "video_id", "text", "annotation"}


def test_what_is_optional_may_be_missing(write):
    data = make_data(lengths=False)
    for key in ("raw_text", "id", "annotations", "text_bert", "classification_labels"):
        del data["train"][key]
    split = MmsaPickle(write(data)).read("train")
    assert split.index == {} and split.step_counts == {} and split.modality_labels == {}


def test_ids_of_another_form_give_no_video(write):
    data = make_data()
    data["train"]["id"][0] = "alone"
    data["train"]["annotations"] = list(range(5))
    assert set(MmsaPickle(write(data)).read("train").index) == {"id", "text"}


@pytest.mark.parametrize("alias", ["val", "dev"])
def test_other_names_of_valid(write, alias):
    data = make_data()
    data[alias] = data.pop("valid")
    del data["test"]
    reader = MmsaPickle(write(data))
    assert reader.splits() == ["train", "valid"] and len(reader.read("valid")) == 3
    with pytest.raises(FileNotFoundError, match=r"no split 'test'\. Expected one of: train, valid"):
        reader.read("test")


def test_python_2_pickle(write):
    data = make_data()
    path = write(data, protocol=2)
    content = path.read_bytes().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    for key in ("train", "raw_text", "vision", "regression_labels"):
        new = pickle.BINUNICODE + len(key).to_bytes(4, "little") + key.encode()
        old = pickle.SHORT_BINSTRING + bytes([len(key)]) + key.encode()
        assert new in content
        content = content.replace(new, old)
    word = "word, 0 好".encode()
    content = content.replace(
        b"X" + len(word).to_bytes(4, "little") + word, b"U" + bytes([len(word)]) + word
    )
    path.write_bytes(content)
    split = MmsaPickle(path).read("train")
    assert split.index["text"] == data["train"]["raw_text"]
    np.testing.assert_array_equal(split.labels[:, 0], data["train"]["regression_labels"])


def test_the_file_is_read_once(write, monkeypatch):
    reads = []
    real = pickle_reader.load_pickle
    monkeypatch.setattr(pickle_reader, "load_pickle", lambda path: reads.append(path) or real(path))
    reader = MmsaPickle(write(make_data()))
    first = reader.read("train")
    assert reader.splits() and reader.stream("valid") and reader.files("train") == [reader.path]
    again = reader.read("train")
    assert len(reads) == 1
    assert all(np.array_equal(first.sequences[m], again.sequences[m]) for m in first.sequences)


def test_features_of_another_file(write):
    data, other = make_data(), make_data(shapes=((30, 9), (60, 2), (70, 3)))
    other["train"]["audio_lengths"] = [1, 2, 3, 4, 5]
    for i, features in enumerate(other["train"]["audio"]):
        features[i + 1 :] = 0
    files = {"text": write(other, "t.pkl"), "audio": write({"train": other["train"]}, "a.pkl")}
    reader = MmsaPickle(write(data), files)
    split = reader.read("train")
    assert split.lengths == {"text": 30, "audio": 60, "video": 500}
    assert split.step_counts["audio"].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(
        split.step_counts["text"], other["train"]["text_bert"][:, 1].sum(1)
    )
    assert reader.files("train") == [reader.path, *files.values()]
    assert MmsaPickle(reader.path, {"text": files["text"]}).read("test").lengths["text"] == 30
    with pytest.raises(FileNotFoundError, match=r"a\.pkl must hold the split 'test'"):
        reader.read("test")


def test_lengths_of_replaced_features_are_not_used(write):
    data, other = make_data(), make_data(lengths=False)
    del data["train"]["audio"]
    del other["train"]["id"]
    split = MmsaPickle(write(data), {"audio": write(other, "a.pkl")}).read("train")
    assert set(split.step_counts) == {"text", "video"}


def test_features_of_other_samples_are_refused(write):
    path, other = write(make_data()), make_data()
    other["train"]["id"][3] = "other$_$3"
    reader = MmsaPickle(path, {"video": write(other, "v.pkl")})
    with pytest.raises(
        InvalidData,
        match=r"v\.pkl, split 'train', key 'id', .*'video_train_0001\$_\$0003' in row 3",
    ):
        reader.read("train")
    other["train"]["vision"] = other["train"]["vision"][:4]
    with pytest.raises(InvalidData, match=r"v\.pkl, .*'vision', .*one row .*, 5.*Received: 4 rows"):
        MmsaPickle(path, {"video": write(other, "v.pkl")}).read("train")
    with pytest.raises(FileNotFoundError, match=r"none\.pkl"):
        MmsaPickle(path, {"video": path.with_name("none.pkl")}).read("train")


def test_unknown_modalities_are_refused(write):
    with pytest.raises(ValueError, match=r"Expected: some of text, audio, video\. Rec.*'vision'"):
        MmsaPickle(write(make_data()), {"vision": "x.pkl"})


def test_matches_pickles_alone(tmp_path, write):
    for name in ("a.pkl", "b.PICKLE", "c.p", "no_suffix", "d.data"):
        assert MmsaPickle.matches(write(make_data(), name))
    (tmp_path / "e.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    (tmp_path / "empty").touch()
    (tmp_path / "folder.pkl").mkdir()
    for name in ("e.h5", "empty", "folder.pkl", "missing"):
        assert not MmsaPickle.matches(tmp_path / name)
    assert "pickle" in MmsaPickle.describe()


def test_other_keys_are_no_splits(write):
    data = make_data() | {"config": {"seed": 1}, "version": 2}
    assert MmsaPickle(write(data)).splits() == ["train", "valid", "test"]
