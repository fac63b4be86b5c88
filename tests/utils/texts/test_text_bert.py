import numpy as np
import pytest

from tests.utils.formats.mmsa_data import make_split, write_pickle
from tests.utils.texts.tokenizers import make_tokenizer
from utils.formats import InvalidData, open_data
from utils.partition import Partition
from utils.texts import TextSteps

TOKENIZER = make_tokenizer()
TEXTS = ["i loved it", "not bad , the films", "it", "the film", "bad"]


def bert(texts, length=8):
    """Return `text_bert` `(N, 3, T)` of texts, padded and cut as MMSA does."""
    value = np.zeros((len(texts), 3, length), "float32")
    for row, ids in enumerate(TOKENIZER.token_ids(texts)):
        ids = [TOKENIZER.start, *ids[: length - 2], TOKENIZER.end]
        value[row, 0, : len(ids)], value[row, 1, : len(ids)] = ids, 1
    return value


def read(tmp_path, partition=None, **changes):
    """Return the reader and the training split of a pickle, with some keys replaced."""
    content = {"train": make_split("train", len(TEXTS), lengths=False)}
    content["train"] = {k: v for k, v in {**content["train"], **changes}.items() if v is not None}
    reader = open_data(write_pickle(tmp_path / "mmsa.pkl", content), partition=partition)
    return reader, reader.read("train")


def encoded(reader, split, **options):
    steps = TextSteps.fit(split, TOKENIZER, reader=reader, **options)
    found = steps.encode(split, reader)
    return found.sequences["text"][np.arange(len(split))][..., 0], found


def expected(texts, length):
    value = np.zeros((len(texts), length))
    for row, ids in enumerate(TOKENIZER.token_ids(texts)):
        value[row, : len(ids)] = ids[:length] + 1
    return value


@pytest.mark.parametrize("texts", [None, [float("nan")] * 5])
def test_tokens_take_the_place_of_missing_texts(tmp_path, texts):
    found, split = encoded(*read(tmp_path, raw_text=texts, text_bert=bert(TEXTS)))
    np.testing.assert_array_equal(found, expected(TEXTS, 6))
    assert "the tokens of 5 of 5 samples are those of text_bert" in split.notes[-1]


def test_single_missing_texts_come_from_tokens_that_agree(tmp_path):
    texts = [*TEXTS[:3], float("nan"), TEXTS[4]]
    found, split = encoded(*read(tmp_path, raw_text=texts, text_bert=bert(TEXTS, length=6)))
    np.testing.assert_array_equal(found, expected(TEXTS, 6))  # a whole text where it is known
    assert "the tokens of 1 of 5 samples" in split.notes[-1]


def test_tokens_that_disagree_with_the_texts_are_not_used(tmp_path):
    texts = [*TEXTS[:3], float("nan"), TEXTS[4]]
    found, split = encoded(*read(tmp_path, raw_text=texts, text_bert=bert(TEXTS[::-1])))
    np.testing.assert_array_equal(found, expected([*TEXTS[:3], "", TEXTS[4]], 6))
    reason = "text_bert', was not used: it differs from the tokens of the texts in 3 of 4"
    assert reason in " ".join(split.notes)
    assert "1 of 5 samples have an empty text" in split.notes[-1]


def test_tokens_are_not_read_where_all_texts_are_known(tmp_path, monkeypatch):
    reader, split = read(tmp_path, raw_text=TEXTS, text_bert=bert(TEXTS[::-1]))
    monkeypatch.setattr(reader, "text_bert", None)
    np.testing.assert_array_equal(encoded(reader, split)[0], expected(TEXTS, 6))


def changed(row, column, value):
    found = bert(TEXTS)
    found[row, 0, column] = value
    return found


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (changed(1, 2, 18), "reach 18, but the tokenizer has 17"),
        (changed(1, 0, 5), "do not start with the token 2"),
        (changed(0, 4, 5), "do not end with the token 3"),
        (changed(0, 1, 5.5), "numbers are not whole"),
        (bert(TEXTS)[:, :2], r"must be numbers \(5, 3, T\), and has the shape \(5, 2, 8\)"),
        (None, "Received: the columns id"),
    ],
)
def test_tokens_of_another_vocabulary_are_refused(tmp_path, value, reason):
    with pytest.raises(InvalidData, match=rf"must hold the texts .*{reason}.* Add them"):
        encoded(*read(tmp_path, raw_text=None, text_bert=value))


def test_divided_data_keep_their_tokens(tmp_path):
    partition = Partition([60, 40, 0])
    reader, split = read(tmp_path, partition, raw_text=None, text_bert=bert(TEXTS))
    found, _ = encoded(reader, split)
    rows = partition.rows("", 5, {})["train"]
    np.testing.assert_array_equal(found, expected([TEXTS[i] for i in rows], found.shape[1]))
