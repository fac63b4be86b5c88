"""What a model makes of a clip, compared with a model whose contributions are known."""

import types

import numpy as np
import pytest

from experiments.runs import clip_score
from experiments.runs.clip_sample import ClipSample, ModelInputs
from experiments.runs.clip_score import ClipScorer
from experiments.tasks.text_reading import given_samples
from tests.experiments.extracted import EXTRACTION, NAMES, LinearRun, extracted
from utils.clips.media import ClipError
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_target import ScoresTarget
from utils.texts import TextSteps, TextTokenizer
from utils.untrusted.invalid_data import InvalidData


def scorer(run, **options):
    return ClipScorer(run, ModelInputs.of(run, "model"), EXTRACTION, **options)


def test_contributions_are_those_of_a_linear_model():
    run, found = LinearRun(), extracted()
    score = scorer(run).score(found)
    effects = {name: found.arrays[name] @ run.weights[name][:, 0] for name in NAMES}
    rows = np.flatnonzero(found.steps.spoken)
    np.testing.assert_allclose(
        [word.contribution for word in score.words], effects["text"][rows], rtol=1e-5
    )
    np.testing.assert_allclose(
        [one.contribution for one in score.modalities],
        [effects[name].sum() for name in NAMES],
        rtol=1e-5,
    )
    assert score.value == pytest.approx(sum(effects[name].sum() for name in NAMES), rel=1e-5)
    assert [one.weight for one in score.modalities] == [0.5, 0.3, 0.2]
    assert [(word.text, word.start, word.end) for word in score.words][2] == ("loved", 1.4, 1.9)
    assert score.notes == found.notes and run.calls == [1 + 4 + 3]


def test_many_copies_are_predicted_in_blocks(monkeypatch):
    run, found = LinearRun(), extracted()
    whole = scorer(run).score(found)
    size = sum(x.nbytes for x in found.arrays.values())
    monkeypatch.setattr(clip_score, "MOST_BYTES", 3 * size)
    assert scorer(run).score(found).words == whole.words and run.calls[1:] == [4, 4, 2]


def test_the_transcript_spells_the_words():
    found = extracted(text="I, really: LOVED it!")
    assert [word.text for word in scorer(LinearRun()).score(found).words] == [
        *("I,", "really:", "LOVED", "it!")
    ]
    found = extracted(text="Other words")
    assert scorer(LinearRun()).score(found).words[2].text == "loved"


def test_what_is_absent_is_told_and_has_no_contribution():
    found = extracted()
    del found.arrays["video"]
    *_, video = scorer(LinearRun()).score(found).modalities
    assert (video.contribution, video.absence) == (None, "none was found")
    found = extracted(words=[])
    score = scorer(LinearRun()).score(found)
    assert score.words == [] and score.modalities[0].contribution is None
    with pytest.raises(
        ClipError, match=r"The clip must have words for this model\. Received: none"
    ):
        scorer(LinearRun(modalities=["text"])).score(found)


def test_words_do_not_contribute_to_a_model_without_text():
    words = scorer(LinearRun(modalities=["audio"])).score(extracted()).words
    assert [word.contribution for word in words] == [None] * 4


def test_a_clip_that_is_too_long_is_cut():
    run, found = LinearRun(lengths=3), extracted()
    score = scorer(run).score(found)
    assert found.steps.words[:4] == ["sp", "I", "really", "loved"]
    assert [word.contribution is None for word in score.words] == [False, False, True, True]
    [note] = score.notes[1:]
    assert note == "The model takes 3 of 6 steps: what comes after 1.4 s does not count."
    found.arrays["audio"] = np.ones((300, 3), "float32")
    assert "3 of 300 steps of audio: what comes after 0.0 s" in scorer(run).score(found).notes[2]


@pytest.mark.parametrize("kind", [ClassTarget, LabelsTarget])
def test_the_most_probable_is_explained_or_a_named_one(kind):
    target = kind(names=("a", "b", "c"))
    run = LinearRun(target, outputs=lambda y: np.exp(y) / np.exp(y).sum(axis=1, keepdims=True))
    score = scorer(run).score(extracted())
    assert score.value == score.outputs.max() == score.outputs["abc".index(score.output)]
    other = scorer(run, output="c").score(extracted())
    assert other.output == "c" and other.value == score.outputs[2]
    with pytest.raises(ValueError, match=r"--of must be one of a, b, c\. Received: 'd'"):
        scorer(run, output="d")


def test_of_several_scores_the_first_is_explained():
    assert (
        scorer(LinearRun(ScoresTarget(names=("warm", "loud")))).score(extracted()).output == "warm"
    )


def test_features_of_another_extraction_are_refused():
    run = LinearRun()
    run.extraction = {**EXTRACTION, "version": 0}
    with pytest.raises(InvalidData, match=r"The clips must hold features of the extraction"):
        scorer(run)
    run.extraction = None
    with pytest.raises(InvalidData, match="has not made"):
        scorer(run)


def test_a_model_of_tables_is_refused():
    with pytest.raises(
        ValueError, match=r"file must hold a model of sequences.* Received: a model"
    ):
        ModelInputs.of(types.SimpleNamespace(), "file")


def test_clips_are_extracted_as_in_the_training():
    assert ModelInputs.of(LinearRun(), "model").extraction_settings().asr == "moonshine"
    run = LinearRun()
    run.extraction = {**EXTRACTION, "settings": {"align": "none", "face_fps": 5.0, "of_old": 1}}
    settings = ModelInputs.of(run, "model").extraction_settings(asr="none", language=None)
    assert (settings.align, settings.face_fps, settings.asr) == ("none", 5.0, "none")


class TextRun(LinearRun):
    """A run with a text encoder that counts letters."""

    def __init__(self, kind, extraction=EXTRACTION, length=8):
        super().__init__()
        tokenizer = TextTokenizer.from_vocabulary(
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "i", "really", "loved", "it", "a"]
        )
        self.text_steps = TextSteps(tokenizer, kind, length, 8)
        self.extraction = extraction
        self.given = []

    def predict(self, samples):
        self.given.append(samples)
        self.text_steps.encode(given_samples(samples))  # takes them
        letters = np.array([[len(text.replace(" ", ""))] for text in samples["text"]])
        inputs = types.SimpleNamespace(target=self.target, parts=(), shares=lambda w: w)
        return types.SimpleNamespace(outputs=letters / 10, shares=None, inputs=inputs)


@pytest.mark.parametrize("kind", ["token", "word", "text"])
def test_words_are_left_out_of_the_text_of_a_text_encoder(kind):
    run = TextRun(kind)
    score = scorer(run).score(extracted())
    np.testing.assert_allclose([word.contribution for word in score.words], [0.1, 0.6, 0.5, 0.2])
    np.testing.assert_allclose([one.contribution for one in score.modalities], [1.4, 0, 0])
    texts = run.given[-1]["text"]
    assert texts[:2] == ["I really loved it", "really loved it"] and texts[5] == ""
    if kind == "word":
        assert run.given[-1]["step_words"][2] == "sp I sp loved it sp"
    else:
        assert "step_words" not in run.given[-1]


def test_a_text_encoder_of_other_data_reads_the_words_alone():
    run = TextRun("token", extraction=None, length=3)
    score = scorer(run).score(extracted())
    assert [*run.given[-1]] == ["text"] and score.value == pytest.approx(1.4)
    assert [one.absence for one in score.modalities][1:] == ["the model knows other features"] * 2
    assert score.notes[-1] == "The text has 4 tokens, the model reads the first 3."
    assert ModelInputs.of(run, "model").extraction_settings().text == "words"


@pytest.mark.parametrize("kind", ["token", "word"])
def test_a_text_encoder_predicts_from_voice_and_face_where_no_word_is_heard(kind):
    run = TextRun(kind)
    score = scorer(run).score(extracted(words=[]))
    assert score.value == 0 and len(run.given[-1]["text"]) == 1 + 2 + 1
    assert [one.contribution is None for one in score.modalities] == [True, False, False]


def test_a_sample_is_not_changed_by_its_copies():
    run, found = LinearRun(), extracted()
    sample = ClipSample(found, ModelInputs.of(run, "model"), run.modalities)
    before = {name: x.copy() for name, x in found.arrays.items()}
    copies = sample.without([None, 0, "audio"])
    assert not copies["audio"][2].any() and not copies["text"][1, 1].any()
    for name, x in before.items():
        np.testing.assert_array_equal(found.arrays[name], x)
        np.testing.assert_array_equal(copies[name][0], x)
