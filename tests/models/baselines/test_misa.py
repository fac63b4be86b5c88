import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.saving.serialization_lib import ObjectSharingScope

from models.baselines.misa_losses import (
    central_moment_discrepancy,
    difference_loss,
    reconstruction_loss,
)
from models.baselines.stacked_bilstm import StackedBiLSTM
from tests.models import numpy_layers
from tests.models.baselines.samples import dense_count, gappy_samples, lstm_count, random_model
from tests.models.tiny import WIDTHS

SIZES = {"model_dim": 4, "num_heads": 2, "ff_dim": 6, "dropout_rate": 0.0}
PAIRS = ((0, 1), (0, 2), (1, 2))
LOSSES = (central_moment_discrepancy, difference_loss, reconstruction_loss)


@pytest.fixture(scope="module")
def model():
    return random_model("misa", **SIZES)


def both_ways(x, mask, lstms):
    """States of the forward LSTM, and of the backward one, which starts at the last step."""
    forwards = numpy_layers.lstm(x, mask, lstms[0])
    backwards = numpy_layers.lstm(x[:, ::-1], mask[:, ::-1], lstms[1])
    return np.concatenate([forwards, backwards[:, ::-1]], axis=-1)


def last_states(states, units):
    return np.concatenate([states[:, -1, :units], states[:, 0, units:]], axis=-1)


def representations(model, sequences, masks):
    """What each modality is (u), its private vector and its shared one."""
    originals, private, shared = [], [], []
    for m, (x, mask) in enumerate(zip(sequences, masks, strict=True)):
        encoder = model.encoders[m]
        lower = both_ways(x, mask, encoder.lower)
        upper = both_ways(numpy_layers.layer_norm(lower, encoder.norm), mask, encoder.upper)
        states = np.concatenate([last_states(s, encoder.units) for s in (lower, upper)], axis=-1)
        projected = numpy_layers.relu(numpy_layers.dense(states, model.projections[m]))
        originals.append(numpy_layers.layer_norm(projected, model.norms[m]))
        private.append(numpy_layers.sigmoid(numpy_layers.dense(originals[m], model.private[m])))
        shared.append(numpy_layers.sigmoid(numpy_layers.dense(originals[m], model.shared)))
    return originals, private, shared


def test_the_forward_pass_agrees_with_numpy(model):
    sequences, masks = gappy_samples()
    _, private, shared = representations(model, sequences, masks)
    present = np.stack([mask.any(axis=1) for mask in masks] * 2, axis=1)
    six = np.where(present[..., None], np.stack([*private, *shared], axis=1), 0.0)
    allowed = np.broadcast_to(present[:, None], (len(six), 6, 6))
    fused = numpy_layers.block(model.fusion, six, None, allowed)
    flat = np.where(present[..., None], fused, 0.0).reshape(len(six), -1)
    hidden = numpy_layers.relu(numpy_layers.dense(flat, model.hidden))
    expected = numpy_layers.dense(hidden, model.output_layer)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def cmd(x, y):
    total = np.sqrt(((x.mean(0) - y.mean(0)) ** 2).sum())
    for k in range(2, 6):
        moments = [((z - z.mean(0)) ** k).mean(0) for z in (x, y)]
        total += np.sqrt(((moments[0] - moments[1]) ** 2).sum())
    return total


def difference(x, y):
    x, y = ((z - z.mean(0)) for z in (x, y))
    x, y = (z / (np.sqrt((z**2).sum(1, keepdims=True)) + 1e-6) for z in (x, y))
    entries = [sum(x[b, i] * y[b, j] for b in range(len(x))) for i, j in np.ndindex(4, 4)]
    return np.mean(np.square(entries))


def test_the_losses_in_training_agree_with_numpy(model):
    sequences, masks = gappy_samples(batch=12)
    u, p, c = representations(model, sequences, masks)
    there = [mask.any(axis=1) for mask in masks]
    both = {(m, n): there[m] & there[n] for m, n in PAIRS}
    similarity = sum(cmd(c[m][both[m, n]], c[n][both[m, n]]) for m, n in PAIRS) / 3
    distance = sum(difference(p[m][there[m]], c[m][there[m]]) for m in range(3))
    distance += sum(difference(p[m][both[m, n]], p[n][both[m, n]]) for m, n in PAIRS)
    rebuilt = [numpy_layers.dense(p[m] + c[m], model.decoders[m]) for m in range(3)]
    errors = [((u[m] - rebuilt[m])[there[m]] ** 2).mean() for m in range(3)]
    model((*sequences, *masks), training=True)
    expected = [0.3 * similarity, 0.1 * distance, 1.0 * np.mean(errors)]
    np.testing.assert_allclose(model.losses, expected, rtol=1e-4)
    model((*sequences, *masks), training=False)
    assert model.losses == []


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("valid", [[], [False, False], [True, False], [True, True]])
def test_losses_of_few_samples_and_their_gradients_are_finite(loss, valid):
    x = tf.Variable(np.full((len(valid), 3), 0.3, "float32"))
    with tf.GradientTape() as tape:
        value = loss(x, x + 0.0, tf.constant(valid, tf.bool))
    assert float(value) == pytest.approx(0.0, abs=1e-6)
    assert np.isfinite(tape.gradient(value, x)).all()


def test_fit_minimises_the_three_losses_with_that_of_the_scores(model):
    sequences, masks = gappy_samples(batch=7)
    inputs, labels = tuple(x.astype("float32") for x in (*sequences, *masks)), np.ones((7, 1))
    model.compile(keras.optimizers.SGD(0.0), "mae", jit_compile=False, run_eagerly=True)
    scores = model(inputs, training=True)
    expected = np.abs(scores - labels).mean() + sum(map(float, model.losses))
    assert model.train_on_batch(inputs, labels) == pytest.approx(expected, rel=1e-5)


def test_the_number_of_parameters(model):
    d, units, ff = 4, 2, 6
    lstms = sum(2 * (lstm_count(w, units) + lstm_count(2 * units, units)) for w in WIDTHS)
    projections = 3 * (2 * 2 * units + dense_count(4 * units, d) + 2 * d)
    spaces = (3 + 1 + 3) * dense_count(d, d)
    fusion = 3 * dense_count(d, d) + d * d + dense_count(d, ff, d) + 2 * 2 * d
    head = dense_count(6 * d, 3 * d, 1)
    assert model.count_params() == lstms + projections + spaces + fusion + head


def test_encoders_made_while_a_model_is_loaded_share_no_layer():
    """Keras takes a layer for one it has seen where Python gives it the memory of that one."""
    encoders, lstms = [], set()
    gc.freeze()  # What is there already would be searched in every turn.
    with ObjectSharingScope():
        for _ in range(40):
            gc.collect()
            encoders.append(StackedBiLSTM(3, 2))
            lstms |= {id(lstm) for lstm in (*encoders[-1].lower, *encoders[-1].upper)}
    assert len(lstms) == 4 * len(encoders)
