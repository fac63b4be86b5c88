import numpy as np
import pytest

from utils.cache_folder import FOLDER_VARIABLE
from utils.texts import token_cache
from utils.texts.token_cache import cached_tokens

TEXTS = [[5, 6, 7], [], [8]]


class Maker:
    """Yields the tokens of `TEXTS`, and counts how often."""

    def __init__(self, texts=TEXTS):
        self.texts = texts
        self.calls = 0

    def __call__(self):
        self.calls += 1
        for ids in self.texts:
            yield [np.array(ids, "int32")]


def check(make, texts=TEXTS, key="a"):
    ids, lengths = cached_tokens(key, len(texts), make)
    assert ids.tolist() == [number for one in texts for number in one]
    assert lengths.tolist() == [len(one) for one in texts] and ids.dtype == "int32"


@pytest.mark.parametrize("texts", [TEXTS, [[], []], []])
def test_tokens_are_made_once(cache, texts):
    make = Maker(texts)
    for _ in range(3):
        check(make, texts)
    assert make.calls == 1
    check(make, texts, key="b")
    assert make.calls == 2 and sorted(p.name for p in cache.iterdir()) == ["a.tokens", "b.tokens"]


def test_few_texts_are_not_kept(cache, monkeypatch):
    monkeypatch.setattr(token_cache, "WORTH_KEEPING", len(TEXTS) + 1)
    check(Maker())
    assert not cache.exists()


def test_damaged_files_are_written_again(cache):
    make = Maker()
    check(make)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    damaged = [whole[:n] for n in range(0, len(whole), 7)]
    damaged += [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(0, len(whole), 5)]
    for content in [*damaged, whole + b"more"]:
        path.write_bytes(content)
        before = make.calls
        check(make)
        assert make.calls == before + 1 and path.read_bytes() == whole
    # A file of another number of texts, as if two keys were equal.
    assert len(cached_tokens("a", 1, Maker([[4]]))[1]) == 1


@pytest.mark.parametrize("block", ["file", "partial"])
def test_without_a_cache_tokens_lie_in_a_temporary_file(cache, block, monkeypatch):
    if block == "file":
        cache.parent.joinpath("tokens").write_text("a file, where the folder should be")
    else:
        full = OSError(28, "No space left on device")
        monkeypatch.setattr("utils.files.os.replace", lambda *paths: (_ for _ in ()).throw(full))
    make = Maker()
    check(make)
    check(make)
    assert make.calls in (2, 4) and (block == "file" or not list(cache.iterdir()))


def test_users_without_a_home_have_no_cache(monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless(self):
        raise RuntimeError("no home")

    monkeypatch.setattr("utils.cache_folder.Path.expanduser", homeless)
    check(Maker())
