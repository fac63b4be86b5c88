"""Weights of `MSASeqLevelModel` for its references in other libraries."""

import numpy as np


def export_weights(model):
    """Return the weights of an `MSASeqLevelModel` as nested dicts of NumPy arrays.

    Returns:
        A dict with `encoders` (each with `projection`, `positions` and `blocks`), `fusion` (the
        blocks text ← audio and text ← video), `weighting`, `hidden` and `output`. A dense layer is
        a pair of kernel `(inputs, outputs)` and bias; a norm is a pair of scale and offset.
    """
    return {
        "encoders": [
            {
                "projection": _pair(encoder.projection),
                "positions": np.array(encoder.positions.embeddings),
                "blocks": [_block(block) for block in encoder.blocks],
            }
            for encoder in model.encoders
        ],
        "fusion": [_block(block) for blocks in model.fusion.layer_blocks for block in blocks],
        "weighting": _pair(model.fusion_head.weighting.scores),
        "hidden": _pair(model.hidden),
        "output": _pair(model.output_layer),
    }


def _block(block):
    attention, feed_forward = block.attention, block.feed_forward
    kernel, bias = _pair(attention.key_value_projection)
    (key_kernel, value_kernel), (key_bias, value_bias) = np.split(kernel, 2, 1), np.split(bias, 2)
    return {
        "query": _pair(attention.query_projection),
        "key": (key_kernel, key_bias),
        "value": (value_kernel, value_bias),
        "attention_output": np.array(attention.output_projection.kernel),
        "attention_norm": _pair(block.attention_norm),
        "expand": _pair(feed_forward.expand),
        "contract": _pair(feed_forward.contract),
        "feed_forward_norm": _pair(block.feed_forward_norm),
    }


def _pair(layer):
    return tuple(np.array(weight) for weight in layer.weights)
