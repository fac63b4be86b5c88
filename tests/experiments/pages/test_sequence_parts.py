import base64
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.pages.attention import attention_maps
from experiments.pages.sequence_parts import SequenceParts
from experiments.runs.loaded_run import LoadedRun
from experiments.tasks.sequence_inputs import SequenceInputs
from tests.models.tiny import make_model
from utils.formats import MODALITIES, Split
from utils.measures.score_target import ScoreTarget

SAMPLES, STEPS = 12, 6
WIDTHS = (5, 4, 3)


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(0)
    sequences = {}
    for name, width in zip(MODALITIES, WIDTHS, strict=True):
        valid = np.arange(STEPS) < rng.integers(1, STEPS + 1, size=(SAMPLES, 1))
        x = rng.normal(size=(SAMPLES, STEPS, width)) * valid[..., None]
        sequences[name] = x.astype("float32")
    labels = rng.uniform(-3, 3, size=(SAMPLES, 1)).astype("float32")
    return Split("valid", sequences, labels)


def make_run(modalities=MODALITIES):
    folder = SimpleNamespace(load_config=lambda: {"data": "data", "feature_files": {}})
    inputs = SequenceInputs(ScoreTarget(), None, modalities)
    return LoadedRun(folder, make_model("seqlevel"), inputs)


@pytest.fixture(scope="module")
def run():
    return make_run()


def worth(run, samples):
    split = SimpleNamespace(target=run.target, labels=samples.labels)
    return SequenceParts(run).worth(split, samples)


def test_worth_is_measured_with_a_modality_absent(run, samples, eagerly):
    measures = worth(run, samples)
    assert list(measures) == [
        "all modalities",
        *(f"without {name}" for name in MODALITIES),
        *(f"{name} alone" for name in MODALITIES),
    ]
    text, audio, video = samples.sequences.values()
    expected = run.model((text, np.zeros_like(audio), video)).numpy()
    mae = np.abs(expected - samples.labels).mean()
    assert measures["without audio"]["MAE"] == pytest.approx(mae, abs=1e-5)
    expected = run.model((np.zeros_like(text), audio, np.zeros_like(video))).numpy()
    mae = np.abs(expected - samples.labels).mean()
    assert measures["audio alone"]["MAE"] == pytest.approx(mae, abs=1e-5)
    assert run.inputs.modalities == MODALITIES


def test_one_modality_has_no_worth(samples):
    assert worth(make_run(["text"]), samples) is None


def test_packed_maps_are_those_of_explain(run, samples):
    found = attention_maps(run, samples, np.arange(SAMPLES))
    assert sorted(found.samples) == list(range(SAMPLES))
    expected = run.model.explain(tuple(samples.sequences.values())).attention
    kinds = {m["name"]: (m["query"], m["key"]) for m in found.maps}
    assert kinds["audio/layer_0"] == ("audio", "audio")
    assert kinds["fusion/layer_0/text_from_video"] == ("text", "video")
    packed = np.frombuffer(base64.b64decode(found.samples[3]), "uint8") / 255
    start = 0
    for one, largest in zip(found.maps, found.largest[3], strict=True):
        shape = one["heads"], one["rows"], one["columns"]
        part = largest * packed[start : start + np.prod(shape)].reshape(shape)
        atol = largest * 0.5 / 255 + 1e-4
        np.testing.assert_allclose(part, expected[one["name"]][3], atol=atol)
        start += np.prod(shape)
    assert start == len(packed)
    valid = samples.sequences["audio"][3].any(axis=-1)
    assert found.masks[3]["audio"] == "".join(str(int(step)) for step in valid)


def test_words_name_steps_only_where_the_data_says_that_steps_are_words(run, samples):
    lengths = samples.sequences["text"].any(axis=-1).sum(axis=1)
    transcripts = [" ".join(["word"] * n) for n in lengths]  # as many words as valid steps
    samples = dataclasses.replace(samples, index={"text": transcripts})
    assert attention_maps(run, samples, np.arange(SAMPLES)).words == {}
    samples = dataclasses.replace(samples, index={"step_words": transcripts})
    assert attention_maps(run, samples, np.arange(SAMPLES)).words[2] == ["word"] * lengths[2]


def test_the_budget_limits_how_many_samples_are_shown(run, samples):
    errors = np.linspace(0, 1, SAMPLES)
    whole = attention_maps(run, samples, errors)
    size = sum(m["heads"] * m["rows"] * m["columns"] for m in whole.maps)
    assert list(attention_maps(run, samples, errors, 2 * size + 1).samples) == [11, 10]
    assert attention_maps(run, samples, errors, size - 1).samples == {}
