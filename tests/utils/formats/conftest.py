import pytest

from tests.utils.formats.mmsa_data import write_pickle


@pytest.fixture
def write(tmp_path):
    """Write a pickle of some content, and return its path."""
    return lambda content, name="data.pkl", protocol=4: write_pickle(
        tmp_path / name, content, protocol
    )
