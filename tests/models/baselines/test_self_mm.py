import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import numpy_layers
from tests.models.baselines.samples import dense_count, gappy_samples, lstm_count, random_model
from tests.models.tiny import WIDTHS

SIZES = {"model_dim": 4, "unimodal_dim": 3, "centre_momentum": 0.75, "dropout_rate": 0.0}


def forward(model, sequences, masks):
    """The fused features, the prediction, each modality's features and its score."""
    vectors = [
        numpy_layers.lstm_subnetwork(x, mask, network)
        for x, mask, network in zip(sequences, masks, model.subnetworks, strict=True)
    ]
    joined = np.concatenate(vectors, axis=-1)
    fused = numpy_layers.relu(numpy_layers.dense(joined, model.hidden))
    hidden = [
        numpy_layers.relu(numpy_layers.dense(vector, layer))
        for vector, layer in zip(vectors, model.task_hidden, strict=True)
    ]
    scores = [
        numpy_layers.dense(x, layer)[:, 0]
        for x, layer in zip(hidden, model.task_outputs, strict=True)
    ]
    return fused, numpy_layers.dense(fused, model.output_layer), hidden, scores


class Memory:
    """All samples so far with their weights; a centre is their weighted mean."""

    def __init__(self):
        self.rows = []  # weight, class, features

    def alpha(self, features):
        centres = {}
        for sign in (1, -1):
            of_class = [(w, f) for w, s, f in self.rows if s == sign]
            if not of_class:
                return None
            total = sum(w for w, _ in of_class)
            centres[sign] = sum(w * f for w, f in of_class) / total
        root = np.sqrt(len(features))
        near, far = (np.sum((features - centres[sign]) ** 2) / root for sign in (1, -1))
        return (far - near) / (near + 1e-6)

    def add(self, features, labels, present):
        self.rows = [(0.75 * w, s, f) for w, s, f in self.rows]
        for f, y, there in zip(features, labels, present, strict=True):
            if there:
                self.rows.append((1.0, np.sign(y), f))


def auxiliary_loss(memories, fused, hidden, scores, labels, present):
    total, alphas = 0.0, [memories[0].alpha(f) for f in fused]
    for memory, features, own_scores, there in zip(
        memories[1:], hidden, scores, present, strict=True
    ):
        own_labels = []
        for b, y in enumerate(labels):
            alpha, own = alphas[b], memory.alpha(features[b])
            if alpha is not None and own is not None:
                shift = (own - alpha) / 2 * (y + alpha) / alpha
                y = np.clip(y + shift, -3, 3)
            own_labels.append(y)
            total += there[b] * np.tanh(abs(y - labels[b])) * abs(own_scores[b] - y)
        memory.add(features, own_labels, there)
    memories[0].add(fused, labels, [True] * len(labels))
    return total / len(labels)


def make(**options):
    """A model that has seen no sample."""
    model = random_model("self_mm", **SIZES, **options)
    for weight in model.non_trainable_weights:
        weight.assign(np.zeros(weight.shape))
    return model


@pytest.fixture(scope="module")
def model():
    return make()


def test_the_forward_pass_agrees_with_numpy(model):
    sequences, masks = gappy_samples()
    _, expected, _, _ = forward(model, sequences, masks)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_modalities_tasks_agree_with_numpy_batch_after_batch():
    sequences, masks = gappy_samples(batch=8)
    model, memories = make(), [Memory() for _ in range(4)]
    labels = np.random.default_rng(0).uniform(-3, 3, size=8)
    labels[2] = 0.0
    losses = []
    for rows in (slice(0, 4), slice(2, 8), slice(1, 7)):
        x, m = [x[rows] for x in sequences], [mask[rows] for mask in masks]
        fused, _, hidden, scores = forward(model, x, m)
        present = [mask.any(axis=1) for mask in m]
        expected = auxiliary_loss(memories, fused, hidden, scores, labels[rows], present)
        model((*x, *m), training=True)
        loss = float(model.auxiliary_loss(labels[rows][:, None]))
        assert loss == pytest.approx(expected, rel=1e-3, abs=1e-5)
        losses.append(loss)
    assert losses[0] == 0 and losses[1] > 0.01 and losses[2] > 0.01


def test_an_empty_share_of_a_batch_leaves_the_centres_where_they_are(model):
    sequences, masks = gappy_samples()
    batch = [*(x.astype("float32") for x in sequences), *masks]
    batch.append(np.array([[1.0], [-1.0], [2.0], [-2.0]], "float32"))

    @tf.function(input_signature=[tf.TensorSpec((None, *x.shape[1:]), x.dtype) for x in batch])
    def auxiliary_loss(*arrays):
        model(arrays[:-1], training=True)
        return model.auxiliary_loss(arrays[-1])

    auxiliary_loss(*batch)
    centres = model.supervision.fusion_centres
    before = centres(np.ones((1, 4), "float32"))[0]
    assert float(auxiliary_loss(*(x[:0] for x in batch))) == 0
    np.testing.assert_allclose(centres(np.ones((1, 4), "float32"))[0], before, rtol=1e-5)
    assert float(auxiliary_loss(*batch)) > 0


def test_fit_trains_the_modalities_tasks():
    sequences, masks = gappy_samples(batch=8)
    model = make()
    model.compile(keras.optimizers.Adam(0.01), "mae", run_eagerly=True)
    before = [layer.bias.numpy() for layer in model.task_outputs]
    labels = np.random.default_rng(0).uniform(-3, 3, size=(8, 1))
    for _ in range(2):
        model.train_on_batch((*sequences, *masks), labels)
    moved = [
        np.any(layer.bias.numpy() != old)
        for layer, old in zip(model.task_outputs, before, strict=True)
    ]
    assert moved == [True] * 3


def test_classes_have_no_tasks():
    sequences, masks = gappy_samples()
    model = make(num_classes=3)
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    loss = model.test_on_batch((*sequences, *masks), np.ones((4, 1)))
    assert model.train_on_batch((*sequences, *masks), np.ones((4, 1))) == pytest.approx(loss)


def test_the_number_of_parameters(model):
    d, s = 4, 3
    networks = [
        lstm_count(w, u) + dense_count(u, u) for w, u in zip(WIDTHS, (d, s, s), strict=True)
    ]
    prediction = dense_count(d + 2 * s, d, 1)
    tasks = dense_count(d, s, 1) + 2 * dense_count(s, s, 1)
    centres = 2 * (d + 1) + 3 * 2 * (s + 1)
    assert model.count_params() == sum(networks) + prediction + tasks + centres
