import pytest

from tests.data.spoiling import change_index


@pytest.fixture
def clean_dir(own_data_dir):
    """A data folder to spoil, in which no two texts are equal."""
    for split in ("train", "valid", "test"):
        change_index(
            own_data_dir, split, "text", lambda t, split=split: [f"{split} {x}" for x in t]
        )
    return own_data_dir
