"""Every model on a backend other than TensorFlow, compared with TensorFlow's results."""

import keras
import msa_tf2
import numpy as np
import pytest
from conftest import compiled, names, run, to_numpy

TOLERANCE = {"mixed_float16": 0.05, "mixed_bfloat16": 0.3}


def test_every_model_is_there():
    assert set(msa_tf2.MODELS) <= set(names("models"))


def test_explanations_are_those_of_tensorflow(case):
    """Padding and NaN at masked steps, which TensorFlow did not get, change nothing."""
    explain = compiled(case.model.explain)
    explanation = explain(case.inputs)
    computed = {"prediction": explanation.prediction}
    if explanation.modality_weights is not None:
        computed["modality_weights"] = explanation.modality_weights
    computed |= {f"attention/{key}": maps for key, maps in explanation.attention.items()}
    assert len([key for key in case.arrays if key.startswith("attention/")]) == len(
        explanation.attention
    )
    for key, value in computed.items():
        expected = case.arrays[key]
        value = to_numpy(value)
        if key.startswith("attention/"):  # padded, or of members side by side
            value = value[tuple(slice(size) for size in expected.shape)]
        np.testing.assert_allclose(value, expected, atol=1e-5, err_msg=key)
    check_samples_are_independent(explain, case)


def check_samples_are_independent(explain, case):
    """Compare the first sample's prediction in a batch of other samples."""
    others = [np.concatenate([x[:1], 2 * x[1:]]) for x in case.inputs[:3]]
    prediction = to_numpy(explain((*others, *case.inputs[3:])).prediction)
    np.testing.assert_allclose(prediction[0], case.arrays["prediction"][0], atol=1e-5)
    assert not np.allclose(prediction[1:], case.arrays["prediction"][1:])


@pytest.mark.parametrize("policy", TOLERANCE)
def test_half_precision_is_near(case, policy):
    if case.name not in msa_tf2.MODELS:
        pytest.skip("a variant of a model that is tested")
    half = type(case.model).from_config({**case.model.get_config(), "dtype": policy})
    half.build()
    half.set_weights(case.model.get_weights())
    prediction = run(half, case.inputs)
    assert keras.backend.standardize_dtype(prediction.dtype) == "float32"
    np.testing.assert_allclose(
        to_numpy(prediction), case.arrays["prediction"], atol=TOLERANCE[policy]
    )


def test_saved_and_loaded_it_is_the_same(case, tmp_path):
    case.model.save(tmp_path / "model.keras")
    loaded = msa_tf2.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(case.model)
    assert loaded.get_config() == case.model.get_config()
    for ours, theirs in zip(loaded.get_weights(), case.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_model_of_raw_features_scales_them(tmp_path):
    rng = np.random.default_rng(0)
    widths = {"text": 5, "audio": 4, "video": 3}
    shifts = {name: rng.normal(size=width).astype("float32") for name, width in widths.items()}
    scales = {name: np.full(width, 2.0, "float32") for name, width in widths.items()}
    model = msa_tf2.MODELS["lf_dnn"](6, *widths.values(), 8)
    raw = msa_tf2.RawFeatureModel(model, shifts, scales)
    features = [rng.normal(size=(3, 6, width)).astype("float32") for width in widths.values()]
    scaled = [(x - shifts[name]) / 2 for name, x in zip(widths, features, strict=True)]
    expected = to_numpy(run(model, tuple(scaled)))
    np.testing.assert_allclose(to_numpy(run(raw, tuple(features))), expected, atol=1e-5)
    raw.save(tmp_path / "model.keras")
    loaded = msa_tf2.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(to_numpy(run(loaded, tuple(features))), expected, atol=1e-5)
