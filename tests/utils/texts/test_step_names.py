import dataclasses

import numpy as np

from tests.utils.texts.test_text_steps import TOKENIZER, make_split
from utils.texts import TextSteps
from utils.texts.step_names import step_namer


def namer(split, kind, **options):
    steps = TextSteps.fit(split, TOKENIZER, kind, **options)
    return step_namer(steps.encode(split), steps)


def test_tokens_are_joined_to_the_words_of_the_text():
    found = namer(make_split(["I loved it.", "", "not bad, the films"]), "token")(2)
    assert found.steps == ["not", "bad", ",", "the", "film", "s"]
    assert found.parts == ["not", "bad,", "the", "films"]
    assert found.owners.tolist() == [0, 1, 1, 2, 3, 3] and not found.aligned


def test_a_cut_text_has_the_names_of_what_is_left():
    names = namer(make_split(["not bad, the films", ""]), "token", pieces=3)
    assert names(0).steps == ["not", "bad", ","] and names(0).parts == ["not", "bad,"]
    assert names(1).steps == [] and names(1).parts == []


def test_words_have_their_own_names_and_pauses_have_none():
    split = make_split(None, [[1, 1, 1], [1, 1, 0]], step_words=["it sp bad", "the films"])
    names = namer(split, "word")
    assert names(0).steps == ["it", "bad"] and names(1).steps == ["the", "films"]
    assert names(1).parts == ["the", "films"] and names(1).aligned


def windows(**options):
    index = {"video_id": ["a", "a", "b"], "n_context": ["0", "1", "0"]}
    return make_split(["it", "not bad", "the film"], **index, **options)


def test_utterances_of_a_window_have_their_texts():
    names = namer(windows(), "text")
    assert names(1).steps == ["it", "not bad"] and names(2).steps == ["the film"]


def test_features_have_the_names_that_the_index_knows_and_no_others():
    names = step_namer(windows())
    assert names(1).steps == ["it", "not bad"]
    lost = dataclasses.replace(windows(), index={**windows().index, "n_context": ["1", "1", "0"]})
    assert step_namer(lost)(1) is None
    words = make_split(step_words=["it", "", "the film", "it"])
    assert step_namer(words)(2).steps == ["the", "film"] and step_namer(words)(1) is None
    # As many words as steps prove nothing.
    assert step_namer(make_split(["it it"], np.ones((1, 2))))(0) is None
