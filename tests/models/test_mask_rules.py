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

# Models of this repository that stand for a half precision.
HALVES = {
    ("msa", "mixed_float16"),
    ("improved", "mixed_bfloat16"),
    ("balanced", "mixed_float16"),
}
TOLERANCE = {"float32": 1e-5, "mixed_float16": 1e-2, "mixed_bfloat16": 8e-2}
few = settings(deadline=None, derandomize=True, max_examples=8)

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


class Case:
    """A model, its inference as one traced function of any batch and length, its tolerance."""

    def __init__(self, name, policy):
        self.model = make_model(name, dtype=policy)
        self.tolerance = TOLERANCE[policy]
        sequences = [tf.TensorSpec((None, None, width)) for width in WIDTHS]
        masks = [tf.TensorSpec((None, None), tf.bool)] * 3
        self.traced = tf.function(
            lambda *inputs: self.model.explain(inputs),
            input_signature=[*sequences, *masks],
            autograph=False,
        )

    def explain(self, sequences, masks):
        return self.traced(*map(tf.constant, (*sequences, *masks)))

    def predict(self, sequences, masks):
        return self.explain(sequences, masks).prediction.numpy()

    def assert_close(self, ours, theirs):
        np.testing.assert_allclose(ours, theirs, atol=self.tolerance)


def checked(name, policy):
    """Whether to try all rules: of baselines in float32; test_models.py tries them in halves."""
    return policy == "float32" or name == "seqlevel" or (name, policy) in HALVES


@pytest.fixture(
    scope="module",
    params=[(name, policy) for name in MODELS for policy in POLICIES if checked(name, policy)],
    ids=lambda pair: "-".join(pair),
)
def case(request):
    return Case(*request.param)


def ruin(sequences, masks, value):
    """Put `value` at the masked steps."""
    return tuple(
        np.where(mask[..., None], x, np.asarray(value, "float32"))
        for x, mask in zip(sequences, masks, strict=True)
    )


def pad(sequences):
    return [np.pad(x, ((0, 0), (0, SEQ_LEN - x.shape[1]), (0, 0))) for x in sequences]


@few
@given(lengths=lengths)
def test_rule_1_padding_changes_no_output(case, lengths):
    short = make_sequences(BATCH, lengths)
    masks = [np.arange(SEQ_LEN) < np.full((BATCH, 1), n) for n in lengths]
    expected = case.predict(short, [np.ones((BATCH, n), bool) for n in lengths])
    case.assert_close(case.predict(pad(short), masks), expected)
    # A growing length, rather than the longest at once.
    partly = [x[:, : n + 1] for x, n in zip(pad(short), lengths, strict=True)]
    partial_masks = [m[:, : n + 1] for m, n in zip(masks, lengths, strict=True)]
    case.assert_close(case.predict(partly, partial_masks), expected)


def test_rule_1_holds_where_masks_are_made_from_zeros(case):
    short = make_sequences(BATCH, (2, 6, 3))
    case.assert_close(case.model(tuple(pad(short))), case.model(short))


@few
@given(masks=masks_of_any_kind, bad=st.sampled_from([1e30, np.nan, np.inf, -np.inf]))
def test_rule_2_masked_values_reach_no_output(case, masks, bad):
    sequences = make_sequences(BATCH)
    clean, ruined = (case.explain(ruin(sequences, masks, value), masks) for value in (0.0, bad))
    assert np.isfinite(clean.prediction).all()
    np.testing.assert_array_equal(ruined.prediction, clean.prediction)
    if clean.modality_weights is not None:
        np.testing.assert_array_equal(ruined.modality_weights, clean.modality_weights)
    for name, maps in clean.attention.items():
        np.testing.assert_array_equal(ruined.attention[name], maps, err_msg=name)


def test_rule_2_masked_values_reach_no_gradient(case):
    model = case.model
    masks = make_masks(BATCH)
    masks[1][0] = False  # one modality absent,
    for mask in masks:  # and one sample wholly
        mask[2] = False
    bad = np.resize([np.nan, np.inf, -np.inf, 1e30], (SEQ_LEN, 1))
    sequences = [tf.constant(x) for x in ruin(make_sequences(BATCH), masks, bad)]
    with tf.GradientTape() as tape:
        tape.watch(sequences)
        loss = tf.reduce_sum((model((*sequences, *masks), training=True) - 1.0) ** 2)
        loss += sum(model.losses) + model.auxiliary_loss(np.ones((BATCH, 1)))
    assert np.isfinite(loss)
    # TensorFlow cannot make zeros for Keras's variables, as it can for its own.
    variables = [variable.value for variable in model.trainable_variables]
    *weights, text, audio, video = tape.gradient(
        loss, [*variables, *sequences], unconnected_gradients="zero"
    )
    assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient in weights)
    for gradient, mask in zip((text, audio, video), masks, strict=True):
        assert np.all(gradient.numpy()[~mask] == 0)
        assert np.isfinite(gradient).all() and np.any(gradient.numpy()[mask] != 0)


@few
@given(present=st.tuples(*[st.booleans()] * 3), bad=st.sampled_from([0.0, np.nan]))
def test_rule_3_an_absent_modality_takes_no_part(case, present, bad):
    sequences = make_sequences(BATCH)
    masks = [np.full((BATCH, SEQ_LEN), there) for there in present]
    explanation = case.explain(ruin(sequences, masks, bad), masks)
    assert np.isfinite(explanation.prediction).all()
    if explanation.modality_weights is not None:
        weights, there = explanation.modality_weights.numpy(), np.array(present)
        assert np.all(weights[:, ~there] == 0) and np.all(weights[:, there] > 0)
        np.testing.assert_allclose(weights.sum(axis=1), float(any(present)), atol=1e-5)
    for i, name in enumerate(MODALITIES):
        for key, maps in explanation.attention.items():
            maps = np.array(maps, "float32")
            if key.endswith(f"from_{name}") or key.startswith(f"{name}/"):
                assert np.all(maps == 0) or present[i], key
            elif key.startswith("fusion/") and "_from_" not in key:  # over the three vectors
                assert np.all(maps[..., i] == 0) or present[i], key
    # Its sequence may have any length, for nothing of it is seen.
    cuts = [slice(None) if p else slice(2) for p in present]
    shorter = [x[:, cut] for x, cut in zip(sequences, cuts, strict=True)]
    shorter_masks = [m[:, cut] for m, cut in zip(masks, cuts, strict=True)]
    case.assert_close(case.predict(shorter, shorter_masks), explanation.prediction)


def test_rule_3_absence_is_a_matter_of_each_sample(case):
    sequences, masks = make_sequences(BATCH), make_masks(BATCH)
    masks[2][1] = False
    weights = case.explain(sequences, masks).modality_weights
    if weights is not None:
        assert weights[1, 2] == 0 and np.all(np.delete(weights.numpy(), 1, axis=0) > 0)
    # Masks made from zeros find the same absence.
    case.assert_close(case.model(ruin(sequences, masks, 0.0)), case.predict(sequences, masks))


@few
@given(masks=masks_of_any_kind, sample=st.integers(0, BATCH - 1))
def test_rule_4_a_sample_does_not_see_its_batch(case, masks, sample):
    sequences = make_sequences(BATCH)
    together = case.predict(sequences, masks)[sample]
    rows = slice(sample, sample + 1)
    alone = case.predict([x[rows] for x in sequences], [m[rows] for m in masks])
    case.assert_close(alone[0], together)
    others = (np.arange(BATCH) != sample)[:, None]
    changed = [np.where(others[..., None], -5 * x, x) for x in sequences]
    changed_masks = [np.where(others, ~m, m) for m in masks]
    case.assert_close(case.predict(changed, changed_masks)[sample], together)


def test_rule_5_saving_keeps_the_outputs(case, tmp_path):
    model = case.model
    inputs = (*make_sequences(BATCH), *make_masks(BATCH))
    expected = model(inputs)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model) and loaded.dtype_policy.name == model.dtype_policy.name
    np.testing.assert_array_equal(loaded(inputs), expected)


def test_rule_6_a_model_of_its_config_built_on_one_batch_runs_on_others(case):
    model = type(case.model).from_config(case.model.get_config())
    assert model.get_config() == case.model.get_config()
    model(make_sequences(2, (3, 2, 4)))  # builds
    model.set_weights(case.model.get_weights())
    for batch, lengths in ((1, (6, 6, 6)), (5, (6, 2, 1))):
        sequences = make_sequences(batch, lengths)
        output = model(sequences)
        assert output.shape == (batch, 1) and output.dtype == "float32"
        everything = [np.ones(x.shape[:2], bool) for x in sequences]
        case.assert_close(output, case.predict(sequences, everything))
