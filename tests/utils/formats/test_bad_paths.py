"""What a user is told who names data that cannot be read."""

import contextlib
import os
import tempfile
from pathlib import Path

import pytest

from utils.formats import open_data
from utils.measures.inference import read_target
from utils.untrusted.invalid_data import InvalidData

NOBODY = 65534
KINDS = {
    "no bytes": b"",
    "text": b"score: 3\nnot a data set\n",
    "random": bytes(range(256)),
    "zip": b"PK\x03\x04 and no more",
    "HDF5": b"\x89HDF\r\n\x1a\n and no more",
    "pickle": b"\x80\x04\x95 and no more",
}


@contextlib.contextmanager
def shared_folder():
    """Yield a folder whose parents every user may pass, unlike those of `tmp_path`."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@contextlib.contextmanager
def unprivileged():
    """Run the block as a user whom permissions bind; root is bound by none."""
    before = os.geteuid()
    if before == 0:
        try:
            os.seteuid(NOBODY)
        except OSError:
            pytest.skip("root cannot become another user here")
    try:
        yield
    finally:
        os.seteuid(before)


def refused(path, *errors):
    """Open data, read it if that is still possible, and return the message of the error."""
    with pytest.raises(errors) as caught:
        reader = open_data(path)
        for split in reader.splits() or ["train"]:
            reader.read(split)
    message = str(caught.value)
    # A path that no system allows is quoted, since it may hold characters that print as nothing.
    assert str(path) in message or repr(str(path)) in message, "the message names the path"
    assert "Received: " in message
    assert "Expected: " in message or "must " in message
    return message


def test_a_path_where_nothing_is(tmp_path):
    error = refused(tmp_path / "gone", FileNotFoundError)
    assert "No data at" in error and "nothing of that name" in error


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "a file/inside"])
def test_a_path_that_cannot_be(tmp_path, name):
    (tmp_path / "a file").write_text("")
    refused(tmp_path / name, OSError, ValueError)


def test_a_link_to_nothing(tmp_path):
    (tmp_path / "link").symlink_to("gone")
    refused(tmp_path / "link", FileNotFoundError)


def test_a_loop_of_links(tmp_path):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    refused(tmp_path / "one", OSError, ValueError)


@pytest.mark.parametrize("mode", [0o000, 0o100, 0o400], ids=oct)
def test_a_folder_that_may_not_be_read(mode):
    with shared_folder() as parent:
        folder = parent / "locked"
        folder.mkdir()
        (folder / "index.csv").write_text("id,split,label\n")
        folder.chmod(mode)
        with unprivileged():
            refused(folder, PermissionError)
        folder.chmod(0o700)


def test_a_path_inside_a_folder_that_may_not_be_read():
    with shared_folder() as parent:
        folder = parent / "locked"
        (folder / "data").mkdir(parents=True)
        folder.chmod(0)
        with unprivileged():
            refused(folder / "data", PermissionError)
        folder.chmod(0o700)


@pytest.mark.parametrize("name", ["data.pkl", "data.csd"])
def test_a_file_that_may_not_be_read(name):
    with shared_folder() as parent:
        file = parent / name
        file.write_bytes(b"content")
        file.chmod(0)
        with unprivileged():
            refused(file, PermissionError)


def test_an_empty_folder(tmp_path):
    error = refused(tmp_path, FileNotFoundError)
    assert "in no known format" in error and "an empty folder" in error


def test_a_folder_of_other_things_names_what_is_there(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8")
    error = refused(tmp_path, FileNotFoundError, ValueError)
    assert "in no known format" in error and "holiday.jpg" in error


@pytest.mark.parametrize("name", ["data", "data.txt", "data.pkl", "data.csd", "data.h5"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_in_no_known_format(tmp_path, name, kind):
    (tmp_path / name).write_bytes(KINDS[kind])
    refused(tmp_path / name, FileNotFoundError, ValueError)


@pytest.mark.parametrize(
    "name", ["text_train_emb.h5", "index.csv", "aligned_50.pkl", "CMU_MOSI_Labels.csd"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_whose_file_holds_something_else(tmp_path, name, kind):
    (tmp_path / name).write_bytes(KINDS[kind])
    refused(tmp_path, FileNotFoundError, ValueError)


@pytest.mark.parametrize(
    "name",
    ["data.pkl", "index.csv", "index_train.csv", "y_train.h5", "CMU_MOSI_Labels.csd"],
)
def test_a_file_of_holes_that_is_larger_than_the_memory(own_data_dir, tmp_path, name):
    folder = own_data_dir if name.endswith("_train.csv") else tmp_path
    path = folder / name
    path.touch()
    os.truncate(path, 2**42)
    message = refused(path if path.suffix == ".pkl" else folder, FileNotFoundError, ValueError)
    if path.suffix in (".csv", ".pkl"):
        assert "4,398.05 GB" in message and str(path) in message


def test_target_json_that_is_larger_than_the_memory(tmp_path):
    path = tmp_path / "target.json"
    path.touch()
    os.truncate(path, 2**42)
    with pytest.raises(InvalidData, match=r"target\.json must be a JSON object.*4,398\.05 GB"):
        read_target(tmp_path)


def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "data.pkl")
    refused(tmp_path / "data.pkl", FileNotFoundError, ValueError)


def test_a_device_does_not_hang():
    refused(Path("/dev/zero"), FileNotFoundError, ValueError)


def test_a_path_that_is_not_utf8(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    assert "No data at" in refused(path, FileNotFoundError)
    path.mkdir()
    assert "in no known format" in refused(path, FileNotFoundError, ValueError)
