import os

import h5py
import numpy as np
import pytest

from utils.formats import InvalidData, Split, open_data
from utils.formats.hdf5 import Hdf5Writer
from utils.formats.stored_dataset import StoredDataset

CONTENT = "an HDF5 file"


def spoil(folder, write):
    """Replace audio_valid.h5 by what `write` puts into a new file; return its reader."""
    path = folder / "audio_valid.h5"
    path.unlink()
    with h5py.File(path, "w") as file:
        write(file)
    return open_data(folder)


def assert_refused(reader, message):
    for read in (reader.read, reader.stream):
        with pytest.raises(InvalidData, match=rf"audio_valid\.h5.*{message}"):
            read("valid")


def test_external_links_are_not_followed(own_data_dir):
    def write(file):
        file["d1"] = h5py.ExternalLink(str(own_data_dir / "audio_train.h5"), "/d1")

    assert_refused(spoil(own_data_dir, write), "ExternalLink, which is not followed")


def test_soft_links_are_not_followed(own_data_dir):
    def write(file):
        file["d1"] = h5py.SoftLink("/d1")

    assert_refused(spoil(own_data_dir, write), "SoftLink, which is not followed")


def test_external_storage_is_not_read(own_data_dir):
    secret = own_data_dir / "secret"
    secret.write_bytes(bytes(12 * 6 * 4 * 4))

    def write(file):
        storage = [(str(secret), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("d1", (12, 6, 4), "float32", external=storage)

    assert_refused(spoil(own_data_dir, write), "external or virtual storage")


def test_virtual_data_sets_are_not_read(own_data_dir):
    def write(file):
        layout = h5py.VirtualLayout((12, 6, 4), "float32")
        layout[:] = h5py.VirtualSource(str(own_data_dir / "audio_test.h5"), "d1", (12, 6, 4))
        file.create_virtual_dataset("d1", layout)

    assert_refused(spoil(own_data_dir, write), "external or virtual storage")


def test_a_group_in_place_of_the_data_set(own_data_dir):
    reader = spoil(own_data_dir, lambda file: file.create_group("d1/inner"))
    assert_refused(reader, "a group of that name, with 'inner' in it")


def test_a_size_beyond_memory_is_refused_before_reading(own_data_dir):
    def write(file):
        file.create_dataset("d1", (10**9, 60, 40), "float32", chunks=(1, 60, 40))

    reader = spoil(own_data_dir, write)
    with pytest.raises(InvalidData, match=r"audio_valid\.h5.*declares 9,600\.00 GB.*data\.convert"):
        reader.read("valid")


def test_a_chunk_beyond_memory_is_refused_before_reading(own_data_dir, monkeypatch):
    monkeypatch.setattr("utils.untrusted.invalid_data.available_memory", lambda: 10**6)

    def write(file):
        file.create_dataset(
            "d1", (12, 6, 4), "float32", chunks=(1000, 100, 100), maxshape=(None,) * 3
        )

    assert_refused(spoil(own_data_dir, write), r"declares 0\.04 GB")


@pytest.mark.parametrize("dtype", ["S5", h5py.string_dtype(), np.dtype([("a", "f4")]), "complex64"])
def test_other_types_than_numbers_are_refused(own_data_dir, dtype):
    def write(file):
        file.create_dataset("d1", (12, 6, 4), dtype)

    assert_refused(spoil(own_data_dir, write), "must hold numbers")


@pytest.mark.parametrize("keep", [0, 4, 100, 700])
def test_cut_files(own_data_dir, keep):
    path = own_data_dir / "audio_valid.h5"
    path.write_bytes(path.read_bytes()[:keep])
    assert_refused(open_data(own_data_dir), "cannot be read as HDF5")


def test_contiguous_data_cut_behind_its_header(own_data_dir):
    path = own_data_dir / "audio_valid.h5"
    path.write_bytes(path.read_bytes()[:-8])
    assert_refused(open_data(own_data_dir), "")


LAYOUTS = {
    "contiguous": {},
    "by sample": {"chunks": (1, 4, 3)},
    "compressed": {"chunks": (7, 4, 3), "compression": "gzip"},
    "float16": {"dtype": "float16"},
    "big-endian": {"dtype": ">f8"},
    "integers": {"dtype": "int16"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_on_disk_are_those_of_the_array(tmp_path, layout):
    x = np.random.default_rng(0).normal(0, 50, size=(40, 4, 3)).astype("int16")
    x = x if layout == "integers" else x.astype("float32")
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", data=x, **LAYOUTS[layout])
    stored = StoredDataset(path, "d1", CONTENT)
    assert stored.chunk == (7 if layout == "compressed" else 1)
    assert stored.plain == (layout == "contiguous")
    assert stored.shape == (40, 4, 3)
    for rows in ([3], [39, 0, 7, 7], np.random.default_rng(1).permutation(40), []):
        taken = stored[np.array(rows, int)]
        assert taken.dtype == np.float32
        assert np.array_equal(taken, x[np.array(rows, int)])


@pytest.mark.parametrize("layout", ["contiguous", "compressed"])
def test_rows_of_a_file_that_is_written_to_meanwhile_are_refused(tmp_path, layout):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", data=np.ones((9, 4, 3), "float32"), **LAYOUTS[layout])
    stored = StoredDataset(path, "d1", CONTENT)
    assert stored[np.array([3])].all()
    os.utime(path, (0, 0))
    with pytest.raises(InvalidData, match=r"x\.h5, data set 'd1' must stay as it is while"):
        stored[np.array([3])]


def test_data_never_written_reads_as_zeros(tmp_path):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", (5, 2, 3), "float32")
    assert (StoredDataset(path, "d1", CONTENT)[np.array([4, 1])] == 0).all()


def write_shards(folder, counts, length=3):
    rng = np.random.default_rng(0)
    sizes = {"text": 4, "audio": 3, "video": 2}
    for shard, count in enumerate(counts):
        sequences = {m: rng.normal(size=(count, length, d)) for m, d in sizes.items()}
        split = Split("train", sequences, rng.uniform(-3, 3, size=(count, 1)))
        with Hdf5Writer(folder, split, count, (shard, len(counts))) as writer:
            writer.write(split)


def test_shards_are_read_as_one(tmp_path):
    write_shards(tmp_path, [5, 1, 4])
    reader = open_data(tmp_path)
    split, streamed = reader.read("train"), reader.stream("train")
    assert len(split) == len(streamed) == 10
    rows = np.array([9, 0, 5, 4, 6])
    for name in ("text", "audio", "video"):
        assert np.array_equal(streamed.take(rows).sequences[name], split.sequences[name][rows])
    assert np.array_equal(streamed.labels, split.labels)
    assert reader.size("train") == 10 * 3 * 9 * 4


def test_a_missing_shard_is_noticed(tmp_path):
    write_shards(tmp_path, [5, 1, 4])
    (tmp_path / "text_train_emb-00001-of-00003.h5").unlink()
    with pytest.raises(InvalidData, match=r"must be one of 3 files. Received: 2 such files"):
        open_data(tmp_path).read("train")


def test_shards_of_different_widths_are_noticed(tmp_path):
    write_shards(tmp_path, [5, 4])
    path = tmp_path / "audio_train-00001-of-00002.h5"
    path.unlink()
    with h5py.File(path, "w") as file:
        file["d1"] = np.ones((4, 3, 7))
    for read in (open_data(tmp_path).read, open_data(tmp_path).stream):
        with pytest.raises(InvalidData, match=r"audio_train-00000.*\(3, 3\) and \(3, 7\)"):
            read("train")


def test_ids_twice_are_replaced_and_told(own_data_dir):
    path = own_data_dir / "index_valid.csv"
    path.write_text(path.read_text().replace("valid_3,", "valid_1,"))
    split = open_data(own_data_dir).read("valid")
    assert split.ids[3] == "valid_1#2" and len({*split.ids}) == len(split)
    assert any("index_valid.csv, column id: 1 of" in note for note in split.repair_notes())


def test_an_index_that_is_not_utf8_is_refused(own_data_dir):
    path = own_data_dir / "index_valid.csv"
    path.write_bytes(path.read_bytes().replace(b"word", b"w\xf6rd"))
    with pytest.raises(
        InvalidData, match=r"index_valid\.csv, line 2.*must be UTF-8.*0xf6.*Save the"
    ):
        open_data(own_data_dir).read("valid")


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "finite labels.*1 that are NaN"), (3.2, r"in \[-3, 3\].*row 4: 3\.2")],
)
def test_labels_out_of_range_are_refused(own_data_dir, value, message):
    with h5py.File(own_data_dir / "y_valid.h5", "r+") as file:
        file["d1"][4] = value
    with pytest.raises(InvalidData, match=rf"y_valid\.h5.*{message}"):
        open_data(own_data_dir).read("valid")
