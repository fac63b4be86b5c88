import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.settings import TrainSettings
from experiments.tasks.losses import make_loss
from experiments.training.compiled_model import gradient_sums
from experiments.training.distribution import Distribution
from experiments.training.loop import uses_xla
from experiments.training.optimizer import make_optimizer
from experiments.training.step import share_of_loss, training_step, updates
from experiments.training.weight_average import WeightAverage
from models import MSASeqLevelModel
from utils.batches.batch_plan import BatchPlan
from utils.batches.packing import Packer
from utils.measures.score_target import ScoreTarget

SETTINGS = {"warmup": 0.0, "schedule": "constant", "loss": "mse", "clip_norm": 0.0}
PRECISIONS = {"float16": "mixed_float16", "bfloat16": "mixed_bfloat16"}


def compiled(model, **options):
    settings = TrainSettings(**{**SETTINGS, **options})
    model.compile(make_optimizer(settings, 10), make_loss(settings, ScoreTarget()))
    model.optimizer.build(model.trainable_variables)
    return model


def dense():
    """A linear model with a penalty."""
    keras.utils.set_random_seed(3)
    layer = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.1))
    return compiled(keras.Sequential([keras.Input((4,)), layer]))


def sentiment_model():
    keras.utils.set_random_seed(0)
    model = MSASeqLevelModel(6, 5, 4, 3, 8, 2, 8, 1, dropout_rate=0.0)
    model.build()
    return compiled(model)


def stepper(model, batch, **options):
    """Return the step for batches like `batch`, of any size."""
    signature = tf.nest.map_structure(lambda x: tf.TensorSpec((None, *x.shape[1:]), x.dtype), batch)
    distribution = Distribution(tf.distribute.get_strategy())
    return training_step(model, distribution, signature, **options)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 4)).astype("float32"), rng.normal(size=(6, 1)).astype("float32")


@pytest.fixture
def sequences():
    """Three sequences and their masks; in half of the samples there is no audio."""
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(4, 6, width)).astype("float32") for width in (5, 4, 3)]
    masks = [np.ones((4, 6), bool) for _ in range(3)]
    masks[1][:2] = False
    labels = rng.uniform(-3, 3, size=(4, 1)).astype("float32")
    return tuple(map(tf.constant, (*inputs, *masks))), tf.constant(labels)


def test_loss_is_the_mean_over_samples_plus_penalties(batch, eagerly):
    model = dense()
    (x, y), (kernel, bias) = batch, (w.numpy() for w in model.weights)
    expected = np.mean((x @ kernel + bias - y) ** 2) + 0.1 * np.sum(kernel**2)
    assert float(stepper(model, batch)(batch, 6.0, True)) == pytest.approx(expected, rel=1e-5)


class WithTaskOfItsOwn(MSASeqLevelModel):
    """Adds the mean square of the labels, which makes the batch's parts easy to add up."""

    def auxiliary_loss(self, labels):
        return tf.reduce_sum(labels**2) / max(len(labels), 1)


def test_an_auxiliary_loss_on_labels_counts_in_fit_and_in_the_loop(sequences, eagerly):
    inputs, labels = sequences
    plain = sentiment_model()
    model = WithTaskOfItsOwn.from_config(plain.get_config())
    model.build()
    compiled(model).set_weights(plain.get_weights())
    expected = float(share_of_loss(plain, inputs, labels, 4.0)) + np.mean(labels**2)
    cuts = (slice(3), slice(3, 4), slice(4, 4))
    parts = [(tuple(x[cut] for x in inputs), labels[cut]) for cut in cuts]
    shares = [float(share_of_loss(model, *part, 4.0)) for part in parts]
    assert sum(shares) == pytest.approx(expected, rel=1e-5) and shares[2] == 0
    assert model.test_on_batch(inputs, labels) == pytest.approx(
        plain.test_on_batch(inputs, labels), rel=1e-5
    )
    assert model.train_on_batch(inputs, labels) == pytest.approx(expected, rel=1e-5)


def test_accumulated_batches_equal_one_large_batch(batch, eagerly):
    large, small = dense(), dense()
    loss = float(stepper(large, batch)(batch, 6.0, True))
    sums = gradient_sums(small)
    step = stepper(small, batch, sums=sums)
    before = small.weights[0].numpy()
    parts = [tuple(a[:4] for a in batch), tuple(a[4:] for a in batch), tuple(a[6:] for a in batch)]
    shares = [float(step(part, 6.0, False)) for part in parts[:2]]
    np.testing.assert_array_equal(small.weights[0], before)
    shares.append(float(step(parts[2], 6.0, True)))
    assert sum(shares) == pytest.approx(loss, rel=1e-6)
    for one, other in zip(small.weights, large.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert all(not np.any(total) for total in sums)
    assert int(small.optimizer.iterations) == 1


def test_updates_end_with_the_epoch():
    plan = BatchPlan(11, 3)
    assert updates(plan, 1, 1) == [(3, True), (3, True), (3, True), (2, True)]
    assert updates(plan, 1, 3) == [(9, False), (9, False), (9, True), (2, True)]
    assert updates(plan, 1, 3, np.arange(11)) == [(36, False), (36, False), (36, True), (19, True)]


def test_adamw_follows_the_formula(eagerly):
    """Loshchilov and Hutter, 2019; the gradients scaled to the norm before, biases not decayed."""
    rate, decay, limit = 0.01, 0.1, 0.5
    kernel, bias = (
        keras.Variable([[1.0], [-2.0]], name="kernel"),
        keras.Variable([3.0], name="bias"),
    )
    options = {"learning_rate": rate, "weight_decay": decay, "clip_norm": limit}
    optimizer = make_optimizer(TrainSettings(**{**SETTINGS, **options}), 10)
    optimizer.build([kernel, bias])
    weights, first, second = np.array([1.0, -2.0, 3.0]), np.zeros(3), np.zeros(3)
    rng = np.random.default_rng(0)
    for t in range(1, 6):
        gradient = rng.normal(size=3) * t
        optimizer.apply(
            [tf.constant(gradient[:2, None], "float32"), tf.constant(gradient[2:], "float32")]
        )
        gradient *= min(1, limit / np.linalg.norm(gradient))
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        weights -= rate * decay * weights * [1, 1, 0]
        weights -= rate * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + 1e-7)
    np.testing.assert_allclose([*kernel.numpy()[:, 0], *bias.numpy()], weights, rtol=1e-4)


def test_averaged_weights_follow_the_formula(batch, eagerly):
    model = dense()
    average = WeightAverage(model, 0.25)
    expected = [w.numpy() for w in model.weights]
    step = stepper(model, batch, average=average)
    for t in range(1, 6):
        step(batch, 6.0, True)
        momentum = min(0.25, (1 + t) / (10 + t))
        expected = [
            momentum * e + (1 - momentum) * w.numpy()
            for e, w in zip(expected, model.weights, strict=True)
        ]
    for ours, theirs in zip(average.variables, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_half_precision_learns_without_nan_where_a_modality_is_absent(
    precision, sequences, eagerly
):
    keras.config.set_dtype_policy(PRECISIONS[precision])
    model = sentiment_model()
    step = stepper(model, sequences)
    losses = [float(step(sequences, 4.0, True)) for _ in range(8)]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    assert all(np.isfinite(w.numpy()).all() for w in model.weights)
    assert model(sequences[0]).dtype == "float32"
    assert model.output_layer.compute_dtype == "float32"
    assert all(w.dtype == "float32" for w in model.trainable_variables)


def test_float16_scales_the_loss_once_and_its_gradients_back(sequences, eagerly):
    moments = []
    for policy in ("float32", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        model = sentiment_model()
        stepper(model, sequences)(sequences, 4.0, True)
        optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
        assert isinstance(optimizer, keras.optimizers.AdamW)
        moments.append(np.concatenate([m.numpy().ravel() for m in optimizer._momentums]))
    assert float(model.optimizer.scale_loss(1.0)) == 2**15
    exact, half = moments
    assert np.linalg.norm(half - exact) < 0.02 * np.linalg.norm(exact)


def test_float16_leaves_the_weights_where_a_gradient_overflows(sequences, eagerly):
    keras.config.set_dtype_policy("mixed_float16")
    model = sentiment_model()
    model.optimizer.dynamic_scale.assign(2.0**40)
    before = [w.numpy() for w in model.weights]
    assert np.isfinite(float(stepper(model, sequences)(sequences, 4.0, True)))
    for ours, theirs in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert float(model.optimizer.dynamic_scale) == 2.0**39


def test_an_empty_share_of_a_batch_adds_nothing(batch, eagerly):
    """A replica gets one where the last batch has fewer samples than there are replicas."""
    model = dense()
    sums = gradient_sums(model)
    empty = tuple(a[:0] for a in batch)
    assert float(stepper(model, batch, sums=sums)(empty, 4.0, False)) == 0
    assert all(not np.any(total) for total in sums)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"epochs": 19}, False),
        ({"epochs": 1, "jit": "on"}, True),
        ({"jit": "off"}, False),
        ({"buckets": 4}, False),
        ({"mixed_precision": "bfloat16"}, False),
        ({"strategy": "mirrored"}, False),
    ],
)
def test_xla_where_it_pays(options, expected):
    assert uses_xla(TrainSettings(**{"epochs": 20, **options}), 100) == expected


def test_a_step_learns_the_same_from_packed_samples(eagerly):
    rng = np.random.default_rng(0)
    masks = [np.arange(6) < rng.integers(0, 4, (8, 1)) for _ in range(3)]
    inputs = [rng.normal(size=(8, 6, width)).astype("float32") for width in (5, 4, 3)]
    batch = (*inputs, *masks), rng.normal(size=(8, 1)).astype("float32")
    packs = Packer(np.stack([m.sum(axis=1) for m in masks], axis=1), (6,) * 3).assign(np.arange(8))
    assert len(packs) < 5
    packed, plain = sentiment_model(), sentiment_model()
    loss = stepper(packed, (*batch, packs))((*batch, packs), 8.0, True)
    assert float(loss) == pytest.approx(float(stepper(plain, batch)(batch, 8.0, True)), abs=1e-6)
    for one, other in zip(packed.weights, plain.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"model": "msa"}, "--packing needs a model that can, seqlevel. Received: --model msa."),
        ({"buckets": 2}, "--packing spares all padding: leave --buckets out. Received: 2."),
        ({"mixup": 0.2}, "--packing and --mixup, which makes samples longer, exclude each other."),
        ({"strategy": "mirrored"}, "--packing needs one device. Received: --strategy mirrored."),
    ],
)
def test_packing_is_refused_where_it_cannot_work(options, fault):
    assert TrainSettings(data="d", packing=True, **options).faults() == [fault]
    assert not TrainSettings(data="d", packing=True).faults()


def test_xla_is_refused_on_several_devices():
    settings = TrainSettings(data="d", jit="on", strategy="mirrored")
    assert settings.faults() == ["--jit on needs one device. Received: --strategy mirrored."]
