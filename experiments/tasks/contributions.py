"""What each part of one sample contributes to a prediction of a model of sequences."""

import dataclasses

import numpy as np
import tensorflow as tf

from models import TextEncoderModel
from utils.formats.split import MODALITIES

# Points on the way from the baseline to the sample at which the gradient is taken.
POINTS = 128
# Copies of a sample that are computed at once: fewer of long ones, whose attention needs memory.
MOST_COPIES, MOST_WEIGHTS = 64, 4_000_000


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a sample that may be left out.

    Attributes:
        input: The modality; of a text with a table `"text"` or `"table"`.
        name: What it is, such as a word; `None`: the whole input.
        steps: The steps that belong to it, from 0.
    """

    input: str
    name: str | None = None
    steps: tuple[int, ...] = ()


NOTHING = Part("text", "")


@dataclasses.dataclass(frozen=True)
class Contributions:
    """What each part of a sample contributes to K outputs of a model: scores, or logits.

    Attributes:
        names: Names of the outputs.
        parts: The `Part`s: first the whole inputs, then their steps.
        prediction: The outputs, float64 `(K,)`.
        occlusion: The prediction minus the prediction without the part, float64 `(parts, K)`.
        gradients: Integrated gradients, float64 `(parts, K)`, or `None`. Over the whole inputs they
            sum to `prediction - baseline`, up to the error of the integration.
        baseline: The outputs where all valid steps have features of 0, `(K,)`, or `None`.
    """

    names: list[str]
    parts: list[Part]
    prediction: np.ndarray
    occlusion: np.ndarray
    gradients: np.ndarray | None = None
    baseline: np.ndarray | None = None

    @property
    def whole(self):
        """The places of the whole inputs in `parts`."""
        return [i for i, part in enumerate(self.parts) if part.name is None]

    @property
    def steps(self):
        """The places of all other parts."""
        return [i for i, part in enumerate(self.parts) if part.name is not None]

    @property
    def remainder(self):
        """The error of the integration, `(K,)`, or `None`."""
        if self.gradients is None or self.baseline is None:
            return None
        return self.prediction - self.baseline - self.gradients[self.whole].sum(axis=0)


def sequence_contributions(model, inputs, parts, columns, names, in_place=False):
    """Compute the contributions of the parts of one sample.

    Args:
        model: A `MultimodalModel`.
        inputs: The six input tensors of the sample, the sequences `(1, T, D)` and their masks.
        parts: The `Part`s. One without a valid step contributes 0.
        columns: Indices of the K outputs.
        names: Their names.
        in_place: See `occlusion`.

    Returns:
        `Contributions`.
    """
    sample = _by_name(inputs)
    prediction = np.asarray(model(_without(model, sample, [NOTHING]), training=False), "float64")
    gradients, baseline = integrated_gradients(model, sample, columns)
    shares = [gradients[part.input][list(part.steps)].sum(axis=0) for part in parts]
    return Contributions(
        list(names),
        list(parts),
        prediction[0, columns],
        occlusion(model, sample, parts, in_place)[:, columns],
        np.array(shares).reshape(len(parts), len(columns)),
        baseline,
    )


def occlusion(model, sample, parts, in_place=False):
    """Predict a sample with and without each of its parts.

    A part is left out by its mask. Left out of a text, a token or word is as if it had not been
    written. In a context window, the last step is what the model scores: without it, another
    utterance would be scored. So there a step stays, with features of 0.

    Args:
        model: A `MultimodalModel`.
        sample: Dict from `text`, `text_mask` and so on to arrays of one sample.
        parts: The `Part`s.
        in_place: Whether a step that is left out stays in its place, with features of 0, which are
            the mean of scaled features. Behind a text encoder these are its vectors.

    Returns:
        The prediction minus the prediction without each part, float64 `(parts, columns)`.

    Reference:
        Zeiler and Fergus, 2014, "Visualizing and Understanding Convolutional Networks"; of words:
        Li, Monroe and Jurafsky, 2016, "Understanding Neural Networks through Representation
        Erasure".
    """
    found = np.zeros((len(parts), model.output_dim))
    valid = {name: sample[f"{name}_mask"][0] for name in MODALITIES}
    present = [i for i, part in enumerate(parts) if valid[part.input][list(part.steps)].any()]
    size = _copies(sample)
    for start in range(0, len(present), size):
        rows = present[start : start + size]
        # The sample itself stands among its copies, so that both are computed in the same way.
        copies = _without(model, sample, [NOTHING, *(parts[i] for i in rows)], in_place)
        outputs = np.asarray(model(copies, training=False), "float64")
        found[rows] = outputs[:1] - outputs[1:]
    return found


def integrated_gradients(model, sample, columns, points=POINTS):
    """Integrate the gradient of a prediction along the line from the baseline to a sample.

    For the output F and the features x of valid steps, a feature i contributes

        x_i · ∫ ∂F(a x) / ∂x_i da,  a from 0 to 1,

    by the quadrature of Gauss and Legendre in the cube root of a: points stand closer near the
    baseline, where layer normalisation turns its output fastest. The baseline 0 is the mean of
    scaled features; the masks stay, so that steps do not vanish on the way. Behind a text encoder x
    is the vectors of the encoded steps. Over all features the contributions sum to F(x) - F(0).

    Args:
        model: A `MultimodalModel`.
        sample: Dict from `text`, `text_mask` and so on to arrays of one sample.
        columns: Indices of the K outputs.
        points: Points of the quadrature.

    Returns:
        Contributions of the steps of each modality, a dict of float64 `(T, K)`, exactly 0 at masked
        steps; and F(0), float64 `(K,)`.

    Reference:
        Sundararajan, Taly and Yan, 2017, "Axiomatic Attribution for Deep Networks".
    """
    sample = _encoded(model, sample)
    keys = {name: f"{name}_vectors" if name not in sample else name for name in MODALITIES}
    masks = {name: sample[f"{name}_mask"] for name in MODALITIES}
    x = {
        name: np.where(masks[name][..., None], sample[keys[name]], 0).astype("float32")
        for name in MODALITIES
    }

    def predict(scales):
        scaled = {n: tf.constant(scales[:, None, None] * x[n]) for n in MODALITIES}
        repeated = {f"{n}_mask": np.repeat(masks[n], len(scales), 0) for n in MODALITIES}
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(scaled)
            named = {keys[n]: scaled[n] for n in MODALITIES}
            outputs = model({**named, **repeated}, training=False)
            chosen = [outputs[:, column] for column in columns]
        return scaled, chosen, tape

    scales, weights = _quadrature(points)
    sums = {name: np.zeros((*x[name].shape[1:], len(columns))) for name in MODALITIES}
    size = _copies(sample)
    for start in range(0, points, size):
        block = slice(start, start + size)
        scaled, chosen, tape = predict(scales[block])
        for k, output in enumerate(chosen):
            share = [tf.constant(weights[block])]
            found = tape.gradient(output, scaled, share, tf.UnconnectedGradients.ZERO)
            for name in MODALITIES:
                sums[name][..., k] += np.asarray(found[name], "float64").sum(axis=0)
    shares = {n: (sums[n] * x[n][0][..., None]).sum(axis=1) for n in MODALITIES}
    baseline = [np.asarray(y)[0] for y in predict(np.zeros(1, "float32"))[1]]
    return shares, np.array(baseline, "float64")


def _quadrature(points):
    """Return points in (0, 1) and their weights, float32, for integrals from 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    roots = (nodes + 1) / 2
    return (roots**3).astype("float32"), (1.5 * roots**2 * weights).astype("float32")


def _by_name(inputs):
    names = (*MODALITIES, *(f"{name}_mask" for name in MODALITIES))
    return {name: np.asarray(x) for name, x in zip(names, inputs, strict=True)}


def _copies(sample):
    longest = max(sample[f"{name}_mask"].shape[1] for name in MODALITIES)
    return max(1, min(MOST_COPIES, MOST_WEIGHTS // longest**2))


def _without(model, sample, parts, in_place=False):
    """Return a copy of a sample for each part, without that part, as inputs of the model."""
    sample = _encoded(model, sample) if in_place else sample
    copies = {name: np.repeat(x, len(parts), axis=0) for name, x in sample.items()}
    for row, part in enumerate(parts):
        key = f"{part.input}_mask"
        if in_place and part.name is not None:
            key = part.input if part.input in copies else f"{part.input}_vectors"
        copies[key][row, list(part.steps)] = 0
    return copies if in_place else _encoded(model, copies)


def _encoded(model, copies):
    """Return copies of one sample with vectors as their text, behind a text encoder."""
    if not isinstance(model, TextEncoderModel):
        return copies
    numbers, masks = copies["text"], copies["text_mask"]
    _, first, rows = np.unique(masks, axis=0, return_index=True, return_inverse=True)
    found = model.encode(numbers[first], masks[first])
    vectors, valid = (np.asarray(x)[rows.reshape(-1)] for x in found)
    rest = {name: x for name, x in copies.items() if name != "text"}
    return {**rest, "text_vectors": vectors, "text_mask": valid}
