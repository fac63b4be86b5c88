"""BERT in NumPy and float64, from the weights of a folder in Hugging Face's layout."""

import json
import math
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

erf = np.vectorize(math.erf)


def hidden_states(folder, ids):
    """Return the last hidden states `(tokens, width)` of one text of token ids."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    weights = {
        name: value.astype("float64")
        for name, value in load_file(folder / "model.safetensors").items()
    }

    def dense(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x, name):
        deviation = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((deviation**2).mean(-1, keepdims=True) + config["layer_norm_eps"])
        return deviation / scale * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    heads = config["num_attention_heads"]
    for i in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{i}"
        query, key, value = (
            dense(x, f"{name}.attention.self.{part}").reshape(len(ids), heads, -1)
            for part in ("query", "key", "value")
        )
        scores = np.exp(np.einsum("qhd,khd->hqk", query, key) / math.sqrt(query.shape[-1]))
        seen = np.einsum("hqk,khd->qhd", scores / scores.sum(-1, keepdims=True), value)
        change = dense(seen.reshape(len(ids), -1), f"{name}.attention.output.dense")
        x = norm(x + change, f"{name}.attention.output.LayerNorm")
        inner = dense(x, f"{name}.intermediate.dense")
        inner = inner * (1 + erf(inner / math.sqrt(2))) / 2
        x = norm(x + dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return x
