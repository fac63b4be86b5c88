"""The layers of the text-and-table models once more, in NumPy and float64."""

import numpy as np

from tests.models.numpy_layers import attention, dense, layer_norm


def tab_ae(layer, x):
    return np.maximum(dense(layer_norm(x, layer.norm), layer.projection), 0)


def cross_attention_fusion(layer, text, tab, text_mask, tab_mask):
    def seen(queries, mask):
        return np.repeat(mask[:, None], queries.shape[1], axis=1)

    text, tab = text * text_mask[..., None], tab * tab_mask[..., None]
    change, _ = attention(layer.text_attention, text, tab, seen(text, tab_mask))
    text = layer_norm(text + change, layer.text_norm)
    change, _ = attention(layer.tab_attention, tab, text, seen(tab, text_mask))
    return text, layer_norm(tab + change, layer.tab_norm)


def projected(layer, text, tab):
    return [
        dense(x, part) if part.weights else x
        for x, part in ((text, layer.text_projection), (tab, layer.tab_projection))
    ]


def mixture_of_experts(layer, text, tab):
    scores = np.exp(dense(np.concatenate([text, tab], axis=1), layer.scores))
    weights = scores / scores.sum(axis=1, keepdims=True)
    text, tab = projected(layer, text, tab)
    return weights[:, [0]] * text + weights[:, [1]] * tab, weights


def fusion_gate(layer, text, tab):
    gate = 1 / (1 + np.exp(-dense(np.concatenate([text, tab], axis=1), layer.scores)))
    text, tab = projected(layer, text, tab)
    return gate * text + (1 - gate) * tab, gate
