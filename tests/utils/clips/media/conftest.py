"""Recordings that several tests of this folder read; made once."""

import pytest

from tests.utils.clips.media.media_files import write_clip


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A function that returns the path of a recording, made at the first call with its name."""
    folder = tmp_path_factory.mktemp("recordings")

    def make(name, **settings):
        path = folder / name
        return path if path.exists() else write_clip(path, **settings)

    return make
