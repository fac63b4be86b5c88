"""The score of a clip in the terminal."""

import io

import numpy as np
import pytest
from rich.console import Console

from experiments.pages.clip_text import score_tables
from experiments.pages.score_in_words import score_in_words
from experiments.pages.scored_clip import headline, strengths
from experiments.runs.clip_score import ClipScore, ScoredModality, ScoredWord
from tests.experiments.extracted import extracted
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_target import ScoresTarget, ScoreTarget


def scored(target=None, outputs=(1.24,), **changes):
    """Return a `ClipScore` of four words."""
    target = target or ScoreTarget()
    words = [("I", 0.05), ("really", -0.3), ("loved", 0.9), ("it", None)]
    values = {
        "found": extracted(),
        "target": target,
        "outputs": np.array(outputs),
        "output": target.names[0],
        "words": [
            ScoredWord(text, 0.4 + 0.5 * i, 0.9 + 0.5 * i, value)
            for i, (text, value) in enumerate(words)
        ],
        "modalities": [
            ScoredModality("text", 0.8, 0.55),
            ScoredModality("audio", -0.2, 0.45),
            ScoredModality("video", None, 0.0, "none was found"),
        ],
        "notes": ["The sound begins late, much later than one would have thought it would. " * 2],
    }
    return ClipScore(**values | changes)


def printed(score):
    console = Console(width=80, record=True, file=io.StringIO())
    for part in score_tables(score):
        console.print(part, markup=False, highlight=False)
    return console.export_text()


def test_words_are_marked_without_colour_in_80_columns():
    text = printed(scored())
    assert "Prediction: +1.24 in [-3, 3], weakly positive" in text
    assert "I -really ++loved it" in text
    assert "+ raises the score, - lowers it" in text
    assert "+██████████" in text and "-██" in text and "none was found" in text
    assert max(map(len, text.splitlines())) <= 80


def test_faint_words_are_not_marked_as_strong():
    words = [ScoredWord("so", 0, 1, 0.03), ScoredWord("so", 1, 2, -1e-6)]
    assert strengths(scored(words=words)) == pytest.approx([0.25, 0], abs=1e-4)
    probability = scored(ClassTarget(names=("happy", "sad")), (0.7, 0.3), words=words)
    assert strengths(probability)[0] == 1


def test_probabilities_are_listed():
    text = printed(scored(ClassTarget(names=("happy", "sad")), (0.7, 0.3)))
    assert "Prediction: happy (70%)" in text and "0.300" in text
    assert "Contributions to the probability of happy" in text
    assert printed(scored(words=[])).count("No words.") == 1


def test_headlines():
    labels = LabelsTarget(names=("happy", "sad"))
    assert headline(scored(labels, (0.7, 0.6))) == "happy (70%), sad (60%)"
    assert headline(scored(labels, (0.1, 0.2))) == "none of the labels"
    scores = ScoresTarget(names=("warm", "loud"), low=1, high=5)
    assert headline(scored(scores, (4.2, 1.0))) == "warm +4.20, in [1, 5]"
    assert headline(scored(ScoreTarget(low=1, high=5), (4.2,))) == "+4.20 in [1, 5]"


@pytest.mark.parametrize(
    "low, high, value, expected",
    [
        (-3, 3, 3.4, "strongly positive"),
        (-3, 3, 1.5, "positive"),
        (-3, 3, 0.4, "neutral"),
        (-3, 3, -2.6, "strongly negative"),
        (-1, 1, -0.7, "negative"),
        (-1, 1, -0.1, "weakly negative"),
        (-1, 1, 0.1, "neutral"),
        (-1, 1, 0.71, "positive"),
        (0, 5, 4.0, ""),
    ],
)
def test_scores_in_words(low, high, value, expected):
    assert score_in_words(ScoreTarget(low=low, high=high), value) == expected
