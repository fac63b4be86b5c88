"""Figures of the shares of a model's inputs, as SVG text."""

import numpy as np

from experiments.pages.figures import (
    COLOURS,
    MOST_NAMED,
    column_axes,
    legend_above,
    name_groups,
    to_svg,
)


def shares_by_part(shares, parts):
    """Draw how the share of each input is spread over the samples.

    Args:
        shares: `(N, parts)`.
        parts: Names of the inputs.
    """
    figure, axes = column_axes()
    for position, name in enumerate(parts):
        values = shares[:, position]
        drawn = axes.boxplot(
            values, positions=[position], widths=0.5, patch_artist=True, showfliers=False
        )
        drawn["boxes"][0].set(facecolor=COLOURS[name], alpha=0.6)
        drawn["medians"][0].set(color="black")
        axes.text(position, 1.04, f"mean {values.mean():.2f}", ha="center")
    axes.set(xticks=range(len(parts)), xticklabels=parts, ylabel="share", ylim=(-0.02, 1.1))
    return to_svg(figure)


def shares_by_group(shares, parts, groups, members):
    """Draw the mean share of each input for the samples of each group of labels.

    Args:
        shares: `(N, parts)`.
        parts: Names of the inputs.
        groups: Names of the groups.
        members: Which samples are in which group, `(N, groups)`.
    """
    present = np.flatnonzero(members.any(axis=0))
    means = np.array([shares[members[:, g] > 0].mean(axis=0) for g in present])
    figure, axes = column_axes()
    below, places = np.zeros(len(present)), np.arange(len(present))
    for i, name in enumerate(parts):
        axes.bar(places, means[:, i], 0.7, below, label=name, color=COLOURS[name], alpha=0.8)
        below += means[:, i]
    legend_above(figure, len(parts))
    axes.set(xlabel="true label", ylabel="mean share", ylim=(0, 1), xticks=[])
    if len(present) <= MOST_NAMED:
        name_groups(axes, [groups[g] for g in present])
    return to_svg(figure)


def shares_by_sample(shares, parts):
    """Draw each sample's shares as a column, ordered by the first input.

    Args:
        shares: `(N, parts)`.
        parts: Names of the inputs.
    """
    order = np.lexsort(shares.T[::-1])
    figure, axes = column_axes()
    axes.stackplot(
        np.arange(len(shares)),
        shares[order].T,
        labels=parts,
        colors=[COLOURS[name] for name in parts],
        alpha=0.8,
        rasterized=len(shares) > 2000,
    )
    legend_above(figure, len(parts))
    axes.set(xlabel="samples", ylabel="share", ylim=(0, 1), xlim=(0, max(len(shares) - 1, 1)))
    return to_svg(figure)


def gate_order(means):
    """Return the dimensions of a gate, the dimensions in which the classes differ most at the end.

    Args:
        means: From each class to its mean gate, `(fusion_dim,)`.
    """
    return np.argsort(np.ptp(np.array([*means.values()]), axis=0), kind="stable")


def gate_by_class(means):
    """Draw the mean gate of each class in each dimension, in `gate_order`.

    Args:
        means: From each class to its mean gate, `(fusion_dim,)`.
    """
    values = np.array([*means.values()])
    figure, axes = column_axes(1 + 0.3 * min(len(values), 10))
    drawn = axes.imshow(
        values[:, gate_order(means)],
        cmap="RdBu",
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
    )
    figure.colorbar(drawn, ax=axes, label="share of the text")
    axes.set(xlabel="dimension, by difference between classes", ylabel="true class", xticks=[])
    axes.set(yticks=[])
    if len(means) <= MOST_NAMED:
        axes.set_yticks(range(len(means)), [*means])
    axes.spines[["left", "bottom"]].set_visible(False)
    return to_svg(figure)
