"""Training on a backend other than TensorFlow, compared with TensorFlow's results."""

import keras
import msa_tf2
import numpy as np
from conftest import BACKEND, numbered, to_numpy


def test_training_is_that_of_tensorflow(case):
    """Losses, gradients, dropout, batch statistics and the models' own tasks are all in it."""
    model, arrays = case.model, case.arrays
    weights = {id(weight) for weight in model.weights}
    seeds = [variable for variable in model.variables if id(variable) not in weights]
    for i, seed in enumerate(seeds):
        seed.assign([i, 0])
    model.compile(keras.optimizers.SGD(0.05), "mae")
    losses = [
        model.train_on_batch(case.training_inputs, arrays["labels"]) for _ in arrays["losses"]
    ]
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


def test_a_late_group_is_trained_as_by_an_optimizer_that_starts_late():
    rng = np.random.default_rng(0)
    gradients = rng.normal(size=(6, 2, 3)).astype("float32")
    early, late, alone = (keras.Variable([1.0, -2.0, 3.0]) for _ in range(3))
    group = msa_tf2.WeightGroup([late], 0.5, 0.2, first_update=4)
    optimizer = msa_tf2.LayerwiseAdamW(0.01, [group], 0.1)
    optimizer.build([early, late])
    plain = keras.optimizers.AdamW(0.005, 0.2)
    for number, pair in enumerate(gradients):
        optimizer.apply([keras.ops.convert_to_tensor(gradient) for gradient in pair])
        if number >= 4:
            plain.apply([keras.ops.convert_to_tensor(pair[1])], [alone])
    np.testing.assert_allclose(to_numpy(late), to_numpy(alone), rtol=1e-5)
    assert not np.any(to_numpy(early) == to_numpy(late))


def test_a_model_with_a_late_group_fits():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    below, above = (to_numpy(layer.kernel) for layer in model.layers)
    group = msa_tf2.WeightGroup(model.layers[0].trainable_variables, first_update=2)
    model.compile(msa_tf2.LayerwiseAdamW(0.01, [group], gradient_accumulation_steps=2), "mse")
    model.fit(np.ones((8, 3)), np.ones((8, 1)), batch_size=2, verbose=0)
    np.testing.assert_array_equal(to_numpy(model.layers[0].kernel), below)
    assert not np.any(to_numpy(model.layers[1].kernel) == above)
