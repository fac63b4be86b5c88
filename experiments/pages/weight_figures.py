"""Figures of modality weights, as SVG text."""

import numpy as np
from matplotlib.figure import Figure

from experiments.pages.figures import CLASSES, COLOURS, to_svg
from utils.formats import MODALITIES


def weights_by_class(weights, labels):
    """Draw the mean weight of each modality for each of the seven true classes.

    Args:
        weights: `(N, 3)`, text, audio, video.
        labels: True scores, `(N,)`.
    """
    classes = np.round(np.clip(labels, -3, 3))
    present = [c for c in CLASSES if (classes == c).any()]
    means = np.array([weights[classes == c].mean(axis=0) for c in present])
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    below = np.zeros(len(present))
    for i, name in enumerate(MODALITIES):
        axes.bar(present, means[:, i], 0.7, below, label=name, color=COLOURS[name], alpha=0.8)
        below += means[:, i]
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.18))
    axes.set(xlabel="true class", ylabel="mean weight", ylim=(0, 1), xticks=present)
    return to_svg(figure)


def weights_by_sample(weights, names=MODALITIES):
    """Draw each sample's weights as a column of parts, ordered by the first.

    Args:
        weights: `(N, parts)`.
        names: Those of the parts, `(parts,)`.
    """
    order = np.lexsort((weights[:, 1], weights[:, 0]))
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    axes.stackplot(
        np.arange(len(weights)),
        weights[order].T,
        labels=names,
        colors=[COLOURS[name] for name in names],
        alpha=0.8,
        rasterized=len(weights) > 2000,
    )
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.18))
    axes.set(xlabel="samples", ylabel="weight", ylim=(0, 1), xlim=(0, max(len(weights) - 1, 1)))
    return to_svg(figure)
