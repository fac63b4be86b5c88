"""The attention of a model of sequences for single samples."""

import base64
import dataclasses

import numpy as np
import tensorflow as tf

from experiments.pages.sample_table import by_interest, by_position
from utils.formats import MODALITIES
from utils.texts.step_names import step_namer

# Samples that are explained, and samples that are read, at once.
BLOCK, CHUNK = 8, 64
# Bytes of the attention maps of samples that a page may hold, before base64.
ATTENTION_BYTES = 2_000_000


@dataclasses.dataclass(frozen=True)
class AttentionMaps:
    """Attention of chosen samples, in bytes.

    Attributes:
        maps: A dict for each map: `name`, `query` and `key`, each a modality, `modalities` or
            `step`, and its `heads`, `rows` and `columns`.
        samples: From a sample's row to its maps, one after the other, head by head and row by
            row: bytes in base64, of which 255 stands for the largest weight of the map.
        largest: From a sample's row to the largest weight of each map.
        masks: From a sample's row to, for each modality, `1` for a valid step and `0` for padding.
        words: From a sample's row to the names of the valid steps of its text, where they are
            known: words, utterances or tokens; see `step_namer`.
    """

    maps: list[dict]
    samples: dict[int, str]
    largest: dict[int, list[float]]
    masks: dict[int, dict[str, str]]
    words: dict[int, list[str]]

    def of_rows(self, rows):
        """Return the entries of a page's JSON for some rows."""
        return {
            "maps": self.maps,
            "attention": by_position(self.samples, rows),
            "largest": by_position(self.largest, rows),
            "masks": by_position(self.masks, rows),
            "words": by_position(self.words, rows),
        }


NO_MAPS = AttentionMaps([], {}, {}, {}, {})


def attention_maps(run, samples, errors, budget=ATTENTION_BYTES):
    """Compute the attention of as many samples as the budget holds.

    The samples are the ones with the largest and the smallest errors, then others at random.

    Args:
        run: A `LoadedRun` of a model of sequences.
        samples: A `Split` as `run.read` returns it.
        errors: Error of each sample, `(N,)`.
        budget: Bytes.

    Returns:
        `AttentionMaps`, without samples if the model has no attention, or not one sample fits.
    """
    order = by_interest(errors)
    maps, shown, largest, masks = [], {}, {}, {}
    for rows, inputs, weights in _explained(run, samples, order):
        named = isinstance(inputs, dict)  # of texts that are encoded already
        valid = [inputs[f"{n}_mask"] for n in MODALITIES] if named else inputs[3:]
        size = sum(w[0].size for w in weights.values())
        if not 0 < size <= budget:
            break
        maps = [_describe(name, w) for name, w in weights.items()]
        for i, row in enumerate(rows[: budget // size - len(shown)]):
            largest[int(row)] = [round(float(w[i].max()), 4) for w in weights.values()]
            shown[int(row)] = _packed([w[i] for w in weights.values()])
            masks[int(row)] = {
                name: "".join("01"[int(step)] for step in np.asarray(mask[i]))
                for name, mask in zip(MODALITIES, valid, strict=True)
            }
        if len(shown) >= budget // size:
            break
    names_of = step_namer(samples, run.inputs.text_steps)
    names = {row: names_of(row) for row in shown}
    words = {row: one.steps for row, one in names.items() if one is not None}
    return AttentionMaps(maps, shown, largest, masks, words) if shown else NO_MAPS


def _explained(run, samples, order):
    """Yield rows, the model's inputs of these samples, and their attention, block by block."""
    explain, compiled = run.model.explain, False
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        batches = run.inputs.batches(samples.take(rows), BLOCK)
        if start and not compiled:
            # For fewer samples the graph would cost more than it saves.
            explain = tf.function(explain, [batches.element_spec], autograph=False)
            compiled = True
        for i, inputs in enumerate(batches):
            attention = explain(inputs).attention
            weights = {name: np.asarray(tf.cast(w, "float32")) for name, w in attention.items()}
            yield rows[i * BLOCK : (i + 1) * BLOCK], inputs, weights


def _packed(maps):
    """Return the maps of a sample in base64, each in shares of its largest weight."""
    shares = [255 * one / max(one.max(), 1e-9) for one in maps]
    return base64.b64encode(
        b"".join(np.round(s).astype("uint8").tobytes() for s in shares)
    ).decode()


def sample_attention(run, sample):
    """Return the attention of one sample.

    Args:
        run: A `LoadedRun` of a model of sequences.
        sample: A `Split` of one sample.

    Returns:
        From the name of each map to its axes, as in `AttentionMaps`, and its `weights`, float32
        `(heads, rows, columns)`; a dict of dicts.
    """
    [inputs] = run.inputs.batches(sample)
    maps = {}
    for name, weights in run.model.explain(inputs).attention.items():
        weights = np.asarray(tf.cast(weights, "float32"))
        maps[name] = {**_describe(name, weights), "weights": weights[0]}
    return maps


def _describe(name, weights):
    """Return the axes of a map, told by its name."""
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
