"""A model small enough to test, and a batch for it."""

import keras
import numpy as np

from models import TEXT_TABULAR_MODELS

BERT = {
    "vocabulary_size": 30,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 16,
    "intermediate_dim": 16,
    "max_sequence_length": 12,
}
CONFIG = {
    "text_name": "review",
    "label_name": "label",
    "tab_field_list": ["kind", "age"],
    "hidden_common_dim": 8,
}


def make_model(name, seed=0, **options):
    """Build a model for `make_batch`."""
    keras.utils.set_random_seed(seed)
    model = TEXT_TABULAR_MODELS[name]({**CONFIG, **options}, BERT)
    model(make_batch())
    return model


def make_batch(samples=4, chunks=2, tokens=6, seed=0):
    rng = np.random.default_rng(seed)
    mask = np.ones((samples, chunks, tokens), "int32")
    mask[0, -1] = 0  # an empty chunk
    mask[1, :, tokens // 2 :] = 0
    return {
        "review_processed_input_ids": rng.integers(1, 30, (samples, chunks, tokens)),
        "review_processed_attention_mask": mask,
        "kind": np.eye(3, dtype="float32")[rng.integers(0, 3, samples)],
        "age": rng.normal(size=samples).astype("float32"),
        "label": rng.integers(0, 2, samples),
    }
