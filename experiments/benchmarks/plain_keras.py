"""The architecture of `MSASeqLevelModel`, written with the layers of Keras itself."""

import itertools

import keras
from keras import ops


class PlainBlock(keras.layers.Layer):
    """Post-norm transformer block of Keras layers. With a context it does cross-attention.

    Args:
        size: A `Size`.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        width = size.model_dim
        self.attention = keras.layers.MultiHeadAttention(
            size.num_heads, width // size.num_heads, dropout=size.dropout_rate
        )
        self.expand = keras.layers.Dense(size.ff_dim, activation=tanh_gelu)
        self.contract = keras.layers.Dense(width)
        self.feed_forward = keras.Sequential(
            [self.expand, keras.layers.Dropout(size.dropout_rate), self.contract]
        )
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-5)
        self.feed_forward_norm = keras.layers.LayerNormalization(epsilon=1e-5)
        self.dropout = keras.layers.Dropout(size.dropout_rate)

    def build(self, query_shape, context_shape=None):
        self.attention.build(query_shape, context_shape or query_shape)
        for part in (self.feed_forward, self.attention_norm, self.feed_forward_norm):
            part.build(query_shape)
        self.built = True

    def call(self, query, context, context_valid, training=None):
        attended = self.attention(
            query, context, attention_mask=ops.expand_dims(context_valid, 1), training=training
        )
        x = self.attention_norm(query + self.dropout(attended, training=training))
        change = self.feed_forward(x, training=training)
        return self.feed_forward_norm(x + self.dropout(change, training=training))

    def load(self, weights):
        """Load the weights of a block from `export_weights`."""
        heads = self.attention.num_heads
        attention = []
        for name in ("query", "key", "value"):
            kernel, bias = weights[name]
            attention.append(kernel.reshape(len(kernel), heads, -1))
            attention.append(bias.reshape(heads, -1))
        kernel = weights["attention_output"]
        # `MSASeqLevelModel` has no output bias. Keras has biases in all projections or in none.
        attention += [kernel.reshape(heads, -1, kernel.shape[1]), 0 * kernel[0]]
        self.attention.set_weights(attention)
        for name in ("attention_norm", "expand", "contract", "feed_forward_norm"):
            getattr(self, name).set_weights(weights[name])


class PlainKerasModel(keras.Model):
    """`MSASeqLevelModel` (mean pooling, not aligned) in Keras layers.

    With copied weights it computes the same scores if each modality has a valid step. Each
    attention layer has `model_dim` more parameters: the bias of the output projection.

    Args:
        size: A `Size`.

    Call arguments:
        inputs: Three sequences `(batch, time, width)`; steps of zeros are padding.

    Returns:
        Scores `(batch, 1)`.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size
        width = size.model_dim
        self.projections = [keras.layers.Dense(width) for _ in size.widths]
        self.positions = [keras.layers.Embedding(size.seq_len, width) for _ in size.widths]
        self.encoders = [[PlainBlock(size) for _ in range(size.n_layers)] for _ in size.widths]
        self.fusion = [PlainBlock(size) for _ in range(2)]
        self.pooling = keras.layers.GlobalAveragePooling1D()
        self.weighting = keras.layers.Dense(3, activation="softmax")
        self.hidden = keras.layers.Dense(width, activation="relu")
        self.output_layer = keras.layers.Dense(1, dtype="float32")
        self.dropout = keras.layers.Dropout(size.dropout_rate)

    def build(self, input_shape=None):
        width = self.size.model_dim
        shape = (None, self.size.seq_len, width)
        for i, features in enumerate(self.size.widths):
            self.projections[i].build((None, None, features))
            self.positions[i].build()
        for block in itertools.chain(*self.encoders, self.fusion):
            block.build(shape)
        self.weighting.build((None, 3 * width))
        self.hidden.build((None, width))
        self.output_layer.build((None, width))
        self.built = True

    def call(self, inputs, training=None):
        valid = [ops.any(ops.not_equal(x, 0), axis=-1) for x in inputs]
        text, audio, video = (self._encode(i, x, valid[i], training) for i, x in enumerate(inputs))
        for block, context, context_valid in zip(
            self.fusion, (audio, video), valid[1:], strict=True
        ):
            text = block(text, context, context_valid, training=training)
        pooled = [
            self.pooling(x, mask=mask) for x, mask in zip((text, audio, video), valid, strict=True)
        ]
        weights = self.weighting(ops.concatenate(pooled, axis=-1))
        fused = ops.sum(ops.expand_dims(weights, -1) * ops.stack(pooled, axis=1), axis=1)
        hidden = self.hidden(self.dropout(fused, training=training))
        return self.output_layer(self.dropout(hidden, training=training))

    def _encode(self, i, x, valid, training):
        positions = self.positions[i](ops.arange(ops.shape(x)[1]))
        x = self.dropout(self.projections[i](x) + positions, training=training)
        for block in self.encoders[i]:
            x = block(x, x, valid, training=training)
        return x

    def load(self, weights):
        """Load weights from `export_weights`."""
        for i, encoder in enumerate(weights["encoders"]):
            self.projections[i].set_weights(encoder["projection"])
            self.positions[i].set_weights([encoder["positions"]])
            for block, values in zip(self.encoders[i], encoder["blocks"], strict=True):
                block.load(values)
        for block, values in zip(self.fusion, weights["fusion"], strict=True):
            block.load(values)
        self.weighting.set_weights(weights["weighting"])
        self.hidden.set_weights(weights["hidden"])
        self.output_layer.set_weights(weights["output"])


def tanh_gelu(x):
    """GELU in its tanh approximation, as in `models.attention_block.FeedForward`."""
    return keras.activations.gelu(x, approximate=True)
