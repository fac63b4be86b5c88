"""Text encoders in NumPy and float64, from the weights of a folder in Hugging Face's layout."""

import json
import math
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

# Names of a layer's weights: query, key, value, attention's output, its norm, the two Dense layers
# and their norm.
BERT_LAYER = (
    *(f"attention.self.{part}" for part in ("query", "key", "value")),
    *("attention.output.dense", "attention.output.LayerNorm"),
    *("intermediate.dense", "output.dense", "output.LayerNorm"),
)
DISTILBERT_LAYER = (
    *(f"attention.{part}_lin" for part in ("q", "k", "v", "out")),
    *("sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm"),
)
ALBERT_LAYER = (
    *(f"attention.{part}" for part in ("query", "key", "value", "dense", "LayerNorm")),
    *("ffn", "ffn_output", "full_layer_layer_norm"),
)
erf = np.vectorize(math.erf)


def gelu(x):
    return x * (1 + erf(x / math.sqrt(2))) / 2


def gelu_new(x):
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def layer_names(config):
    """Return the prefix of each layer that is applied, and the names of its weights."""
    count = config.get("num_hidden_layers", config.get("n_layers"))
    if config["model_type"] == "albert":
        return ["encoder.albert_layer_groups.0.albert_layers.0."] * count, ALBERT_LAYER
    if config["model_type"] == "distilbert":
        return [f"transformer.layer.{i}." for i in range(count)], DISTILBERT_LAYER
    return [f"encoder.layer.{i}." for i in range(count)], BERT_LAYER


def read(folder):
    """Return the config, and the weights without the prefix of a model with a head."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    prefix = {"xlm-roberta": "roberta."}.get(config["model_type"], config["model_type"] + ".")
    weights = load_file(folder / "model.safetensors").items()
    return config, {name.removeprefix(prefix): x.astype("float64") for name, x in weights}


def hidden_states(folder, ids):
    """Return the last hidden states `(tokens, width)` of one text of token ids."""
    config, weights = read(folder)
    activation = gelu_new if config.get("hidden_act") == "gelu_new" else gelu

    def dense(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x, name):
        deviation = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((deviation**2).mean(-1, keepdims=True) + config["layer_norm_eps"])
        return deviation / scale * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    first = 2 if "roberta" in config["model_type"] else 0  # below are padding's positions
    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][first : first + len(ids)]
    if config["model_type"] != "distilbert":
        x = x + weights["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, "embeddings.LayerNorm")
    if config["model_type"] == "albert":
        x = dense(x, "encoder.embedding_hidden_mapping_in")
    heads = config.get("num_attention_heads", config.get("n_heads"))
    prefixes, names = layer_names(config)
    for prefix in prefixes:
        *qkv, out, first_norm, inner, outer, last_norm = (prefix + name for name in names)
        query, key, value = (dense(x, part).reshape(len(ids), heads, -1) for part in qkv)
        scores = np.exp(np.einsum("qhd,khd->hqk", query, key) / math.sqrt(query.shape[-1]))
        seen = np.einsum("hqk,khd->qhd", scores / scores.sum(-1, keepdims=True), value)
        x = norm(x + dense(seen.reshape(len(ids), -1), out), first_norm)
        x = norm(x + dense(activation(dense(x, inner)), outer), last_norm)
    return x
