import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from models import MultiModalCrossAttention

BATCH, TQ, TK, DIM, CONTEXT_DIM, HEADS, DIM_HEAD = 2, 4, 5, 6, 3, 2, 4


def make_layer(**options):
    layer = MultiModalCrossAttention(
        DIM, HEADS, CONTEXT_DIM, **{"dim_head": DIM_HEAD, "dropout": 0.0, **options}
    )
    layer.build((None, None, DIM), (None, None, CONTEXT_DIM))
    rng = np.random.default_rng(1)
    for weight in layer.weights:  # no weight at the 0 or 1 that it starts from
        weight.assign(rng.normal(size=weight.shape) * 0.5)
    return layer


@pytest.fixture(scope="module")
def sequences():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TQ, DIM)).astype("float32")
    return x, rng.normal(size=(BATCH, TK, CONTEXT_DIM)).astype("float32")


def make_mask(form):
    shape = {
        "none": None,
        "query_key": (TQ, TK),
        "batch_key": (BATCH, TK),
        "batch_query_key": (BATCH, TQ, TK),
        "one_head": (BATCH, 1, TQ, TK),
        "heads": (BATCH, HEADS, TQ, TK),
    }[form]
    if shape is None:
        return None
    mask = np.random.default_rng(2).random(shape) < 0.6
    if form != "batch_key":
        mask[..., 0, :] = False  # the first query has no key
    return mask


def as_scores_mask(mask):
    """The mask as (batch, heads, Tq, Tk), spelled out form by form."""
    full = np.ones((BATCH, HEADS, TQ, TK), bool)
    if mask is None:
        return full
    if mask.ndim == 2:
        return full & (mask[None, None] if mask.shape[0] == TQ else mask[:, None, None])
    return full & (mask[:, None] if mask.ndim == 3 else mask)


def normalise(x, norm):
    gamma, beta = (w.numpy() for w in norm.weights)
    deviation = x - x.mean(-1, keepdims=True)
    return deviation / np.sqrt((deviation**2).mean(-1, keepdims=True) + 1e-5) * gamma + beta


def reference(layer, x, context, allowed):
    """The layer in NumPy and float64, one sample, head and query at a time."""
    x, context = x.astype("float64"), context.astype("float64")
    queries = x @ layer.query_projection.kernel.numpy()
    keys = context @ layer.key_projection.kernel.numpy()
    values = context @ layer.value_projection.kernel.numpy()
    if layer.qk:
        queries, keys = normalise(queries, layer.query_norm), normalise(keys, layer.key_norm)
    heads = np.zeros((BATCH, TQ, HEADS, DIM_HEAD))
    for b, h, q in itertools.product(range(BATCH), range(HEADS), range(TQ)):
        part = slice(h * DIM_HEAD, (h + 1) * DIM_HEAD)
        seen = allowed[b, h, q]
        if seen.any():
            scores = keys[b, seen, part] @ queries[b, q, part] / np.sqrt(DIM_HEAD)
            weights = np.exp(scores) / np.exp(scores).sum()
            heads[b, q, h] = weights @ values[b, seen, part]
    if layer.post_attn_norm:
        heads = normalise(heads, layer.head_norm)
    if layer.attention_strategy == "average":
        joined = heads.mean(axis=2)
    else:
        joined = np.concatenate([heads[:, :, h] for h in range(HEADS)], axis=-1)
    return joined @ layer.output_projection.kernel.numpy() + layer.output_projection.bias.numpy()


@pytest.mark.parametrize("strategy", [None, "average", "concatenate"])
@pytest.mark.parametrize("post_attn_norm", [False, True])
@pytest.mark.parametrize("qk", [False, True])
def test_agrees_with_numpy_for_every_mask_form(sequences, qk, post_attn_norm, strategy):
    options = {"qk": qk, "post_attn_norm": post_attn_norm, "attention_strategy": strategy}
    layer = make_layer(**options)
    static = np.arange(TQ)[:, None] >= np.arange(TK)
    static_layer = make_layer(**options, mask=static)
    for form in ("none", "query_key", "batch_key", "batch_query_key", "one_head", "heads"):
        mask = make_mask(form)
        allowed = as_scores_mask(mask)
        expected = reference(layer, *sequences, allowed)
        np.testing.assert_allclose(layer(*sequences, mask=mask), expected, atol=1e-5, err_msg=form)
        # Both the constructor's mask and the call's must allow a key.
        expected = reference(layer, *sequences, allowed & static)
        np.testing.assert_allclose(
            static_layer(*sequences, mask=mask), expected, atol=1e-5, err_msg=f"static and {form}"
        )


@pytest.mark.parametrize("strategy", ["average", "concatenate"])
def test_query_without_keys_gets_the_output_bias_alone(sequences, strategy):
    layer = make_layer(attention_strategy=strategy)
    mask = np.ones((TQ, TK), bool)
    mask[1] = False
    output = layer(*sequences, mask=mask).numpy()
    bias = layer.output_projection.bias.numpy()
    np.testing.assert_allclose(output[:, 1], np.tile(bias, (BATCH, 1)), atol=1e-6)
    assert np.abs(output[:, 0] - bias).min() > 1e-4


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("options", [{}, {"qk": True, "post_attn_norm": True}])
def test_unseen_keys_and_blind_queries_leak_nothing(sequences, bad, options):
    layer = make_layer(**options)
    mask = np.ones((BATCH, TQ, TK), bool)
    mask[:, :, 3] = False  # a key that nobody sees
    mask[:, 2] = False  # a query that sees nothing
    x, context = (array.copy() for array in sequences)
    expected = layer(x, context, mask=mask)
    context[:, 3], x[:, 2] = bad, bad
    x, context = tf.constant(x), tf.constant(context)
    with tf.GradientTape() as tape:
        tape.watch((x, context))
        output = layer(x, context, mask=mask)
        loss = tf.reduce_sum(output**2)
    np.testing.assert_array_equal(output, expected)
    *weight_gradients, to_x, to_context = tape.gradient(
        loss, [*layer.trainable_variables, x, context]
    )
    assert all(np.isfinite(g).all() for g in weight_gradients)
    assert np.isfinite(to_x).all() and np.all(to_x[:, 2] == 0)
    assert np.isfinite(to_context).all() and np.all(to_context[:, 3] == 0)
    assert np.all(np.abs(to_context[:, 0]).sum(-1) > 0)


def test_half_precision_with_a_wholly_masked_query_is_finite(sequences):
    layer = make_layer(dtype="mixed_float16", qk=True)
    output = layer(*sequences, mask=np.zeros((TQ, TK), bool))
    assert output.dtype == "float16" and np.isfinite(output).all()


def test_mask_of_rank_two_with_an_unknown_first_size_is_a_key_mask(sequences):
    layer = make_layer()
    x, context = (keras.Input((None, width)) for width in (DIM, CONTEXT_DIM))
    mask = keras.Input((None,), dtype="bool")
    model = keras.Model([x, context, mask], layer(x, context, mask=mask))
    padding = make_mask("batch_key")
    np.testing.assert_allclose(
        model([*sequences, padding]), layer(*sequences, mask=padding), atol=1e-6
    )


def test_implicit_keras_masks_count_for_nothing(sequences):
    layer = make_layer()
    x, context = sequences
    context = context.copy()
    context[:, 2:] = 0.0
    masked = keras.layers.Masking()(context)
    assert masked._keras_mask is not None
    output = layer(x, masked)
    np.testing.assert_array_equal(output, layer(x, context))
    assert getattr(output, "_keras_mask", None) is None


@pytest.mark.parametrize("kind", ["numpy", "list", "tensor"])
def test_static_mask_survives_config_and_file(sequences, tmp_path, kind):
    mask = np.tril(np.ones((TQ, TK), bool))
    given = {"numpy": mask, "list": mask.tolist(), "tensor": ops.convert_to_tensor(mask)}[kind]
    layer = make_layer(mask=given, qk=True, attention_strategy="average")
    config = layer.get_config()
    assert json.loads(json.dumps(config))["mask"] == mask.tolist()
    assert MultiModalCrossAttention.from_config(config).get_config() == config
    x, context = keras.Input((TQ, DIM)), keras.Input((TK, CONTEXT_DIM))
    model = keras.Model([x, context], layer(x, context))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(list(sequences)), model(list(sequences)), atol=1e-6)
    unmasked = make_layer(qk=True, attention_strategy="average")
    assert np.abs(unmasked(*sequences) - loaded(list(sequences))).max() > 1e-3


def test_dropout_acts_in_training_alone(sequences):
    layer = make_layer(dropout=0.5)
    quiet = layer(*sequences)
    np.testing.assert_array_equal(quiet, make_layer()(*sequences))
    noisy = layer(*sequences, training=True).numpy()
    assert 0 < np.mean(noisy == 0) < 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"heads": 0}, "`heads` must be a whole number.*Received: 0"),
        ({"dropout": 1.0}, "`dropout` must be at least 0 and below 1. Received: 1.0"),
        (
            {"attention_strategy": "sum"},
            "`attention_strategy` must be one of None, 'average', 'concatenate'. Received: 'sum'",
        ),
        ({"mask": np.ones(3)}, r"constructor, must have shape \(Tq, Tk\). Received: shape \(3,\)"),
    ],
)
def test_bad_constructor_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        MultiModalCrossAttention(**{"dim": 4, "heads": 2, "context_dim": 4, **options})


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((TK,), r"`mask` must have shape .*Received: shape \(5,\)"),
        ((BATCH, TK + 1), r"`mask` must fit scores .*\(2, 2, 4, 5\). Received: .*\(2, 1, 1, 6\)"),
        ((3, TK), r"`mask` must fit scores .*Received: .*\(3, 1, 1, 5\)"),
        ((BATCH, TQ + 1, TK), r"`mask` must fit scores .*Received: .*\(2, 1, 5, 5\)"),
        ((BATCH, 3, TQ, TK), r"`mask` must fit scores .*Received: .*\(2, 3, 4, 5\)"),
    ],
)
def test_masks_of_wrong_shape_are_refused(sequences, shape, message):
    with pytest.raises(ValueError, match=message):
        make_layer()(*sequences, mask=np.ones(shape, bool))


def test_mask_that_could_mean_queries_or_samples_is_refused(sequences):
    x, context = sequences
    with pytest.raises(ValueError, match=r"batch and Tq are equal. Received: shape \(2, 5\)"):
        make_layer()(x[:, :2], context, mask=np.ones((2, TK), bool))


def test_inputs_of_wrong_shape_and_static_masks_of_another_length_are_refused(sequences):
    x, context = sequences
    with pytest.raises(ValueError, match=r"`x` must have 6 features .*Received: shape \(2, 5, 3"):
        make_layer()(context, context)
    with pytest.raises(ValueError, match=r"`context` must have rank 3.*Received: shape \(2, 3\)"):
        make_layer()(x, context[:, 0])
    with pytest.raises(ValueError, match=r"`mask \(of the constructor\)` must fit .*\(1, 1, 4, 5"):
        make_layer(mask=np.ones((TQ, TK)))(x[:, :3], context)
