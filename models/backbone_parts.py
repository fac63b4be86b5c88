"""The layers of a text backbone of `keras_hub`, and the computation through them one by one.

So a part can be frozen without dropout, recomputed for its gradient, or trained at its own rate.
"""

from typing import Any, NamedTuple

from keras import ops

from .layer_normalization import layer_normalization


class BackboneParts(NamedTuple):
    """The parts of a backbone.

    Attributes:
        embeddings: Layers with weights between the ids and the first transformer layer.
        layers: The transformer layers from below, each once.
        calls: The transformer layers in the order in which they are applied; ALBERT repeats them.
        pooler: The Dense layer on the first token, or `None`.
    """

    embeddings: list[Any]
    layers: list[Any]
    calls: list[Any]
    pooler: Any


EMBEDDINGS = (
    "token_embedding",
    "position_embedding",
    "segment_embedding",
    "embeddings",
    "embeddings_layer_norm",
    "embeddings_projection",
    "relative_embeddings",
)


def backbone_parts(backbone):
    """Return the `BackboneParts` of a backbone."""
    whole = hasattr(backbone, "embeddings")  # holds the token embedding
    names = EMBEDDINGS[1:] if whole else EMBEDDINGS
    embeddings = [getattr(backbone, name) for name in names if hasattr(backbone, name)]
    layers = calls = list(backbone.transformer_layers)
    if isinstance(layers[0], (list, tuple)):
        repeats = backbone.num_layers // backbone.num_groups
        calls = [layer for group in layers for _ in range(repeats) for layer in group]
        layers = [layer for group in layers for layer in group]
    return BackboneParts(embeddings, layers, calls, getattr(backbone, "pooled_dense", None))


def embed(backbone, ids, training):
    """Return the first transformer layer's input, and the relative positions of DeBERTa or `None`.

    Args:
        backbone: The backbone.
        ids: Token ids, int32 `(batch, tokens)`.
        training: Whether to apply dropout.
    """
    if hasattr(backbone, "embeddings"):
        x = backbone.embeddings(ids)
    else:
        x = backbone.token_embedding(ids)
    if hasattr(backbone, "segment_embedding"):
        segments = backbone.segment_embedding(ops.zeros_like(ids))
        x = backbone.embeddings_add((x, backbone.position_embedding(x), segments))
    x = _norm(backbone.embeddings_layer_norm, x)
    x = backbone.embeddings_dropout(x, training=training)
    if hasattr(backbone, "embeddings_projection"):
        x = backbone.embeddings_projection(x)
    relative = getattr(backbone, "relative_embeddings", None)
    return x, None if relative is None else relative(x)


def apply_layer(layer, x, relative, tokens, training):
    """Apply a transformer layer.

    Args:
        layer: One of `BackboneParts.calls`.
        x: The line of the tokens, `(1, tokens, width)`; see `TokenLine`.
        relative: Second result of `embed`.
        tokens: The `TokenLine`.
        training: Whether to apply dropout.

    Returns:
        The shape of `x`.
    """
    attention = layer._self_attention_layer
    if relative is None:
        change = attend(attention, x, tokens, training)
    else:
        mask = ops.expand_dims(tokens.mask, 1)
        rows = attention(tokens.rows(x), relative, attention_mask=mask, training=training)
        change = tokens.line(rows)
    change = layer._self_attention_dropout(change, training=training)
    x = _norm(layer._self_attention_layer_norm, x + change)
    change = layer._feedforward_output_dense(layer._feedforward_intermediate_dense(x))
    change = layer._feedforward_dropout(change, training=training)
    return _norm(layer._feedforward_layer_norm, x + change)


def attend(layer, x, tokens, training):
    """Apply a `keras.layers.MultiHeadAttention` to the tokens of each row.

    Its four dense layers run on the line; only scores and their averages need the rows.
    """
    dense = (layer._query_dense, layer._key_dense, layer._value_dense)
    query, key, value = (tokens.rows(projection(x)) for projection in dense)
    mask = ops.expand_dims(tokens.mask, 1)
    context, _ = layer._compute_attention(query, key, value, mask, training)
    return layer._output_dense(tokens.line(context))


def _norm(layer, x):
    return layer_normalization(x, layer.gamma, layer.beta, layer.epsilon)
