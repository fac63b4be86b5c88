"""Speed of training a text encoder, beside `transformers` in PyTorch."""

import importlib.util

import numpy as np
import tensorflow as tf
from rich.table import Table

from experiments.benchmarks.contenders import SETTINGS, has_torch
from experiments.benchmarks.timing import medians, time_in_turn
from experiments.training.optimizer import make_optimizer
from models import TextEncoder

# MiniLM: the sizes of the encoder of experiments/configs/mosi_text_encoder.yaml.
MINILM = {"num_layers": 6, "num_heads": 12, "hidden_dim": 384, "intermediate_dim": 1536}
START, END = 101, 102
# The texts of a batch: the utterances of one or two videos, with their context.
TEXTS = 52
# Tokens of an utterance in CMU-MOSI: median 11, mean 13.5, most 46.
MEDIAN, SPREAD, LONGEST = 11, 0.65, 46
OURS = {"ours": "float32", "ours, bfloat16": "mixed_bfloat16"}
# Whether the step runs under autocast.
PEERS = {"transformers": False, "transformers, bfloat16": True}


def measure_text_encoder(console, rounds, sizes=MINILM):
    """Print the tokens a second of a training step of a text encoder alone.

    Ours and the peer train the same transformer layers on the same texts, by AdamW; the embeddings
    are frozen. The peer's texts are padded to the longest of the batch.

    Args:
        console: A `rich` console.
        rounds: Number of measurements of each.
        sizes: Arguments of a BERT of `keras_hub`.

    Returns:
        Dict from contender to the seconds of every measurement.
    """
    ids = draw_texts(TEXTS)
    tokens = int((ids >= 0).sum()) + 2 * len(ids)
    steps = {name: encoder_step(sizes, ids, policy) for name, policy in OURS.items()}
    has_peer = has_torch() and importlib.util.find_spec("transformers") is not None
    if has_peer:
        from experiments.benchmarks.torch_text_encoder import torch_encoder_step

        steps |= {name: torch_encoder_step(sizes, ids, bf16) for name, bf16 in PEERS.items()}
    seconds = time_in_turn(steps, rounds)
    middle = medians(seconds)
    table = Table(title=f"A training step of a text encoder, {len(ids)} texts, {tokens} tokens")
    table.add_column("")
    for heading in ("ms", "tokens/s", *(f"× {name}" for name in PEERS if has_peer)):
        table.add_column(heading, justify="right")
    for name, time in middle.items():
        ratios = [f"{middle[peer] / time:.2f}" for peer in PEERS if has_peer]
        table.add_row(name, f"{1e3 * time:,.0f}", f"{tokens / time:,.0f}", *ratios)
    console.print(table)
    if not has_peer:
        console.print("transformers is not installed, or PyTorch is not.")
    return seconds


def draw_texts(count, vocabulary=30522):
    """Return token ids of texts as long as those of CMU-MOSI, int32 `(count, longest)`, -1 behind.

    Args:
        count: Number of texts, no two of them equal.
        vocabulary: Number of token ids.
    """
    rng = np.random.default_rng(0)
    lengths = np.exp(rng.normal(np.log(MEDIAN), SPREAD, count)).round().clip(1, LONGEST)
    ids = rng.integers(END + 1, vocabulary, (count, LONGEST), dtype="int32")
    return np.where(np.arange(LONGEST) < lengths[:, None], ids, -1)[:, : int(lengths.max())]


def encoder_step(sizes, ids, policy):
    """Return a function without arguments that takes a training step and returns the loss.

    Args:
        sizes: Arguments of a BERT of `keras_hub`.
        ids: Token ids `(texts, tokens)`; -1: none.
        policy: Dtype policy of the encoder.
    """
    layers = sizes["num_layers"]
    encoder = TextEncoder(
        sizes, "text", start_token=START, end_token=END, trainable_layers=layers, dtype=policy
    )
    variables = encoder.trainable_variables
    optimizer = make_optimizer(SETTINGS, 1)
    optimizer.build(variables)
    texts = tf.constant(ids[None])

    @tf.function(input_signature=[tf.TensorSpec((1, None, None), tf.int32)], autograph=False)
    def step(texts):
        with tf.GradientTape() as tape:
            vectors = tf.cast(encoder(texts, training=True), tf.float32)
            loss = tf.reduce_mean(tf.square(vectors - 1.0))
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
        return loss

    return lambda: float(step(texts))
