import numpy as np
import pytest

from utils.clips.speech import WordVectors, word_vectors


class FakeEncoder:
    """Each word's vector is its number in the sequence, and the length of the sequence."""

    files, width = ("weights",), 2

    def __init__(self, source):
        self.source = source

    def encode(self, word_lists):
        return [
            np.stack([np.arange(len(words)), np.full(len(words), len(words))], 1).astype("float32")
            for words in word_lists
        ]

    def unknown_share(self, words):
        return words.count("?") / len(words)


@pytest.fixture
def vectors(monkeypatch):
    monkeypatch.setattr(word_vectors, "OnnxEncoder", FakeEncoder)
    return WordVectors()


def test_a_clip_is_one_sequence_and_a_long_one_is_cut_evenly(vectors):
    assert vectors(["so"] * 200)[:, 1].tolist() == [200] * 200
    lengths = vectors(["so"] * 401)[:, 1]
    assert len(lengths) == 401 and set(lengths) == {133, 134}


def test_a_clip_without_words_has_no_vectors(vectors):
    assert vectors([]).shape == (0, 2) and vectors([]).dtype == "float32"
    assert vectors.names == ("text_0", "text_1") and vectors.files == ("weights",)


def test_words_that_the_encoder_does_not_know_are_told(vectors):
    assert vectors.notes(["so", "so", "?"]) == []
    assert vectors.notes(["so", "?"]) == [
        "50% of the tokens are unknown to the encoder. It may not know this script or language: "
        "choose a multilingual encoder."
    ]
