import pytest

from utils.new_file import new_file


def test_the_file_is_there_only_if_the_block_ends_well(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with new_file(path) as partial:
        partial.write_text("whole")
        assert not path.exists() and partial.suffix == ".txt"
    assert path.read_text() == "whole" and list(path.parent.iterdir()) == [path]
    with pytest.raises(KeyboardInterrupt), new_file(path, overwrite=True) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "whole" and list(path.parent.iterdir()) == [path]


def test_what_is_there_is_replaced_only_on_demand(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(FileExistsError, match=r"a\.txt, which exists.*--overwrite"):
        new_file(path).__enter__()
    with new_file(path, overwrite=True) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"


def test_errors_of_other_files_keep_their_names(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match="elsewhere"),
        new_file(tmp_path / "a.txt"),
        open(tmp_path / "elsewhere"),
    ):
        pass
    assert not any(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match=r"a\.txt cannot be written.*place with room"):
        new_file(tmp_path / "file" / "a.txt").__enter__()
