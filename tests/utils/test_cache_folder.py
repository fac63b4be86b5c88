from utils.cache_folder import FOLDER_VARIABLE, cache_folder


def test_folder_is_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "given"))
    assert cache_folder("tokens") == tmp_path / "given" / "tokens"
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("tokens") == tmp_path / "msa_tf2" / "tokens"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder("encoders") == tmp_path / ".cache" / "msa_tf2" / "encoders"


def test_users_without_a_home_have_no_cache(monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless(self):
        raise RuntimeError("no home")

    monkeypatch.setattr("utils.cache_folder.Path.expanduser", homeless)
    assert cache_folder("tokens") is None
