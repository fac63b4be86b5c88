import keras
import numpy as np
import pytest
import tensorflow as tf

from models import (
    CrossAttentionBlock,
    FeedForward,
    ModalityEncoder,
    TransformerBlock,
    combine_masks,
    create_look_ahead_mask,
)
from tests.models import numpy_layers


def make(cls, norm_first=False, **options):
    block = cls(8, 2, 12, dropout_rate=0.3, norm_first=norm_first, **options)
    block.build(*[(None, None, 8)] * (1 if cls is TransformerBlock else 2))
    return numpy_layers.randomise(block)


def test_feed_forward_agrees_with_numpy(sequence):
    layer = FeedForward(8, 12)
    layer.build(sequence.shape)
    numpy_layers.randomise(layer)
    expected = numpy_layers.feed_forward(layer, sequence)
    np.testing.assert_allclose(layer(sequence), expected, atol=1e-5)


@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_block_agrees_with_numpy(sequence, mask, norm_first):
    block = make(TransformerBlock, norm_first)
    everything = np.ones((2, 6, 6), bool)
    expected = numpy_layers.block(block, sequence, None, everything)
    np.testing.assert_allclose(block(sequence), expected, atol=1e-5)
    cleared = np.where(mask[..., None], sequence, 0.0)
    expected = numpy_layers.block(block, cleared, None, everything & mask[:, None])
    np.testing.assert_allclose(block(sequence, mask=mask), expected, atol=1e-5)


@pytest.mark.parametrize("norm_first", [False, True])
def test_cross_attention_block_agrees_with_numpy(sequence, context, mask, context_mask, norm_first):
    block = make(CrossAttentionBlock, norm_first)
    everything = np.ones((2, 6, 4), bool)
    expected = numpy_layers.block(block, sequence, context, everything)
    np.testing.assert_allclose(block(sequence, context), expected, atol=1e-5)
    output = block(sequence, context, query_mask=mask, context_mask=context_mask)
    expected = numpy_layers.block(
        block,
        np.where(mask[..., None], sequence, 0.0),
        np.where(context_mask[..., None], context, 0.0),
        everything & context_mask[:, None],
    )
    np.testing.assert_allclose(output, expected, atol=1e-5)


def test_attention_to_an_absent_context_adds_nothing(sequence, context):
    block = make(CrossAttentionBlock)
    absent = np.zeros((2, 4), bool)
    output = block(sequence, context, context_mask=absent)
    np.testing.assert_array_equal(output, block(sequence, context * np.nan, context_mask=absent))
    x = numpy_layers.layer_norm(sequence, block.attention_norm)
    expected = numpy_layers.layer_norm(
        x + numpy_layers.feed_forward(block.feed_forward, x), block.feed_forward_norm
    )
    np.testing.assert_allclose(output, expected, atol=1e-5)


@pytest.mark.parametrize("norm_first", [False, True])
def test_combined_masks_let_no_future_and_no_padding_through(sequence, norm_first):
    block = make(TransformerBlock, norm_first)
    padding = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]], bool)
    causal = combine_masks(padding, create_look_ahead_mask(6))
    output = block(sequence, mask=causal).numpy()
    changed = sequence.copy()
    changed[:, 3] *= -1.0  # the future of steps 0 to 2
    changed[1, 4:] = np.nan  # padding
    result = block(changed, mask=causal).numpy()
    np.testing.assert_array_equal(result[:, :3], output[:, :3])
    assert np.all(np.abs(result - output)[0, 3:].max(-1) > 1e-6)
    assert np.isfinite(result).all()


def test_implicit_keras_masks_change_nothing_and_explicit_ones_win(sequence, mask):
    block = make(TransformerBlock)
    x = sequence.copy()
    x[:, 4:] = 0.0
    masked = keras.layers.Masking()(x)
    assert masked._keras_mask is not None
    output = block(masked)
    np.testing.assert_array_equal(output, block(x))
    assert getattr(output, "_keras_mask", None) is None
    np.testing.assert_array_equal(block(masked, mask=mask), block(x, mask=mask))
    assert np.abs(block(x, mask=mask) - block(x)).max() > 1e-3
    cross = make(CrossAttentionBlock)
    np.testing.assert_array_equal(cross(masked, masked), cross(x, x))
    np.testing.assert_array_equal(
        cross(masked, masked, context_mask=mask), cross(x, x, context_mask=mask)
    )


def test_implicit_masks_change_nothing_inside_a_functional_model(sequence):
    block = make(TransformerBlock)
    x = sequence.copy()
    x[:, 4:] = 0.0
    inputs = keras.Input((6, 8))
    model = keras.Model(inputs, block(keras.layers.Masking()(inputs)))
    np.testing.assert_allclose(model(x), block(x), atol=1e-6)


def test_attention_maps_come_out_with_their_shapes(sequence, context, mask, context_mask):
    _, weights = make(TransformerBlock)(sequence, mask=mask, return_attention=True)
    assert weights.shape == (2, 2, 6, 6)
    np.testing.assert_allclose(weights.numpy().sum(-1), 1.0, atol=1e-6)
    assert np.all(weights.numpy()[~np.broadcast_to(mask[:, None, None], weights.shape)] == 0)
    _, weights = make(CrossAttentionBlock)(
        sequence, context, context_mask=context_mask, return_attention=True
    )
    assert weights.shape == (2, 2, 6, 4)
    encoder = ModalityEncoder(8, 8, 6, 4, 12, n_layers=3)
    output, maps = encoder(sequence, mask=mask, return_attention=True)
    assert output.shape == (2, 6, 8)
    assert [m.shape for m in maps] == [(2, 4, 6, 6)] * 3
    np.testing.assert_array_equal(output, encoder(sequence, mask=mask))


def test_attention_maps_come_out_of_a_functional_model_too(sequence):
    block = make(TransformerBlock)
    inputs = keras.Input((6, 8))
    model = keras.Model(inputs, block(inputs, return_attention=True))
    output, weights = model(sequence)
    np.testing.assert_allclose(output, block(sequence), atol=1e-6)
    assert weights.shape == (2, 2, 6, 6)


@pytest.mark.parametrize("options", [{}, {"norm_first": True, "norm_projection": True}])
def test_encoder_is_projection_positions_and_blocks(sequence, mask, options):
    encoder = ModalityEncoder(8, 4, 9, 2, 12, n_layers=2, **options)
    encoder.build((None, 9, 8))
    numpy_layers.randomise(encoder)
    x = np.where(mask[..., None], sequence, 0.0)
    x = numpy_layers.dense(x, encoder.projection)
    if options:
        x = numpy_layers.layer_norm(x, encoder.projection_norm)
    x = x + encoder.positions.embeddings.numpy()[:6]
    for block in encoder.blocks:
        x = numpy_layers.block(block, x, None, np.ones((2, 6, 6), bool) & mask[:, None])
    if options:
        x = numpy_layers.layer_norm(x, encoder.norm)
    np.testing.assert_allclose(encoder(sequence, mask=mask)[mask], x[mask], atol=1e-5)


def test_nan_at_masked_steps_reaches_no_output_and_no_gradient(sequence, mask):
    encoder = ModalityEncoder(8, 4, 6, 2, 12, n_layers=1, dropout_rate=0.0)
    expected = encoder(sequence, mask=mask)
    x = tf.constant(np.where(mask[..., None], sequence, np.nan))
    with tf.GradientTape() as tape:
        tape.watch(x)
        output = encoder(x, mask=mask, training=True)
        loss = tf.reduce_sum(tf.boolean_mask(output, mask) ** 2)
    np.testing.assert_allclose(output[mask], expected[mask], atol=1e-6)
    *gradients, to_x = tape.gradient(loss, [*encoder.trainable_variables, x])
    assert all(np.isfinite(tf.convert_to_tensor(g)).all() for g in gradients)
    assert np.all(to_x.numpy()[~mask] == 0) and np.any(to_x.numpy()[mask] != 0)


def test_masks_of_numbers_count_as_boolean(sequence, mask):
    block = make(TransformerBlock)
    np.testing.assert_array_equal(
        block(sequence, mask=mask.astype("float32")), block(sequence, mask=mask)
    )
