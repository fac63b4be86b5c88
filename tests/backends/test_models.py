"""Every model on a backend other than TensorFlow, compared with TensorFlow's results."""

import keras
import msa_tf2
import numpy as np
import pytest
from conftest import BACKEND, SAMPLES, names, numbered, read_arrays, run, to_numpy

TOLERANCE = {"mixed_float16": 0.05, "mixed_bfloat16": 0.3}


class Case:
    """A model that TensorFlow wrote, with what it computed there."""

    def __init__(self, name):
        self.name = name
        self.arrays = read_arrays("models", name)
        self.inputs = (*numbered(self.arrays, "sequence_"), *numbered(self.arrays, "mask_"))
        self.model = msa_tf2.load_model(SAMPLES / "models" / f"{name}.keras")


@pytest.fixture(scope="module", params=names("models"))
def case(request):
    return Case(request.param)


def test_every_model_is_there():
    assert set(msa_tf2.MODELS) <= set(names("models"))


def test_explanations_are_those_of_tensorflow(case):
    """Padding and NaN at masked steps, which TensorFlow did not get, change nothing."""
    explanation = run(case.model.explain, case.inputs)
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


@pytest.mark.parametrize("policy", TOLERANCE)
def test_half_precision_is_near(case, policy):
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


def test_training_is_that_of_tensorflow(case):
    """Losses, gradients, dropout, batch statistics and the models' own tasks are all in it."""
    model, arrays = case.model, case.arrays
    weights = {id(weight) for weight in model.weights}
    seeds = [variable for variable in model.variables if id(variable) not in weights]
    for i, seed in enumerate(seeds):
        seed.assign([i, 0])
    model.compile(keras.optimizers.SGD(0.05), "mae")
    losses = [model.train_on_batch(case.inputs, arrays["labels"]) for _ in arrays["losses"]]
    np.testing.assert_allclose(losses, arrays["losses"], rtol=1e-4)
    for seed, expected in zip(seeds, numbered(arrays, "seed_"), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(seed), expected)
    trained = zip(model.weights, numbered(arrays, "weight_"), strict=True)
    for weight, expected in trained:
        np.testing.assert_allclose(to_numpy(weight), expected, atol=1e-4, err_msg=weight.path)


def test_float16_trains_with_a_scaled_loss():
    model = msa_tf2.MODELS["lf_dnn"](6, 5, 4, 3, 8, 4, dtype="mixed_float16")
    model.compile("sgd", "mae")
    inputs = [np.random.default_rng(0).normal(size=(4, 6, width)) for width in (5, 4, 3)]
    assert np.isfinite(model.train_on_batch(tuple(inputs), np.ones((4, 1))))


class Packed(keras.Model):
    """A model whose samples share rows in training."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def build(self, input_shape):
        self.model.build()

    def call(self, inputs, training=None):
        *inputs, packs = inputs
        return self.model(tuple(inputs), packs, training=training)


def test_gradients_pass_through_shared_rows():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(3, 6, width)).astype("float32") for width in (5, 4, 3)]
    masks = [np.arange(6) < np.array([[2], [6], [4]])] * 3
    packs = np.array([[True, False, True], [False, True, False], [False, False, False]])
    trained = []
    for packed in (False, True):
        keras.utils.set_random_seed(0)
        model = msa_tf2.MSASeqLevelModel(6, 5, 4, 3, 8, 2, 8, 1, dropout_rate=0.0)
        model.build()
        inputs = (*sequences, *masks, packs) if packed else (*sequences, *masks)
        around = Packed(model) if packed else model
        around.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=BACKEND == "torch")
        around.train_on_batch(inputs, np.ones((3, 1), "float32"))
        trained.append(model.get_weights())
    for ours, theirs in zip(*trained, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
