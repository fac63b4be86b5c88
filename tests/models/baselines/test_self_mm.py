import numpy as np
import pytest
import tensorflow as tf

from tests.models import numpy_layers
from tests.models.baselines.samples import dense_count, gappy_samples, lstm_count, random_model
from tests.models.tiny import MODALITIES, WIDTHS

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


def make(**options):
    """A model that has seen no sample."""
    model = random_model("self_mm", **SIZES, **options)
    for weight in model.non_trainable_weights:
        weight.assign(np.zeros(weight.shape))
    return model


def numbered(sequences, masks):
    """A dict of the inputs, with the numbers of the samples."""
    inputs = dict(zip(MODALITIES, sequences, strict=True), row=np.arange(len(masks[0])))
    return inputs | {f"{name}_mask": mask for name, mask in zip(MODALITIES, masks, strict=True)}


@pytest.fixture(scope="module")
def model():
    return make(train_samples=8)


def test_the_forward_pass_agrees_with_numpy(model):
    sequences, masks = gappy_samples()
    _, expected, _, _ = forward(model, sequences, masks)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_modalities_tasks_agree_with_numpy(model):
    sequences, masks = gappy_samples()
    fused, _, hidden, scores = forward(model, sequences, masks)
    model(numbered(sequences, masks), training=True)
    found, representations, own_scores, present, row = model._tasks
    np.testing.assert_allclose(found, fused, atol=1e-5)
    np.testing.assert_array_equal(row, np.arange(4))
    for i, mask in enumerate(masks):
        np.testing.assert_allclose(representations[i], hidden[i], atol=1e-5)
        np.testing.assert_allclose(own_scores[i][:, 0], scores[i], atol=1e-5)
        np.testing.assert_array_equal(present[i], mask.any(axis=1))


def test_an_empty_share_of_a_batch_leaves_memory_and_centres(model):
    sequences, masks = gappy_samples()
    batch = numbered([x.astype("float32") for x in sequences], masks)
    batch["labels"] = np.array([[1.0], [-1.0], [2.0], [-2.0]], "float32")
    specs = {name: tf.TensorSpec((None, *x.shape[1:]), x.dtype) for name, x in batch.items()}

    @tf.function(input_signature=[specs])
    def auxiliary_loss(batch):
        inputs = {name: x for name, x in batch.items() if name != "labels"}
        model(inputs, training=True)
        return model.auxiliary_loss(batch["labels"])

    def state():
        layer = model.supervision
        return layer.fusion_centres(np.ones((1, 4), "float32"))[0], layer.memory.sums.numpy()

    for _ in range(2):
        auxiliary_loss(batch)
    before = state()
    assert float(auxiliary_loss({name: x[:0] for name, x in batch.items()})) == 0
    for now, then in zip(state(), before, strict=True):
        np.testing.assert_allclose(now, then, rtol=1e-5)
    assert float(auxiliary_loss(batch)) > 0


def test_fit_trains_the_modalities_tasks_from_the_third_epoch_on():
    inputs = numbered(*gappy_samples())
    model = make(train_samples=4)
    model.compile("sgd", "mae", run_eagerly=True)
    labels = np.array([[1.0], [-1.0], [-2.0], [2.0]])
    before, moved = [layer.bias.numpy() for layer in model.task_outputs], []
    for _ in range(3):
        model.train_on_batch(inputs, labels)
        pairs = zip(model.task_outputs, before, strict=True)
        moved.append([np.any(layer.bias.numpy() != old) for layer, old in pairs])
    assert moved == [[False] * 3, [False] * 3, [True] * 3]


def test_a_training_must_say_which_samples_it_has(model):
    sequences, masks = gappy_samples()
    with pytest.raises(ValueError, match=r"train_samples=8 must know .* Received: no `row`"):
        model((*sequences, *masks), training=True)


def test_there_are_no_tasks_without_train_samples():
    sequences, masks = gappy_samples()
    model = make()
    model((*sequences, *masks), training=True)
    assert float(model.auxiliary_loss(np.ones((4, 1)))) == 0


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
    centres, memory = 2 * (d + 1) + 3 * 2 * (s + 1), 8 * 5
    assert model.count_params() == sum(networks) + prediction + tasks + centres + memory
