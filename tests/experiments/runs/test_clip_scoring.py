"""A text in the place of a clip, scored."""

import types

import numpy as np
import pytest

from experiments.runs.clip_sample import ModelInputs
from experiments.runs.clip_score import ClipScorer
from experiments.runs.clip_scoring import ClipScoring
from tests.experiments.extracted import EXTRACTION, NAMES, LinearRun
from utils.clips.media import ClipError
from utils.clips.stages import NoVectors
from utils.clips.written_text import written_clip


class Vectors:
    def __call__(self, words):
        return np.array([[len(word), 1, 0] for word in words], "float32").reshape(-1, 3)

    def notes(self, words):
        return ["Strange words."] if "?" in words else []


vectors = Vectors()


def test_each_word_is_a_step_and_counts_as_a_linear_model_says():
    run = LinearRun()
    scorer = ClipScorer(run, ModelInputs.of(run, "run"), EXTRACTION)
    extractor = types.SimpleNamespace(stages=types.SimpleNamespace(vectors=vectors))
    score = ClipScoring(extractor, scorer, NAMES).score_text(" so\n good ")
    expected = vectors(["so", "good"]) @ run.weights["text"][:, 0]
    assert [word.text for word in score.words] == ["so", "good"]
    np.testing.assert_allclose([word.contribution for word in score.words], expected, rtol=1e-5)
    assert score.value == pytest.approx(expected.sum(), rel=1e-5)
    assert [one.contribution for one in score.modalities[1:]] == [None, None]


def test_without_vectors_the_words_alone_are_there():
    found = written_clip("so good", NoVectors())
    assert found.arrays == {} and found.steps.words == ["so", "good"] and found.text == "so good"


def test_the_notes_on_words_are_kept():
    assert written_clip("so ?", vectors).notes == ["Strange words."]
    assert written_clip("so good", vectors).notes == []


def test_a_text_without_words_is_refused():
    with pytest.raises(ClipError, match=r"must have words\. Received: none\. Type a sentence"):
        written_clip(" \n", vectors)


def test_a_model_that_reads_no_words_refuses_a_text():
    run = LinearRun(modalities=("audio",))
    scorer = ClipScorer(run, ModelInputs.of(run, "run"), EXTRACTION)
    with pytest.raises(ClipError, match="must have voice for this model"):
        scorer.score(written_clip("so good", vectors))
