import pytest

from utils.cache_folder import FOLDER_VARIABLE
from utils.texts import token_cache


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """The folder of cached tokens, one of each test's own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(token_cache, "WORTH_KEEPING", 0)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder / "tokens"
