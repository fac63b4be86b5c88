from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import EnsembleModel, MSASeqLevelModel, load_model
from tests.models.test_packing import packs_of
from tests.models.tiny import MODALITIES, WIDTHS, make_masks, make_model, make_sequences

MEMBERS = 3


@pytest.fixture(scope="module")
def model():
    return make_model("seqlevel", members=MEMBERS, dropout_rate=0.0)


@pytest.fixture(scope="module")
def inputs():
    return (*make_sequences(batch=5), *make_masks(batch=5))


@pytest.fixture
def labels():
    return np.random.default_rng(2).uniform(-3, 3, size=(5, 1)).astype("float32")


def alone(member):
    """A single model with a member's weights."""
    single = make_model("seqlevel", dropout_rate=0.0)
    single.set_weights(member.get_weights())
    return single


def test_it_averages_models_of_their_own(model, inputs):
    each = [alone(member).explain(inputs) for member in model.members]
    assert len(each) == MEMBERS
    whole = model.explain(inputs)
    predictions = [one.prediction for one in each]
    assert np.ptp(predictions, axis=0).min() > 1e-3
    np.testing.assert_allclose(whole.prediction, np.mean(predictions, axis=0), atol=1e-6)
    weights = np.mean([one.modality_weights for one in each], axis=0)
    np.testing.assert_allclose(whole.modality_weights, weights, atol=1e-6)
    for name, maps in whole.attention.items():
        heads = np.split(maps, MEMBERS, axis=1)
        for one, expected in zip(heads, each, strict=True):
            np.testing.assert_allclose(one, expected.attention[name], atol=1e-6)


def test_members_are_built_and_counted_like_single_models(model):
    single = MSASeqLevelModel(6, *WIDTHS, model_dim=8, num_heads=2, ff_dim=8, n_layers_mod=1)
    single.build()
    assert model.count_params() == MEMBERS * single.count_params()
    assert [layer.name for layer in model.layers] == ["member_0", "member_1", "member_2"]


@pytest.mark.parametrize("loss", ["mae", keras.losses.Huber(delta=0.5)])
def test_each_member_learns_as_if_it_were_alone(model, inputs, labels, loss, eagerly):
    model.compile(keras.optimizers.SGD(0.1), loss)
    function = keras.losses.get(loss)
    with tf.GradientTape() as tape:
        total = model.compute_loss(None, labels, model(inputs, training=True), None, True)
    gradients = iter(tape.gradient(total, [w.value for w in model.trainable_variables]))
    losses = []
    for member in model.members:
        single = alone(member)
        with tf.GradientTape() as tape:
            losses.append(tf.reduce_mean(function(labels, single(inputs, training=True))))
        expected = tape.gradient(losses[-1], [w.value for w in single.trainable_variables])
        for own in expected:
            np.testing.assert_allclose(next(gradients), own / MEMBERS, atol=1e-6)
    assert float(total) == pytest.approx(np.mean(losses), abs=1e-6)
    assert float(model.auxiliary_loss(labels)) == 0


def test_labels_of_one_axis_and_an_empty_batch(model, inputs, labels, eagerly):
    model.compile("sgd", "mae")
    model(inputs, training=True)
    whole = float(model.auxiliary_loss(labels))
    model(inputs, training=True)
    assert float(model.auxiliary_loss(labels[:, 0])) == pytest.approx(whole, abs=1e-6)
    model([x[:0] for x in inputs], training=True)
    assert float(model.auxiliary_loss(labels[:0])) == 0


def test_classes_are_learnt_too(inputs, eagerly):
    model = make_model("seqlevel", members=2, num_classes=7)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(inputs, np.arange(5), verbose=0)
    assert np.isfinite(history.history["loss"][0])


def test_members_pack_too(model, inputs):
    packed = model(inputs, packs_of(inputs[3:]))
    np.testing.assert_allclose(packed, model(inputs), atol=1e-5)


def test_it_is_loaded_as_it_was_saved(model, inputs, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=1e-6)


@pytest.mark.parametrize("name", ["improved", "self_mm"])
def test_members_of_every_kind_keep_their_penalties_and_tasks(name, inputs, labels, eagerly):
    options: dict[str, Any] = {"dropout_rate": 0.0}
    if name == "self_mm":
        options["train_samples"] = 5
        inputs = {**dict(zip(MODALITIES, inputs, strict=False)), "row": np.arange(5)}
    ensemble = make_model(name, members=2, **options)
    ensemble.compile(keras.optimizers.SGD(0.1), "mae")
    own = []
    for member in ensemble.members:
        single = make_model(name, **options)
        single.set_weights(member.get_weights())
        single.compile("sgd", "mae")
        outputs = single(inputs, training=True)
        own.append(float(single.compute_loss(None, labels, outputs, None, True)))
    total = float(ensemble.compute_loss(None, labels, ensemble(inputs, training=True), None, True))
    assert total == pytest.approx(np.mean(own), rel=1e-4)
    assert own[0] != pytest.approx(own[1], rel=1e-3)


def test_no_member_at_all():
    with pytest.raises(ValueError, match=r"`n_members`.*Received: 0"):
        EnsembleModel(MSASeqLevelModel(6, *WIDTHS), 0)
