import csv

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from utils.formats.feature_folder import FeatureFolder
from utils.formats.split import MODALITIES
from utils.untrusted.invalid_data import InvalidData

WIDTHS = {"text": 5, "audio": 4, "video": 3}
SPLITS = {"train": "abcde", "valid": "fg", "test": "hij"}
FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def make_sample(seed, dtype="float32"):
    """Return features `(T, D)` of each modality, of different lengths, none of them zero."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.integers(1, 9, size=(rng.integers(1, 7), width)).astype(dtype)
        for name, width in WIDTHS.items()
    }


def write_sample(folder, sample, arrays, arrangement):
    if arrangement == "npz":
        np.savez(folder / f"{sample}.npz", **arrays)
        return
    for name, x in arrays.items():
        file = folder / name / f"{sample}.npy"
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, x)


def write_index(folder, rows, columns=("id", "split", "label", "video_id", "text")):
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])


def write_folder(folder, arrangement="npz", dtype="float32"):
    """Write ten samples and return their features."""
    folder.mkdir()
    samples, rows = {}, []
    for split, ids in SPLITS.items():
        for sample in ids:
            samples[sample] = make_sample(ord(sample), dtype)
            write_sample(folder, sample, samples[sample], arrangement)
            rows.append([sample, split, len(rows) * 0.5 - 2.5, f"{split}1", f"word, {sample}"])
    write_index(folder, rows)
    return samples


@pytest.fixture(params=["npz", "npy"])
def arrangement(request):
    return request.param


@pytest.fixture
def folder(tmp_path):
    """A folder of `.npz` files to spoil."""
    write_folder(tmp_path / "own")
    return tmp_path / "own"


def index_with(folder, row, columns=("id", "split", "label")):
    """Replace the index by two good rows and one of the test's."""
    write_index(folder, [["a", "train", "1"], ["b", "valid", "0"], row], columns)


def test_samples_are_padded_behind_to_the_longest_of_all_splits(tmp_path, arrangement):
    samples = write_folder(tmp_path / "own", arrangement)
    reader = FeatureFolder(tmp_path / "own")
    assert FeatureFolder.matches(tmp_path / "own") and reader.splits() == list(SPLITS)
    lengths = {m: max(len(x[m]) for x in samples.values()) for m in MODALITIES}
    for split, ids in SPLITS.items():
        loaded = reader.read(split)
        assert (loaded.widths, loaded.lengths, loaded.in_memory) == (WIDTHS, lengths, True)
        assert reader.size(split) == sum(x.nbytes for x in loaded.sequences.values())
        for modality, x in loaded.sequences.items():
            assert x.dtype == np.float32
            counts = loaded.step_counts[modality]
            assert counts.tolist() == [len(samples[i][modality]) for i in ids]
            for row, sample in enumerate(ids):
                np.testing.assert_array_equal(x[row, : counts[row]], samples[sample][modality])
                assert not x[row, counts[row] :].any()


def test_labels_and_further_columns_follow_the_index(folder):
    loaded = FeatureFolder(folder).read("valid")
    assert loaded.labels.tolist() == [[0.0], [0.5]] and loaded.labels.dtype == np.float32
    assert loaded.index == {
        "id": ["f", "g"],
        "video_id": ["valid1", "valid1"],
        "text": ["word, f", "word, g"],
    }
    assert loaded.ids == ["f", "g"] and loaded.source == folder and len(loaded) == 2


def test_rows_of_a_split_need_not_stand_together(folder):
    write_index(
        folder, [["a", "test", 1], ["b", "train", 2], ["c", "test", 3]], ("id", "split", "label")
    )
    reader = FeatureFolder(folder)
    assert reader.splits() == ["train", "test"]
    assert reader.read("test").ids == ["a", "c"]
    assert reader.read("test").labels.tolist() == [[1], [3]]


@FUZZ
@given(st.lists(st.integers(0, 4), max_size=12))
def test_streamed_rows_equal_those_in_memory_in_any_order(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("data") / "own"
    write_folder(folder, "npy" if len(rows) % 2 else "npz")
    loaded, streamed = FeatureFolder(folder).read("train"), FeatureFolder(folder).stream("train")
    assert not streamed.in_memory and streamed.lengths == loaded.lengths
    rows = np.array(rows, int)
    expected, received = loaded.take(rows), streamed.take(rows)
    for modality in MODALITIES:
        np.testing.assert_array_equal(received.sequences[modality], expected.sequences[modality])
        np.testing.assert_array_equal(
            received.step_counts[modality], expected.step_counts[modality]
        )
    assert received.index == expected.index


@pytest.mark.parametrize("dtype", ["float64", "float16", ">f4", "int64", "uint8", "bool"])
def test_any_type_of_number_is_read(tmp_path, arrangement, dtype):
    samples = write_folder(tmp_path / "own", arrangement, dtype)
    x = FeatureFolder(tmp_path / "own").read("test").sequences["audio"]
    np.testing.assert_array_equal(x[0, : len(samples["h"]["audio"])], samples["h"]["audio"])


def test_nan_infinite_and_too_large_values_become_zero_and_are_counted(folder):
    sample = make_sample(1, "float64")
    sample["audio"] = np.array([[np.nan, 1, np.inf, 2], [-np.inf, 1e300, 3, 4]])
    write_sample(folder, "b", sample, "npz")
    loaded, streamed = FeatureFolder(folder).read("train"), FeatureFolder(folder).stream("train")
    assert loaded.repaired == {"text": 0, "audio": 4, "video": 0}
    assert loaded.sequences["audio"][1, :2].tolist() == [[0, 1, 0, 2], [0, 0, 3, 4]]
    assert streamed.repaired == dict.fromkeys(MODALITIES, 0)
    assert np.isfinite(streamed.sequences["audio"][np.arange(5)]).all()
    assert streamed.sequences["audio"].repaired == 4


@pytest.mark.parametrize("empty", [False, True])
def test_an_absent_modality_is_zeros_without_steps(tmp_path, arrangement, empty):
    write_folder(tmp_path / "own", arrangement)
    sample = make_sample(1)
    if empty:
        sample["video"] = np.zeros((0, WIDTHS["video"]))
    else:
        del sample["video"]
    (tmp_path / "own" / "video" / "c.npy").unlink(missing_ok=True)
    write_sample(tmp_path / "own", "c", sample, arrangement)
    loaded = FeatureFolder(tmp_path / "own").read("train")
    assert not loaded.sequences["video"][2].any() and loaded.sequences["text"][2].any()
    assert loaded.step_counts["video"][2] == 0 and (loaded.step_counts["video"][:2] > 0).all()


def test_texts_may_stand_alone_where_no_features_are_demanded(tmp_path):
    columns = ("id", "split", "label", "text")
    write_index(tmp_path, [["a", "train", 1, "well"], ["b", "valid", -2, "no"]], columns)
    for options in ({"modalities": None}, {"modalities": ["text"], "optional": True}):
        split = FeatureFolder(tmp_path, **options).read("valid")
        assert not split.sequences and split.index == {"id": ["b"], "text": ["no"]}
        assert split.labels.tolist() == [[-2]]
    with pytest.raises(InvalidData, match="or read the texts by --text-encoder"):
        FeatureFolder(tmp_path, modalities=["text"]).read("valid")


def test_the_arrangement_may_differ_from_sample_to_sample(folder):
    (folder / "a.npz").unlink()
    sample = make_sample(1)
    write_sample(folder, "a", sample, "npy")
    loaded = FeatureFolder(folder).read("train")
    np.testing.assert_array_equal(
        loaded.take([0]).sequences["text"][0, : len(sample["text"])], sample["text"]
    )


@pytest.mark.parametrize("alias", ["dev", "val", "valid"])
def test_other_names_of_the_validation_split_are_known(folder, alias):
    index_with(folder, ["c", alias, "0"])
    reader = FeatureFolder(folder)
    assert reader.splits() == ["train", "valid"] and reader.read("valid").ids == ["b", "c"]


def test_ids_may_lie_in_subfolders_and_hold_any_letters(folder, arrangement):
    for sample in ("video1/clip 3", "видео-4_ü"):
        for name in ("", *MODALITIES):
            (folder / name / sample).parent.mkdir(parents=True, exist_ok=True)
        write_sample(folder, sample, make_sample(1), arrangement)
        index_with(folder, [sample, "test", "0"])
        assert FeatureFolder(folder).read("test").ids == [sample]


def test_a_byte_order_mark_before_the_index_does_not_matter(folder):
    index = folder / "index.csv"
    index.write_bytes(b"\xef\xbb\xbf" + index.read_bytes())
    assert FeatureFolder(folder).splits() == list(SPLITS)


def test_files_are_the_index_and_those_of_the_split(folder, tmp_path):
    names = [file.name for file in FeatureFolder(folder).files("valid")]
    assert names == ["index.csv", "f.npz", "g.npz"]
    write_folder(tmp_path / "npy", "npy")
    files = FeatureFolder(tmp_path / "npy").files("valid")
    expected = ["index.csv", *(f"{m}/{i}.npy" for i in "fg" for m in MODALITIES)]
    assert [str(file.relative_to(tmp_path / "npy")) for file in files] == expected


def test_a_folder_that_is_a_link_itself_is_read(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    (folder / "a.npz").rename(folder / "real.npz")
    (folder / "a.npz").symlink_to("real.npz")
    assert len(FeatureFolder(tmp_path / "link").read("train")) == 5
