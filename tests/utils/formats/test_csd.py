import json

import h5py
import numpy as np
import pytest

from tests.utils.formats.csd_files import (
    FILES,
    SEGMENTS,
    WORD_TIMES,
    frames,
    sequences_of,
    spoil,
    write_sequence,
    write_sequences,
)
from utils.formats.csd import ComputationalSequences
from utils.texts import TextSteps, TextTokenizer
from utils.untrusted.invalid_data import InvalidData


@pytest.fixture
def folder(tmp_path):
    return write_sequences(tmp_path / "csd")


def read(folder, split="train", **options):
    return ComputationalSequences(folder, **options).read(split)


def refuses(folder, *fragments, split="train", error=InvalidData):
    """Reading must fail with a message that holds the fragments."""
    with pytest.raises(error) as caught:
        read(folder, split)
    message = str(caught.value)
    for fragment in ("Received: ", *fragments):
        assert fragment in message
    return message


def test_matches_folders_with_sequences(folder, tmp_path):
    assert ComputationalSequences.matches(folder)
    (tmp_path / "upper").mkdir()
    (tmp_path / "upper" / "X.CSD").touch()
    assert ComputationalSequences.matches(tmp_path / "upper")
    assert not ComputationalSequences.matches(tmp_path)
    assert not ComputationalSequences.matches(folder / "folds.json")


def test_shapes_index_and_labels(folder):
    split = read(folder)
    assert split.widths == {"text": 3, "audio": 2, "video": 4}
    assert split.lengths == {"text": 6, "audio": 6, "video": 6}
    assert {x.dtype for x in split.sequences.values()} == {np.dtype("float32")}
    assert split.labels.tolist() == [[1.5], [-2.0]] * 2
    assert split.labels.dtype == np.float32
    assert split.repaired == {"text": 0, "audio": 0, "video": 0}
    assert split.index == {
        "id": ["a[0]", "a[1]", "b[0]", "b[1]"],
        "video_id": ["a", "a", "b", "b"],
        "start": ["0.000", "1.250"] * 2,
        "end": ["1.500", "4.000"] * 2,
        "text": ["it was", "was good çok iyi"] * 2,
        "step_words": ["sp it was", "was sp good çok iyi sp"] * 2,
    }
    for counts in split.step_counts.values():
        assert counts.tolist() == [3, 6, 3, 6]


def test_a_step_is_a_word_with_the_averages_over_it(folder):
    x = read(folder).sequences
    source = sequences_of(ord("b"))
    text, audio, video = (source[name][0] for name in ("text", "audio", "video"))
    np.testing.assert_array_equal(x["text"][3], text[2:])
    np.testing.assert_array_equal(x["text"][2, :3], text[:3])
    assert not any(features[2, 3:].any() for features in x.values())
    for step, word in enumerate(range(2, 8)):
        np.testing.assert_allclose(
            x["audio"][3, step], audio[5 * word : 5 * word + 5].mean(0), rtol=1e-5
        )
        np.testing.assert_allclose(
            x["video"][3, step], video[2 * word : 2 * word + 2].mean(0), rtol=1e-5
        )


def test_splits_files_and_size(folder):
    reader = ComputationalSequences(folder)
    assert reader.splits() == ["train", "valid", "test"]
    assert {path.name for path in reader.files("train")} == {
        *(name for name, _ in FILES.values()),
        "folds.json",
    }
    assert reader.read("test").index["video_id"] == ["d", "d"]
    assert reader.size("train") == 4 * sum(x.size for x in read(folder).sequences.values())
    with pytest.raises(FileNotFoundError, match=r"no split 'dev'.*Received: 'dev'"):
        reader.read("dev")


def test_length_is_that_of_the_longest_sample_of_all_splits(folder):
    for video in "ab":
        spoil(folder, "labels", "intervals", [[0, 1], [1, 2], [3, 4]], video)
    split = read(folder)
    assert len(split) == 6
    assert split.lengths["audio"] == 6 and max(split.step_counts["audio"]) == 2


def test_seq_len_cuts_and_pads(folder):
    whole, cut, padded = read(folder), read(folder, seq_len=4), read(folder, seq_len=9)
    for name, x in whole.sequences.items():
        np.testing.assert_array_equal(cut.sequences[name], x[:, :4])
        np.testing.assert_array_equal(padded.sequences[name][:, :6], x)
        assert padded.sequences[name].shape[1] == 9
    assert cut.step_counts["text"].tolist() == [3, 4, 3, 4]
    with pytest.raises(ValueError, match=r"at least 1.*Received: 0"):
        ComputationalSequences(folder, seq_len=0)


def test_rows_in_any_order(folder):
    expected = read(folder)
    source = sequences_of(ord("a"))
    for role in ("text", "words", "audio", "video"):
        order = np.random.default_rng(3).permutation(len(source[role][0]))
        for key, values in zip(("features", "intervals"), source[role], strict=True):
            spoil(folder, role, key, values[order])
    split = read(folder)
    assert split.index == expected.index
    for name, x in split.sequences.items():
        np.testing.assert_allclose(x, expected.sequences[name], rtol=1e-5)


def test_words_are_optional_and_may_be_text_of_any_length(folder):
    words = [[word.decode()] for [word] in sequences_of(0)["words"][0].tolist()]
    spoil(folder, "words", "features", np.array(words, h5py.string_dtype()))
    assert read(folder).index["text"][1] == "was good çok iyi"
    # The second segment has its cut at half a second of "was".
    assert read(folder).index["step_words"][:2] == ["sp it was", "was sp good çok iyi sp"]
    (folder / FILES["words"][0]).unlink()
    assert "text" not in read(folder).index


@pytest.mark.parametrize("role", ["audio", "video", "words"])
def test_a_video_that_a_file_lacks_is_absent_there(folder, role):
    write_sequence(folder, role, {v: sequences_of(ord(v))[role] for v in "bcd"})
    split = read(folder)
    if role == "words":
        assert split.index["text"] == ["", "", "it was", "was good çok iyi"]
    else:
        assert not split.sequences[role][:2].any() and split.sequences[role][2:].any()
        assert split.step_counts[role].tolist() == [3, 6, 3, 6]


def test_features_that_are_not_finite_become_zero_and_are_counted(folder):
    features = np.ones((40, 2))
    features[:5] = [np.nan, -np.inf]
    features[5] = [1, 1e300]
    spoil(folder, "audio", "features", features)
    split = read(folder)
    assert split.repaired == {"text": 0, "audio": 11, "video": 0}
    np.testing.assert_allclose(split.sequences["audio"][0, :2], [[0, 0], [1, 0.8]], rtol=1e-6)


def test_no_videos_of_a_fold_are_there(folder):
    (folder / "folds.json").write_text(json.dumps({"train": ["a"], "test": ["x", "y"]}))
    assert len(read(folder)) == 2
    refuses(folder, "folds.json, 'test'", "['x', 'y']", "Demo_Labels.csd", split="test")
    with pytest.raises(InvalidData, match="'test'"):
        ComputationalSequences(folder).size("test")


def test_no_segment_has_words(folder):
    spoil(folder, "text", "intervals", WORD_TIMES + 100, "c")
    refuses(folder, "'valid'", "must name videos that have words", split="valid")


def test_an_empty_split_is_not_there(folder):
    (folder / "folds.json").write_text(json.dumps({"train": ["a"], "valid": []}))
    assert ComputationalSequences(folder).splits() == ["train"]
    with pytest.raises(FileNotFoundError, match="no split 'valid'"):
        read(folder, "valid")


def test_a_video_without_segments_gives_no_samples(folder):
    spoil(folder, "labels", "features", np.zeros((0, 7)))
    spoil(folder, "labels", "intervals", np.zeros((0, 2)))
    assert read(folder).index["video_id"] == ["b", "b"]


@pytest.mark.parametrize("score, reason", [(np.nan, "finite labels"), (3.5, "in [-3, 3]")])
def test_labels_are_checked(folder, score, reason):
    spoil(folder, "labels", "features", np.array([[-2.5], [score], [1.5]]) + np.zeros(7))
    refuses(folder, "Demo_Labels.csd, column 0 of split 'train',", reason, "(id 'a[1]')")


@pytest.mark.parametrize(
    "role, key, value, reason",
    [
        ("audio", "features", np.ones((39, 2)), "as many features as intervals"),
        ("text", "features", np.ones(8), "shape (n, D)"),
        ("text", "features", np.ones((8, 0)), "shape (n, D)"),
        ("text", "features", h5py.Empty("f4"), "shape (n, D)"),
        ("audio", "features", np.full((40, 2), b"x"), "must hold numbers"),
        ("audio", "features", np.ones((40, 3)), "3 in 'a', 2 in 'd'"),
        ("text", "intervals", WORD_TIMES[:, :1], "shape (n, 2)"),
        ("text", "intervals", WORD_TIMES[:, ::-1], "start before the end"),
        ("text", "intervals", WORD_TIMES * np.nan, "finite seconds"),
        ("labels", "intervals", SEGMENTS * 1e300, "finite seconds"),
        ("words", "features", np.ones((8, 1)), "fixed-length bytes"),
        ("words", "features", np.full((8, 1), b"caf\xe9"), "UTF-8"),
        ("words", "features", np.full((8, 2), b"a"), "shape (n, 1)"),
    ],
)
def test_broken_content_is_refused(folder, role, key, value, reason):
    spoil(folder, role, key, value)
    refuses(folder, FILES[role][0], "'a'", reason)


def test_times_in_another_unit_are_noticed(folder):
    for video in "ab":
        spoil(folder, "video", "intervals", frames(4) * 1000 + 1e5, video)
    refuses(folder, FILES["video"][0], "in seconds?")


def test_a_modality_without_the_videos(folder):
    write_sequence(folder, "audio", {"other": sequences_of(1)["audio"]})
    refuses(folder, FILES["audio"][0], "none of these videos")


@pytest.mark.parametrize("role", FILES)
@pytest.mark.parametrize("length", [0, 100, 3000])
def test_damaged_files_are_refused(folder, role, length):
    path = folder / FILES[role][0]
    path.write_bytes(path.read_bytes()[:length])
    refuses(folder, str(path), "Copy or download the file again")


def test_structure_of_the_file(folder):
    path = folder / FILES["audio"][0]
    with h5py.File(path, "w") as file:
        file["d1"] = np.ones(3)
    refuses(folder, "must hold a group 'd1'")
    with h5py.File(path, "r+") as file:
        file["d2"] = np.ones(3)
    refuses(folder, "one root group", "'d1', 'd2'")
    with h5py.File(path, "w") as file:
        file.create_group("COVAREP/metadata")
    refuses(folder, "'COVAREP' must hold 'data'")
    with h5py.File(path, "w") as file:
        file.create_group("COVAREP/data/a")
    refuses(folder, "video 'a' must hold 'features'")


def test_links_and_values_in_other_files_are_refused(folder, tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["features"] = np.ones((40, 2))
    (tmp_path / "secret.bin").write_bytes(bytes(40 * 2 * 8))
    path, root = folder / FILES["audio"][0], FILES["audio"][1]
    links = [h5py.ExternalLink(str(tmp_path / "secret.h5"), "features"), h5py.SoftLink("/")]
    for link in links:
        spoil(folder, "audio", "features", link)
        refuses(folder, "'features', must be stored in this file itself")
    with h5py.File(path, "r+") as file:
        group = file[root]["data"]["a"]
        del group["features"]
        external = [(str(tmp_path / "secret.bin"), 0, 640)]
        group.create_dataset("features", (40, 2), "float64", external=external)
    refuses(folder, "external or virtual storage")
    with h5py.File(path, "r+") as file:
        del file[root]["data"]["a"]
        file[root]["data"]["a"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/")
    refuses(folder, "'a', must be stored in this file itself")


@pytest.mark.parametrize(
    "role, dtype", [("words", "S32"), ("audio", "float32"), ("text", "float64")]
)
def test_declared_sizes_are_checked_before_reading(folder, role, dtype):
    name, root = FILES[role]
    width = {"words": 1, "audio": 2, "text": 3}[role]
    with h5py.File(folder / name, "r+") as file:
        group = file[root]["data"]["a"]
        del group["features"], group["intervals"]
        for key, columns, kind in (("features", width, dtype), ("intervals", 2, "float64")):
            group.create_dataset(key, (10**12, columns), kind, chunks=(1000, columns))
    refuses(folder, name, "'a'", "available memory")


def test_padded_arrays_that_the_memory_cannot_hold(folder):
    with pytest.raises(InvalidData, match=r"train, declares .* available memory"):
        read(folder, seq_len=10**12)


def test_words_are_the_steps_of_a_text_encoder(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("MSA_CACHE", str(tmp_path / "cache"))
    vocabulary = "[PAD] [UNK] [CLS] [SEP] it was good".split()
    split = read(folder)
    steps = TextSteps.fit(split, TextTokenizer.from_vocabulary(vocabulary), "word")
    x = steps.encode(split).sequences["text"][np.arange(4)][..., 0]
    # Unknown words have the token 1; pauses have none. Each number is one larger.
    assert x[0].tolist() == [0, 5, 6, 0, 0, 0]
    assert x[1].tolist() == [6, 0, 7, 2, 2, 0]
