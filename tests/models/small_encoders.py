"""Text encoders small enough to test: mappings, and folders in Hugging Face's layout."""

import json

import numpy as np
from safetensors.numpy import save_file

from tests.models.numpy_encoder import layer_names

WIDTH, VOCABULARY, LONGEST = 16, 40, 24
BERT = {
    "vocabulary_size": VOCABULARY,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": WIDTH,
    "intermediate_dim": 24,
    "max_sequence_length": LONGEST,
}
# Token ids of the words of two samples: several tokens, holes, padding in front and behind.
WORDS = np.array(
    [
        [[5, 6, -1], [7, -1, -1], [8, 9, 10], [-1, -1, -1]],
        [[-1, -1, -1], [-1, 11, 12], [-1, -1, -1], [5, -1, 13]],
    ],
    "int32",
)
SIZES = {
    "vocab_size": VOCABULARY,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "hidden_size": WIDTH,
    "intermediate_size": 24,
    "max_position_embeddings": LONGEST,
    "layer_norm_eps": 1e-12,
    "hidden_act": "gelu",
}
ROBERTA = {"max_position_embeddings": LONGEST + 2, "layer_norm_eps": 1e-5, "type_vocab_size": 1}
CONFIGS = {
    "bert": {**SIZES, "type_vocab_size": 3},
    "roberta": {**SIZES, **ROBERTA, "hidden_dropout_prob": 0.1},
    "xlm-roberta": {**SIZES, **ROBERTA},
    "albert": {
        **SIZES,
        "embedding_size": 8,
        "num_hidden_groups": 1,
        "inner_group_num": 1,
        "attention_probs_dropout_prob": 0.0,
        "type_vocab_size": 2,
        "hidden_act": "gelu_new",
    },
    "distilbert": {
        "vocab_size": VOCABULARY,
        "n_layers": 2,
        "n_heads": 2,
        "dim": WIDTH,
        "hidden_dim": 24,
        "dropout": 0.1,
        "max_position_embeddings": LONGEST,
        "activation": "gelu",
        "layer_norm_eps": 1e-12,
    },
}


def write_folder(folder, model_type, has_head=True, **changes):
    """Write a text encoder with random weights in Hugging Face's layout.

    Names of weights have a prefix if it was saved as a part of a model with a head.
    """
    config = {"model_type": model_type, **CONFIGS[model_type], **changes}
    embedding = config.get("embedding_size", WIDTH)
    shapes = {
        "embeddings.word_embeddings.weight": (VOCABULARY, embedding),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], embedding),
        "embeddings.LayerNorm.weight": (embedding,),
        "embeddings.LayerNorm.bias": (embedding,),
    }
    if "type_vocab_size" in config:
        kinds = config["type_vocab_size"]
        shapes["embeddings.token_type_embeddings.weight"] = (kinds, embedding)
    prefixes, (*square, first_norm, inner, outer, last_norm) = layer_names(config)
    dense = {"encoder.embedding_hidden_mapping_in": (WIDTH, embedding)} if embedding < WIDTH else {}
    head = {"bert": "pooler.dense", "albert": "pooler"}.get(model_type)
    dense |= {head: (WIDTH, WIDTH)} if head else {}
    for prefix in prefixes:
        dense |= {prefix + name: (WIDTH, WIDTH) for name in square}
        dense |= {prefix + inner: (24, WIDTH), prefix + outer: (WIDTH, 24)}
        for norm in (first_norm, last_norm):
            shapes |= {f"{prefix}{norm}.{kind}": (WIDTH,) for kind in ("weight", "bias")}
    for name, shape in dense.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    rng = np.random.default_rng(0)
    start = {"xlm-roberta": "roberta."}.get(model_type, f"{model_type}.") if has_head else ""
    weights = {
        start + name: rng.normal(size=shape).astype("float32") * 0.5
        for name, shape in shapes.items()
    }
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file(weights, folder / "model.safetensors")
    return folder
