import numpy as np
import pytest

from tests.utils.formats.mmsa_data import write_pickle
from tests.utils.formats.pickle_data import SIZES, WORDS, make_misa
from tests.utils.untrusted.torch_files import (
    matrix_of,
    vocabulary,
    write_archive,
    write_stream,
)
from utils.formats import InvalidData, open_data
from utils.formats.misa_pickle import MisaPickle
from utils.measures.inference import TargetRequest


@pytest.fixture
def write(tmp_path):
    return lambda content, protocol=4: write_pickle(tmp_path / "data.pkl", content, protocol)


def check_sequence(x, expected, length):
    """The sequences stand at the left, and zeros behind them up to the length."""
    assert x.shape == (len(expected), length, expected[0].shape[1])
    for row, values in zip(x, expected, strict=True):
        np.testing.assert_array_equal(row[: len(values)], values.astype("f4"))
        assert not row[len(values) :].any()


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("words", ["all", "ids", "texts"])
def test_sequences_are_padded_to_the_longest_of_all_splits(write, words, protocol):
    data = make_misa(words)
    reader = open_data(write(data, protocol))
    assert type(reader) is MisaPickle and reader.splits() == list(SIZES)
    for split, key in (("train", "train"), ("valid", "dev"), ("test", "test")):
        read, samples = reader.read(split), data[key]
        length = SIZES["train"] + 1
        check_sequence(read.sequences["video"], [s[0][1] for s in samples], length)
        check_sequence(read.sequences["audio"], [s[0][2] for s in samples], length)
        ids = [[WORDS.index(w) if words == "texts" else w for w in s[0][0]] for s in samples]
        vectors = [data["pretrained_emb"][one] for one in ids]
        check_sequence(read.sequences["text"], vectors, length)
        assert all((c == [len(one) for one in ids]).all() for c in read.step_counts.values())
        np.testing.assert_array_equal(read.labels[:, 0], [s[1][0, 0] for s in samples])
        assert read.ids == [f"{split}{i // 2}[{i}]" for i in range(len(samples))]
        assert read.index["video_id"] == [f"{split}{i // 2}" for i in range(len(samples))]
        texts = [" ".join(WORDS[i] for i in one) for one in ids]
        assert read.index["text"] == read.index["step_words"] == texts


@pytest.mark.parametrize("words", ["all", "texts"])
def test_words_without_vectors_are_a_column(write, words):
    path = write(make_misa(words, vectors=False))
    reader = open_data(path, modalities=None)
    assert reader.modalities == ["audio", "video"]
    split = reader.read("train")
    assert (
        split.index["text"][0].split() == split.index["step_words"][0].split() and not split.notes
    )
    with pytest.raises(InvalidData, match=r"'train', must have vectors .*--modalities audio video"):
        open_data(path).read("train")


def test_ids_without_words_are_left_out(write):
    split = open_data(write(make_misa("ids", vectors=False)), modalities=None).read("train")
    assert set(split.index) == {"id", "video_id"}
    assert "without 'word2id' and 'pretrained_emb', and were left out" in split.notes[0]


def test_words_may_be_vectors(write):
    data = make_misa("ids")
    for key in ("train", "dev", "test"):
        data[key] = [
            ((data["pretrained_emb"][ids], *rest), label, segment)
            for (ids, *rest), label, segment in data[key]
        ]
    del data["word2id"], data["pretrained_emb"]
    expected = [sample[0][0] for sample in data["train"]]
    check_sequence(open_data(write(data)).read("train").sequences["text"], expected, 7)


def test_a_file_for_each_split(tmp_path):
    data = make_misa()
    for key, content in data.items():
        write_pickle(tmp_path / f"{key}.pkl", content)
    (tmp_path / "embedding_and_mapping.pt").write_bytes(b"PK")
    reader = open_data(tmp_path)
    assert reader.splits() == list(SIZES) and reader.read("valid").widths["text"] == 3
    names = [path.name for path in reader.files("valid")]
    assert names == ["dev.pkl", "pretrained_emb.pkl", "word2id.pkl"]
    write_pickle(tmp_path / "dev.pkl", [1])
    with pytest.raises(InvalidData, match=r"dev\.pkl, split 'valid', row 0, must be a sample"):
        reader = open_data(tmp_path)
        assert len(reader.read("train")) == 6
        reader.read("valid")


@pytest.mark.parametrize("write_torch", [write_archive, write_stream])
def test_vectors_and_ids_may_be_in_the_file_of_misa(tmp_path, write_torch):
    data = make_misa("ids")
    matrix, path = data.pop("pretrained_emb"), tmp_path / "embedding_and_mapping.pt"
    ids = data.pop("word2id")
    for key, content in data.items():
        write_pickle(tmp_path / f"{key}.pkl", content)
    write_torch(path, matrix_of(matrix) + vocabulary(ids) + b"\x86", {"0": matrix.tobytes()})
    reader = open_data(tmp_path)
    expected = [matrix[sample[0][0]] for sample in data["train"]]
    split = reader.read("train")
    check_sequence(split.sequences["text"], expected, 7)
    assert split.index["text"][0] == " ".join(WORDS[i] for i in data["train"][0][0][0])
    assert [one.name for one in reader.files("valid")] == ["dev.pkl", path.name]
    write_torch(path, matrix_of(matrix), {"0": matrix.tobytes()})
    with pytest.raises(InvalidData, match=r"mapping\.pt must hold a tuple.*Received: a ndarray\."):
        open_data(tmp_path).read("train")


def test_sequences_of_mmim(write):
    data = make_misa(vectors=False)
    visual, acoustic = np.ones((4, 2)), np.ones((9, 3))
    data["train"] = [
        (([], visual, acoustic, ["it", "was"], np.int64(4), np.int64(9)), np.ones(1, "f4"), "a_1")
    ]
    split = open_data(write(data), modalities=["audio", "video"]).read("train")
    assert split.index == {"id": ["a_1"], "text": ["it was"]}
    assert split.step_counts["audio"].tolist() == [9] and split.lengths == {"audio": 9, "video": 4}


def test_a_sample_may_lack_steps_and_a_segment(write):
    data = make_misa()
    (_, _, acoustic, _), label, _ = data["train"][1]
    data["train"][1] = ((np.zeros(0), np.zeros(0), acoustic * np.inf, []), label)
    split = open_data(write(data)).read("train")
    assert split.ids[1] == "row 1" and "the segments, column id: 1 of 6 ids" in split.notes[0]
    assert not split.sequences["video"][1].any() and split.step_counts["text"][1] == 0
    assert split.repaired["audio"] == acoustic.size


def test_the_first_of_seven_columns_is_the_score(write):
    data = make_misa()
    scores = np.linspace(-2, 2, 6, dtype="f4")
    for i, (parts, _, segment) in enumerate(data["train"]):
        data["train"][i] = (parts, np.array([[scores[i], *range(6)]]), segment)
    path = write(data)
    np.testing.assert_allclose(open_data(path).read("train").labels[:, 0], scores)
    several = open_data(path, target=TargetRequest("scores", 0, 7), clip_labels=True)
    assert several.read("train").labels.shape == (6, 7)


@pytest.mark.parametrize(
    "labels", [[0, 1] * 3, ["no", "yes"] * 3, [np.float32(0), np.ones((1, 1))] * 3]
)
def test_labels_may_be_classes(write, labels):
    data = make_misa()
    data["train"] = [(s[0], y, s[2]) for s, y in zip(data["train"], labels, strict=True)]
    split = open_data(write(data), target=TargetRequest("class")).read("train")
    assert split.labels.argmax(axis=1).tolist() == [0, 1] * 3


X = np.ones((2, 4))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (5, "must be a sample .*Received: a int"),
        ((1, 2, 3), "must be a sample .*Received: a tuple of 3: int, int, int"),
        (((1, 2), 3, 4), "must be a sample"),
        (
            ((np.array([2, 9]), X, X[:, :2]), 1.0, "a"),
            "words, must number rows .*Received: 9 at st",
        ),
        (((["it", 3], X, X[:, :2]), 1.0, "a"), "words, must hold numbers"),
        (((np.ones((1, 2, 3)), X, X[:, :2]), 1.0, "a"), "words, must be word ids.*shape"),
        (((np.array([2.5, 3]), X, X[:, :2]), 1.0, "a"), "words, must be word ids.*float64"),
        (((np.array([2, 3]), X[0], X[:, :2]), 1.0, "a"), r"visual, must be features.*shape \(4,\)"),
        (((np.array([2, 3]), X, X), 1.0, "a"), "audio, must have 2 features.*Received: 4"),
        (((np.array([2, 3]), "x", X), 1.0, "a"), "visual, must hold numbers"),
        (((np.array([2, 3]), X, X[:, :2]), None, "a"), "label, must hold numbers"),
        (((np.array([2, 3]), X, X[:, :2]), [1.0, 2.0], "a"), "label, must have as many numbers"),
        (((np.array([2, 3]), X, X[:, :2]), 7.0, "a"), r"scores in \[-3, 3\].*row 1: 7"),
    ],
)
def test_faults_name_the_row(write, row, said):
    data = make_misa()
    data["train"][1] = row
    with pytest.raises(InvalidData, match=said) as error:
        open_data(write(data)).read("train")
    assert "data.pkl, split 'train', " in str(error.value) and "row 1" in str(error.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("pretrained_emb", np.ones(3), r"'pretrained_emb', must be an embedding matrix.*\(3,\)"),
        ("pretrained_emb", "x", "'pretrained_emb', must hold numbers"),
        ("word2id", {"it": "x"}, "'word2id', must be a dict .* numbers. Received: a str for 'it'"),
        (
            "word2id",
            {"it": 2},
            r"train', row \d, words, must be in 'word2id'.*Received: '(was|good|not)'",
        ),
        ("train", [], "split 'train', must not be empty"),
        ("train", {}, "split 'train', must be a list.*Received: dict"),
    ],
)
def test_faults_of_the_whole(write, key, value, said):
    data = make_misa("texts")
    data[key] = value
    with pytest.raises(InvalidData, match=said):
        MisaPickle(write(data)).read("train")


def test_samples_that_share_their_parts_are_read_once(write):
    words = ["word"] * 3_000
    rows = [((words, X, X), 1.0, "a")] * 3_000
    reader = open_data(write({"train": rows}), modalities=["audio", "video"])
    split = reader.read("train")
    assert len(split) == 3_000 and split.index["text"][0] is split.index["text"][-1]
