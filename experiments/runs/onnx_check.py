"""Checks of an exported model on real samples."""

import itertools

import numpy as np

from experiments.runs.run_model import named_outputs
from utils.batches.dataset import model_inputs
from utils.formats import MODALITIES
from utils.formats.checks import clean_features
from utils.measures.sentiment import sentiment_metrics

BATCHES = (1, 7, 64)


def check_cases(samples, modalities, lengths, with_masks):
    """Yield what an exported graph is to be tried on, as `check_onnx` takes it.

    Args:
        samples: A `Split` in memory of 64 samples.
        modalities: The graph's inputs.
        lengths: From each modality to the length of the graph's input, or to `None` if it is free.
        with_masks: Whether the graph takes masks.
    """
    x = {name: samples.sequences[name] for name in modalities}
    for name, length in lengths.items():
        if length is not None:
            x[name] = np.pad(x[name], ((0, 0), (0, length - x[name].shape[1]), (0, 0)))
    for batch in BATCHES:
        yield _case(f"a batch of {batch}", _rows(x, batch), with_masks)
    few = _rows(x, BATCHES[1])
    for share, words in ((0.0, "step"), (0.5, "half")) if None in lengths.values() else ():
        steps = {n: max(1, round(share * v.shape[1])) for n, v in few.items() if not lengths[n]}
        for end, cut in (("first", slice(None)), ("last", slice(None, None, -1))):
            short = {n: v[:, cut][:, : steps.get(n)][:, cut] for n, v in few.items()}
            yield _case(f"the {end} {words} alone", short, with_masks)
    for count in range(1, len(modalities) + 1):
        for absent in itertools.combinations(modalities, count):
            some = {n: np.zeros_like(v) if n in absent else v for n, v in few.items()}
            yield _case(f"no {' and no '.join(absent)}", some, with_masks)
    broken = {name: value.copy() for name, value in few.items()}
    for value in broken.values():
        value[0, -1, 0], value[1, -1, -1], value[2, -1] = np.nan, np.inf, -np.inf
    yield _case("NaN and infinite features", broken, with_masks)


def reference_outputs(run_model):
    """Return a function from the content of a case to outputs, computed as evaluation does."""

    def outputs(content):
        features, masks = content
        samples = len(next(iter(features.values())))
        lengths = dict(zip(MODALITIES, run_model.model.seq_lens, strict=True))
        sequences = {
            name: clean_features(name, features[name])[0]
            if name in features
            else np.zeros((samples, lengths[name], run_model.all_widths[name]), "float32")
            for name in MODALITIES
        }
        inputs = model_inputs(sequences, run_model.normalizer, run_model.modalities, masks)
        return named_outputs(run_model.model.explain(inputs))

    return outputs


def quantization_effect(split, run_model, scorer, block=64):
    """Return the metrics on a split of the Keras model, of the quantised one, and the difference.

    Args:
        split: A `Split` with labels.
        run_model: A `RunModel`.
        scorer: An `OnnxScorer`.
        block: Samples that are computed at once.

    Returns:
        From a column's heading to its metrics by name.
    """
    scores = {"Keras": [], "int8": []}
    for start in range(0, len(split), block):
        part = split.take(np.arange(start, min(start + block, len(split))))
        scores["Keras"].append(run_model.score(part.sequences)[0])
        scores["int8"].append(scorer.score(part.sequences)[0])
    columns = {
        heading: sentiment_metrics(split.labels, np.concatenate(parts))
        for heading, parts in scores.items()
    }
    before, after = columns["Keras"], columns["int8"]
    return {**columns, "difference": {name: after[name] - before[name] for name in before}}


def _rows(x, count):
    return {name: value[:count] for name, value in x.items()}


def _case(description, features, with_masks):
    if not with_masks:
        return description, features, (features, None)
    masks = {name: np.any(value != 0, axis=-1) for name, value in features.items()}
    for mask in masks.values():
        mask[::2, -1] = False  # Masks count, whatever the features are.
    inputs = {**features, **{f"{name}_mask": mask for name, mask in masks.items()}}
    return description, inputs, (features, masks)
