"""What masks mean, rule by rule, for every model under every dtype policy.

Tolerances: 1e-5 in float32. In half precision a number of size 1 has steps of 1e-3 (float16) or
8e-3 (bfloat16), and a sum over another number of steps may round elsewhere: 1e-2 and 8e-2.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from models import MODELS
from tests.models.layer_case import POLICIES
from tests.models.tiny import MODALITIES, SEQ_LEN, WIDTHS, make_masks, make_model, make_sequences

TOLERANCE = {"float32": 1e-5, "mixed_float16": 1e-2, "mixed_bfloat16": 8e-2}
few = settings(deadline=None, derandomize=True, max_examples=4)

lengths = st.tuples(*[st.integers(1, SEQ_LEN)] * 3)
BATCH = 8
masks_of_any_kind = st.tuples(
    *[
        st.lists(
            st.lists(st.booleans(), min_size=SEQ_LEN, max_size=SEQ_LEN),
            min_size=BATCH,
            max_size=BATCH,
        ).map(np.array)
    ]
    * 3
)  # holes, left padding, empty modalities


@pytest.fixture(
    scope="module",
    params=[(name, policy) for name in MODELS for policy in POLICIES],
    ids=lambda pair: "-".join(pair),
)
def case(request):
    name, policy = request.param
    return make_model(name, dtype=policy), TOLERANCE[policy]


def ruin(sequences, masks, value):
    """Put `value` at the masked steps."""
    return tuple(
        np.where(mask[..., None], x, np.asarray(value, "float32"))
        for x, mask in zip(sequences, masks, strict=True)
    )


@few
@given(lengths=lengths)
def test_rule_1_padding_changes_no_output(case, lengths):
    model, tolerance = case
    short = make_sequences(BATCH, lengths)
    padded = tuple(
        np.concatenate([x, np.zeros((BATCH, SEQ_LEN - x.shape[1], x.shape[2]), "float32")], axis=1)
        for x in short
    )
    np.testing.assert_allclose(model(padded), model(short), atol=tolerance)
    masks = tuple(np.arange(SEQ_LEN) < np.full((BATCH, 1), n) for n in lengths)
    np.testing.assert_allclose(model((*padded, *masks)), model(short), atol=tolerance)


@few
@given(masks=masks_of_any_kind, bad=st.sampled_from([1e30, np.nan, np.inf, -np.inf]))
def test_rule_2_masked_values_reach_no_output(case, masks, bad):
    model, _ = case
    sequences = make_sequences(BATCH)
    clean, ruined = (
        model.explain((*x, *masks))
        for x in (ruin(sequences, masks, 0.0), ruin(sequences, masks, bad))
    )
    np.testing.assert_array_equal(ruined.prediction, clean.prediction)
    np.testing.assert_array_equal(ruined.modality_weights, clean.modality_weights)
    for name, maps in clean.attention.items():
        np.testing.assert_array_equal(ruined.attention[name], maps, err_msg=name)


@pytest.mark.parametrize("training", [False, True])
def test_rule_2_masked_values_reach_no_gradient(case, training):
    model, _ = case
    masks = make_masks(BATCH)
    masks[1][0] = False  # one modality absent,
    for mask in masks:  # and one sample wholly
        mask[2] = False
    bad = np.resize([np.nan, np.inf, -np.inf, 1e30], (SEQ_LEN, 1))
    sequences = [tf.constant(x) for x in ruin(make_sequences(BATCH), masks, bad)]
    with tf.GradientTape() as tape:
        tape.watch(sequences)
        loss = tf.reduce_sum((model((*sequences, *masks), training=training) - 1.0) ** 2)
    assert np.isfinite(loss)
    *weights, text, audio, video = tape.gradient(
        loss, [*model.trainable_variables, *sequences], unconnected_gradients="zero"
    )
    assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient in weights)
    for gradient, mask in zip((text, audio, video), masks, strict=True):
        assert np.all(gradient.numpy()[~mask] == 0)
        assert np.isfinite(gradient).all() and np.any(gradient.numpy()[mask] != 0)


@few
@given(present=st.lists(st.booleans(), min_size=3, max_size=3), bad=st.sampled_from([0, np.nan]))
def test_rule_3_an_absent_modality_takes_no_part(case, present, bad):
    model, tolerance = case
    masks = tuple(np.full((BATCH, SEQ_LEN), p) for p in present)
    explanation = model.explain((*ruin(make_sequences(BATCH), masks, bad), *masks))
    assert np.isfinite(explanation.prediction).all()
    weights = explanation.modality_weights.numpy()
    assert np.all(weights[:, ~np.array(present)] == 0)
    np.testing.assert_allclose(weights.sum(axis=1), float(any(present)), atol=1e-5)
    assert np.all(weights[:, np.array(present)] > 0)
    for name, there in zip(MODALITIES, present, strict=True):
        for key, maps in explanation.attention.items():
            to_it = key.endswith(f"from_{name}") or key.startswith(f"{name}/")
            if to_it and not there:
                assert np.all(np.array(maps, "float32") == 0), key
    # Its sequence may have any length, for nothing of it is seen.
    shorter = [
        x[:, : None if p else 2] for x, p in zip(make_sequences(BATCH), present, strict=True)
    ]
    shorter_masks = [m[:, : x.shape[1]] for m, x in zip(masks, shorter, strict=True)]
    again = model((*shorter, *shorter_masks))
    np.testing.assert_allclose(again, explanation.prediction, atol=tolerance)


def test_rule_3_absence_is_a_matter_of_each_sample(case):
    model, tolerance = case
    sequences, masks = make_sequences(BATCH), make_masks(BATCH)
    masks[2][1] = False
    weights = model.explain((*sequences, *masks)).modality_weights.numpy()
    assert weights[1, 2] == 0 and np.all(weights[[0, 2]] > 0)
    zeroed = ruin(sequences, masks, 0.0)  # masks made from zeros find the same absence
    np.testing.assert_allclose(model(zeroed), model((*sequences, *masks)), atol=tolerance)


@few
@given(masks=masks_of_any_kind, sample=st.integers(0, BATCH - 1))
def test_rule_4_a_sample_does_not_see_its_batch(case, masks, sample):
    model, tolerance = case
    sequences = make_sequences(BATCH)
    together = model((*sequences, *masks)).numpy()[sample]
    rows = slice(sample, sample + 1)
    alone = model(tuple(x[rows] for x in (*sequences, *masks))).numpy()[0]
    np.testing.assert_allclose(alone, together, atol=tolerance)
    others = np.arange(BATCH) != sample
    changed = [np.where(others[:, None, None], -5 * x, x) for x in sequences]
    np.testing.assert_allclose(model((*changed, *masks))[sample], together, atol=tolerance)


def test_rule_5_saving_and_configs_keep_the_outputs(case, tmp_path):
    model, _ = case
    inputs = (*make_sequences(BATCH), *make_masks(BATCH))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model) and loaded.dtype_policy.name == model.dtype_policy.name
    np.testing.assert_array_equal(loaded(inputs), model(inputs))
    again = type(model).from_config(model.get_config())
    assert again.get_config() == model.get_config()
    again.build()
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again(inputs), model(inputs))


def test_rule_6_a_model_built_on_one_batch_runs_on_others(case):
    built, tolerance = case
    model = type(built).from_config(built.get_config())
    model(make_sequences(batch=2, lengths=(3, 2, 4)))
    model.set_weights(built.get_weights())
    for batch, lengths in ((1, (6, 6, 6)), (5, (1, 1, 1)), (4, (6, 2, 5))):
        sequences = make_sequences(batch, lengths)
        output = model(sequences)
        assert output.shape == (batch, 1)
        np.testing.assert_allclose(output, built(sequences), atol=tolerance)


def test_rule_6_a_traced_model_runs_on_any_batch_and_length():
    model = make_model("seqlevel")
    signature = tuple(tf.TensorSpec((None, None, width)) for width in WIDTHS)
    traced = tf.function(model, input_signature=(signature,))
    for batch, lengths in ((1, (6, 6, 6)), (5, (1, 1, 1)), (4, (6, 2, 5))):
        sequences = make_sequences(batch, lengths)
        np.testing.assert_allclose(traced(sequences), model(sequences), atol=1e-5)
