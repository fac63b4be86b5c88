import base64

import numpy as np
import pytest

from experiments.pages.explanation import ablations, attention_maps, by_interest
from experiments.runs.run_model import RunModel
from tests.models.tiny import make_model
from utils.formats import MODALITIES, Split

SAMPLES, STEPS = 12, 6
WIDTHS = (5, 4, 3)


@pytest.fixture(scope="module")
def split():
    rng = np.random.default_rng(0)
    sequences = {}
    for name, width in zip(MODALITIES, WIDTHS, strict=True):
        valid = np.arange(STEPS) < rng.integers(1, STEPS + 1, size=(SAMPLES, 1))
        x = rng.normal(size=(SAMPLES, STEPS, width)) * valid[..., None]
        sequences[name] = x.astype("float32")
    labels = rng.uniform(-3, 3, size=(SAMPLES, 1)).astype("float32")
    return Split("valid", sequences, labels)


@pytest.fixture(scope="module")
def run_model():
    return RunModel(make_model("seqlevel"))


def test_ablation_measures_the_model_with_a_modality_absent(run_model, split, eagerly):
    metrics = ablations(run_model, split)
    assert list(metrics) == [
        "all modalities",
        *(f"without {name}" for name in MODALITIES),
        *(f"{name} alone" for name in MODALITIES),
    ]
    text, audio, video = split.sequences.values()
    expected = run_model.model((text, np.zeros_like(audio), video)).numpy()
    assert metrics["without audio"]["MAE"] == pytest.approx(
        np.abs(expected - split.labels).mean(), abs=1e-5
    )
    expected = run_model.model((np.zeros_like(text), audio, np.zeros_like(video))).numpy()
    assert metrics["audio alone"]["MAE"] == pytest.approx(
        np.abs(expected - split.labels).mean(), abs=1e-5
    )


def test_one_modality_has_no_ablation(split, eagerly):
    assert list(ablations(RunModel(make_model("seqlevel"), modalities=["text"]), split)) == [
        "all modalities"
    ]


def test_packed_maps_are_those_of_explain(run_model, split):
    found = attention_maps(run_model, split, np.arange(SAMPLES))
    assert sorted(found.samples) == list(range(SAMPLES))
    expected = run_model.model.explain(tuple(split.sequences.values())).attention
    kinds = {m["name"]: (m["query"], m["key"]) for m in found.maps}
    assert kinds["audio/layer_0"] == ("audio", "audio")
    assert kinds["fusion/layer_0/text_from_video"] == ("text", "video")
    packed = np.frombuffer(base64.b64decode(found.samples[3]), "uint8") / 255
    start = 0
    for one in found.maps:
        shape = one["heads"], one["rows"], one["columns"]
        part = packed[start : start + np.prod(shape)].reshape(shape)
        np.testing.assert_allclose(part, expected[one["name"]][3], atol=0.5 / 255 + 1e-6)
        start += np.prod(shape)
    assert start == len(packed)
    assert found.masks[3]["audio"] == "".join(
        str(int(step.any())) for step in split.sequences["audio"][3]
    )


def test_the_budget_limits_how_many_samples_are_shown(run_model, split):
    errors = np.linspace(0, 1, SAMPLES)
    whole = attention_maps(run_model, split, errors)
    size = sum(m["heads"] * m["rows"] * m["columns"] for m in whole.maps)
    assert list(attention_maps(run_model, split, errors, 2 * size + 1).samples) == [11, 10]
    assert attention_maps(run_model, split, errors, size - 1) is None


def test_extreme_errors_come_first_and_every_sample_once():
    errors = np.random.default_rng(0).permutation(100)
    order = by_interest(errors, extremes=3)
    assert list(errors[order[:6]]) == [99, 98, 97, 0, 1, 2]
    assert sorted(order) == list(range(100))
    assert np.array_equal(by_interest([1, 3, 2]), [1, 2, 0])
