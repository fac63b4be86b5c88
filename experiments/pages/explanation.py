"""What a run's model does with a split: without a modality, and where it looks."""

import base64
import dataclasses

import numpy as np
import tensorflow as tf

from utils.batches.dataset import model_inputs
from utils.formats import MODALITIES
from utils.measures.sentiment import sentiment_metrics

BLOCK = 64
# Attention maps of samples that a page may hold, before base64.
ATTENTION_BYTES = 2_000_000


def ablations(run_model, split):
    """Measure a model without each of its modalities, and with each alone.

    Args:
        run_model: A `RunModel`.
        split: A `Split` with labels.

    Returns:
        From a description to metrics by name; first those with all modalities. Only these if the
        model uses one modality.
    """
    used = run_model.modalities
    subsets = {"all modalities": used}
    if len(used) > 1:
        subsets |= {f"without {name}": tuple(n for n in used if n != name) for name in used}
        if len(used) > 2:
            subsets |= {f"{name} alone": (name,) for name in used}
    scores = {description: [] for description in subsets}
    for block in (split.take(rows) for rows in _blocks(len(split))):
        features = {name: tf.constant(block.sequences[name]) for name in used}
        masks = {name: tf.reduce_any(x != 0, axis=-1) for name, x in features.items()}
        for description, kept in subsets.items():
            chosen = {f"{n}_mask": m & (n in kept) for n, m in masks.items()}
            outputs = run_model.masked_outputs(features | chosen)
            scores[description].append(outputs["score"].numpy()[:, 0])
    return {
        description: sentiment_metrics(split.labels, np.concatenate(parts))
        for description, parts in scores.items()
    }


@dataclasses.dataclass(frozen=True)
class AttentionMaps:
    """Attention of chosen samples, in bytes.

    Attributes:
        maps: A dict for each map: `name`, `query` and `key`, each a modality, `modalities` or
            `step`, and its `heads`, `rows` and `columns`.
        samples: From a sample's row to its maps, one after the other, head by head and row by
            row: weights times 255 in base64.
        masks: From a sample's row to, for each modality, `1` for a valid step and `0` for padding.
    """

    maps: list[dict]
    samples: dict[int, str]
    masks: dict[int, dict[str, str]]


def attention_maps(run_model, split, errors, budget=ATTENTION_BYTES):
    """Compute the attention of as many samples as the budget holds.

    The samples are those with the largest and the smallest errors, then others evenly.

    Args:
        run_model: A `RunModel`.
        split: A `Split`.
        errors: Absolute errors, `(N,)`.
        budget: Bytes.

    Returns:
        `AttentionMaps`, or `None` if the model has none, or not even one sample's fit.
    """
    order = by_interest(errors)
    maps, shown, masks, size = [], {}, {}, 0
    for rows in _blocks(len(order), 8):
        block = split.take(order[rows])
        features = {name: np.asarray(block.sequences[name]) for name in MODALITIES}
        inputs = model_inputs(features, run_model.normalizer, run_model.modalities)
        attention = run_model.model.explain(inputs).attention
        weights = {name: np.asarray(tf.cast(w, "float32")) for name, w in attention.items()}
        size = sum(w[0].size for w in weights.values())
        if not 0 < size <= budget:
            break
        maps = [_describe(name, w) for name, w in weights.items()]
        for i, row in enumerate(order[rows][: budget // size - len(shown)]):
            parts = [np.round(255 * w[i]).astype("uint8").tobytes() for w in weights.values()]
            shown[int(row)] = base64.b64encode(b"".join(parts)).decode()
            masks[int(row)] = {
                name: "".join("01"[int(step)] for step in np.asarray(mask[i]))
                for name, mask in zip(MODALITIES, inputs[3:], strict=True)
            }
        if len(shown) >= budget // size:
            break
    return AttentionMaps(maps, shown, masks) if shown else None


def by_interest(errors, extremes=10):
    """Order samples: the largest errors, the smallest, then the others at random.

    Args:
        errors: Absolute errors, `(N,)`.
        extremes: How many of the largest and of the smallest come first.

    Returns:
        Rows, each once, `(N,)`.
    """
    order = np.argsort(-np.asarray(errors), kind="stable")
    if len(order) <= 2 * extremes:
        return order
    middle = np.random.default_rng(0).permutation(order[extremes:-extremes])
    return np.concatenate([order[:extremes], order[-extremes:][::-1], middle])


def _describe(name, weights):
    """Say what the axes of a map are, from its name."""
    last = name.rsplit("/", 1)[-1]
    query, _, key = last.partition("_from_")
    if key not in MODALITIES or query not in MODALITIES:
        first = name.split("/", 1)[0]
        query = key = first if first in MODALITIES else "step"
        if weights.shape[2:] == (3, 3) and query == "step":
            query = key = "modalities"
    heads, rows, columns = weights.shape[1:]
    sizes = {"heads": heads, "rows": rows, "columns": columns}
    return {"name": name, "query": query, "key": key, **sizes}


def _blocks(count, size=BLOCK):
    return [np.arange(start, min(start + size, count)) for start in range(0, count, size)]
