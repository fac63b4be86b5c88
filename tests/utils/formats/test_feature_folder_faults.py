"""What `FeatureFolder` refuses, and how it says so."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.utils.formats.test_bad_paths import shared_folder, unprivileged
from tests.utils.formats.test_feature_folder import (
    FUZZ,
    SPLITS,
    index_with,
    make_sample,
    write_folder,
    write_index,
    write_sample,
)
from utils.formats.feature_folder import FeatureFolder
from utils.formats.split import MODALITIES
from utils.untrusted.invalid_data import InvalidData


@pytest.fixture
def folder(tmp_path):
    """A folder of `.npz` files to spoil."""
    write_folder(tmp_path / "own")
    return tmp_path / "own"


@pytest.fixture
def npy_folder(tmp_path):
    """A folder of `.npy` files to spoil."""
    write_folder(tmp_path / "own", "npy")
    return tmp_path / "own"


def refused(folder, *parts, split="train", error: type[Exception] = InvalidData):
    """Check that `read` and `stream` fail alike, naming the folder and `parts`."""
    messages = []
    for method in ("read", "stream"):
        with pytest.raises(error) as caught:
            loaded = getattr(FeatureFolder(folder), method)(split)
            loaded.take(np.arange(len(loaded)))
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    for part in (str(folder), "Received: ", *parts):
        assert part in messages[0]


def test_a_folder_without_an_index_does_not_match(folder):
    (folder / "index.csv").unlink()
    assert not FeatureFolder.matches(folder)
    assert not FeatureFolder.matches(folder / "a.npz")
    with pytest.raises(FileNotFoundError, match=r"Missing file .*index\.csv\. Expected: a CSV"):
        FeatureFolder(folder).splits()


@pytest.mark.parametrize("split", ["valid", "other"])
def test_a_split_that_is_not_there_is_refused(folder, split):
    write_index(folder, [["a", "train", 1], ["b", "test", 2]], ("id", "split", "label"))
    refused(folder, f"no split {split!r}", "train, test", split=split, error=FileNotFoundError)
    for method in (FeatureFolder(folder).files, FeatureFolder(folder).size):
        with pytest.raises(FileNotFoundError, match="has no split"):
            method(split)


@pytest.mark.parametrize(
    ("row", "parts"),
    [
        (["c", "training", "0"], ["column split, row 2 (id 'c')", "test, dev, val", "'training'"]),
        (["c", "", "0"], ["column split, row 2 (id 'c')", "Received: ''"]),
        (["c", "test", "good"], ["label of split 'test'", "Received: 'good' in row 0 (id 'c')"]),
        (["c", "test", ""], ["none in 1 of 1 rows, the first is row 0 (id 'c')"]),
        (["c", "test", "nan"], ["none in 1 of 1 rows, the first is row 0 (id 'c')"]),
        (["c", "test", "-inf"], ["NaN or infinite, the first in row 0 (id 'c')"]),
        (["c", "test", "3.5"], ["[-3, 3]", "the first in row 0 (id 'c'): 3.5"]),
        (["a", "test", "0"], ["column id", "'a' in the rows 0 and 2"]),
        (["c", "test"], ["line 4", "must have 3 values. Received: 2"]),
    ],
)
def test_a_wrong_row_of_the_index_is_named(folder, row, parts):
    index_with(folder, row)
    refused(folder, "index.csv", *parts, split="train" if row[1] != "test" else "test")


@pytest.mark.parametrize("column", ["id", "split", "label"])
def test_a_missing_column_is_named(folder, column):
    columns = [name if name != column else "other" for name in ("id", "split", "label")]
    index_with(folder, ["c", "test", "0"], columns)
    refused(folder, "index.csv", "must have the columns id, split, label", f"Add {column}.")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "an empty file"),
        (b"id,split,label\n", "no rows"),
        (b"id,id,label\n", "different column names"),
        ("id,split,label\nä,train,0\n".encode("latin-1"), "must be UTF-8"),
        ("id,split,label\na,train,0\n".encode("utf-16"), "must be UTF-8"),
        (b'id,split,label\n"a,train,0\n', "must be a CSV table"),
        (b"id,split,label\n" + b"a" * 200_000 + b",train,0\n", "at most 1000 letters"),
    ],
)
def test_an_index_that_is_no_table_is_refused(folder, content, part):
    (folder / "index.csv").write_bytes(content)
    refused(folder, "index.csv", part)


@pytest.mark.parametrize(
    "sample",
    [
        *("", ".", "..", "../a", "sub/../a", "sub/../../a", "/etc/a", "./a", "sub//a", "a/"),
        *("..\\a", "a\n", "a\0", "\x1b[31m", "a\u202e"),
    ],
)
def test_ids_that_could_lead_elsewhere_are_refused(folder, sample, tmp_path, monkeypatch):
    write_sample(tmp_path, "a", make_sample(1), "npz")
    index_with(folder, [sample, "test", "0"])
    monkeypatch.setattr("utils.formats.feature_folder.find_npz", None)
    refused(folder, "index.csv, column id, row 2,", "not absolute, without '..'", repr(sample))


def test_a_sample_without_any_file_is_named(npy_folder):
    for modality in MODALITIES:
        (npy_folder / modality / "h.npy").unlink()
    refused(
        npy_folder,
        "the sample 'h', which has no file",
        "h.npz",
        "audio/h.npy",
        error=FileNotFoundError,
    )


def test_an_id_too_long_for_a_file_has_no_file(folder):
    index_with(folder, ["c" * 300, "test", "0"])
    refused(folder, "which has no file", error=FileNotFoundError)


def test_a_sample_in_both_arrangements_is_refused(folder):
    write_sample(folder, "b", {"text": make_sample(1)["text"]}, "npy")
    refused(folder, "'b' once. Received: b.npz and text/b.npy.")


def test_a_modality_that_no_sample_has_is_refused(folder):
    for sample in "".join(SPLITS.values()):
        arrays = make_sample(1)
        write_sample(folder, sample, arrays | {"video": arrays["video"][:0]}, "npz")
    refused(folder, "video features of at least one sample", "none in 10 samples")


@pytest.mark.parametrize("shape", [(5,), (2, 3, 5), (4, 0), ()])
def test_a_wrong_rank_is_refused(folder, shape):
    write_sample(folder, "b", make_sample(1) | {"text": np.zeros(shape)}, "npz")
    refused(folder, "b.npz, array 'text' must be features of shape (T, D)", f"shape {shape}")


def test_widths_that_differ_are_refused_across_splits(npy_folder):
    np.save(npy_folder / "audio" / "g.npy", np.ones((2, 7)))
    refused(npy_folder, "audio/g.npy must have 4 features, as ", "a.npy has. Received: 7.")


def test_features_larger_than_the_memory_are_refused(folder, monkeypatch):
    size = FeatureFolder(folder).size("train")
    monkeypatch.setattr("utils.untrusted.invalid_data.available_memory", lambda: size - 1)
    with pytest.raises(InvalidData, match=r"own, split 'train', declares"):
        FeatureFolder(folder).read("train")
    assert len(FeatureFolder(folder).stream("train").take([4, 0])) == 2


def test_one_sample_larger_than_the_memory_is_refused(folder, monkeypatch):
    monkeypatch.setattr("utils.untrusted.invalid_data.available_memory", lambda: 10**6)
    sample = make_sample(1) | {"text": np.zeros((60_000, 5), "uint8")}
    np.savez_compressed(folder / "b.npz", allow_pickle=False, **sample)
    refused(folder, "b.npz, array 'text' declares 0.00 GB of data")


def test_a_damaged_file_of_any_split_is_named(npy_folder):
    file = npy_folder / "video" / "j.npy"
    file.write_bytes(file.read_bytes()[:-1])
    refused(npy_folder, "video/j.npy must hold as many values as its header declares")
    file.write_bytes(b"")
    refused(npy_folder, "video/j.npy must begin with the header of a NumPy array")
    file.unlink()
    file.mkdir()
    refused(npy_folder, "video/j.npy must be a .npy file", "Received: a folder.")


def test_a_pipe_in_place_of_a_file_does_not_hang(folder):
    (folder / "b.npz").unlink()
    os.mkfifo(folder / "b.npz")
    refused(folder, "b.npz must be an .npz file", "Received: a pipe or device.")
    (folder / "index.csv").unlink()
    os.mkfifo(folder / "index.csv")
    refused(folder, "index.csv must be a CSV table", "Received: a pipe or device.")


@pytest.mark.parametrize("name", ["index.csv", "b.npz"])
def test_links_in_a_loop_or_out_of_the_folder_are_refused(folder, tmp_path, name):
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    refused(folder, f"{name} must lie inside the folder. Received: a link to {tmp_path}")
    (folder / name).unlink()
    (folder / name).symlink_to(name)
    assert FeatureFolder.matches(folder)
    refused(folder, f"{name} cannot be read", "symbolic links")


def test_a_modality_folder_out_of_the_folder_is_refused(npy_folder, tmp_path):
    (npy_folder / "audio").rename(tmp_path / "audio")
    (npy_folder / "audio").symlink_to(tmp_path / "audio")
    refused(npy_folder, "audio/a.npy must lie inside the folder")
    (npy_folder / "audio").unlink()
    (npy_folder / "audio").symlink_to("audio")
    refused(npy_folder, "audio/a.npy cannot be read", "symbolic links")


@pytest.mark.parametrize("locked", ["audio/b.npy", "audio", "index.csv"])
def test_what_may_not_be_read_is_a_permission_error_never_an_absent_modality(locked):
    with shared_folder() as parent:
        write_folder(parent / "own", "npy")
        (parent / "own" / locked).chmod(0)
        with unprivileged():
            refused(parent / "own", locked, "may not be read", error=PermissionError)
        (parent / "own" / locked).chmod(0o700)


@FUZZ
@given(st.sampled_from(["index.csv", "b.npz"]), st.binary(max_size=9), st.data())
def test_damage_anywhere_is_read_or_named(tmp_path_factory, name, inserted, data):
    folder = tmp_path_factory.mktemp("data") / "own"
    write_folder(folder)
    content = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    place = data.draw(st.integers(0, len(content)))
    content[place:place] = inserted
    (folder / name).write_bytes(content[: data.draw(st.none() | st.integers(0, len(content)))])
    try:
        FeatureFolder(folder).read("train")
    except (InvalidData, FileNotFoundError) as error:
        assert str(folder) in str(error)
