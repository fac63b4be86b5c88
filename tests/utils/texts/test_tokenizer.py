import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.utils.tables.tables import VOCABULARY, make_tokenizer
from utils.tables import TextTokenizer, preset_path
from utils.texts.tokenizer import cut_chunks, kept_tokens


def test_texts_become_word_pieces():
    ids = make_tokenizer().token_ids(["The DRESS is söft.", "goods xyz", ""])
    words = [[VOCABULARY[i] for i in text] for text in ids]
    assert words == [["the", "dress", "is", "soft", "."], ["good", "##s", "[UNK]"], []]


def test_tokenizer_comes_from_a_folder_of_hugging_face(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join([*VOCABULARY, "É"]) + "\n")
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    tokenizer = TextTokenizer.from_preset(str(tmp_path))
    (ids,) = tokenizer.token_ids(["the The É"])
    assert [tokenizer.vocabulary[i] for i in ids] == ["the", "[UNK]", "É"]


def test_vocabulary_is_learned_from_texts_and_is_the_same_again():
    texts = ["stock market", "stocks and markets", "the market", "market stock"] * 5
    tokenizer = TextTokenizer.learn(texts, 100)
    assert tokenizer.vocabulary == TextTokenizer.learn(texts, 100).vocabulary
    (ids,) = tokenizer.token_ids(["market stock"])
    assert "[UNK]" not in [tokenizer.vocabulary[i] for i in ids]
    again = TextTokenizer.from_json(tokenizer.to_json())
    np.testing.assert_array_equal(
        again.token_ids(["the stocks"])[0], tokenizer.token_ids(["the stocks"])[0]
    )


@given(st.integers(0, 40), st.integers(3, 12), st.data())
def test_chunks_overlap_and_lose_nothing(length, tokens, data):
    overlap = data.draw(st.integers(0, tokens - 3))
    ids = np.arange(100, 100 + length)
    chunks = cut_chunks(ids, tokens, overlap, 1, 2)
    assert all(c[0] == 1 and c[-1] == 2 and 2 <= len(c) <= tokens for c in chunks)
    inner = [chunk[1:-1] for chunk in chunks]
    joined = [*inner[0], *(i for chunk in inner[1:] for i in chunk[overlap:])]
    assert joined == ids.tolist()
    for before, after in itertools.pairwise(inner):
        assert before[len(before) - overlap :].tolist() == after[:overlap].tolist()
    assert len(chunks) == 1 or length <= kept_tokens(len(chunks), tokens, overlap)
    assert len(chunks) == 1 or length > kept_tokens(len(chunks) - 1, tokens, overlap)


@pytest.mark.parametrize("preset", ["package://no_such_package/model", "package://json/nowhere"])
def test_missing_packages_are_named(preset):
    with pytest.raises(ValueError, match=f"Received: '{preset}'"):
        preset_path(preset)


def test_missing_tokenizers_are_named(tmp_path):
    with pytest.raises(ValueError, match=f"Received: '{tmp_path}', which cannot be loaded"):
        TextTokenizer.from_preset(str(tmp_path))
