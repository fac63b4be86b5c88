"""What every reader says of a file of its data that is locked, or no file at all."""

import os

import pytest

from tests.utils.formats.fuzzing import WRITERS, check_data, damaged_files
from tests.utils.formats.test_bad_paths import shared_folder, unprivileged
from utils.formats import InvalidData, open_data


def read(file):
    reader = open_data(file.data)
    for split in reader.splits():
        reader.read(split)


@pytest.mark.parametrize("kind", WRITERS)
def test_files_that_may_not_be_read(kind):
    with shared_folder() as parent:
        for file in damaged_files(kind, parent):
            read(file)  # as another user, Python may not import what it has not yet
            file.file.chmod(0)
            with (
                unprivileged(),
                pytest.raises(PermissionError, match=r"Expected: .*Received: .*\.") as caught,
            ):
                read(file)
            assert str(file.file) in str(caught.value)


@pytest.mark.parametrize("kind", WRITERS)
def test_folders_and_pipes_in_place_of_files(kind, tmp_path):
    for file in damaged_files(kind, tmp_path):
        file.file.unlink()
        for make in (os.mkdir, os.mkfifo):
            make(file.file)
            check_data(file.data, file.folder)
            with pytest.raises((InvalidData, FileNotFoundError), match=r"Received: "):
                read(file)
            (os.rmdir if make is os.mkdir else os.unlink)(file.file)


@pytest.mark.parametrize("kind", WRITERS)
def test_links_to_nothing(kind, tmp_path):
    for file in damaged_files(kind, tmp_path):
        file.file.unlink()
        file.file.symlink_to("gone")
        check_data(file.data, file.folder)
