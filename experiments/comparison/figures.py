"""Figures of a comparison."""

import textwrap

import matplotlib
import matplotlib.ticker
import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from experiments.comparison.bootstrap import SIGNIFICANT
from experiments.comparison.tables import trained
from experiments.pages.figures import COLOURS, COLUMN

BAR = 0.2  # height of a model's row in inches
LINE = 0.13  # height of a line of its name
MOST_TICKS = 7  # labels of a logarithmic axis
PANELS = 4  # learning curves side by side
# Letters of a line of a model's name: beside a row, and above one of four panels.
ROW_LETTERS, PANEL_LETTERS = 24, 24
# Where a label may stand: its distance from the point, and how it is aligned to there.
SIDES = (
    ((5, 0), "left", "center"),
    ((-5, 0), "right", "center"),
    ((0, 5), "center", "bottom"),
    ((0, -5), "center", "top"),
    ((5, 6), "left", "bottom"),
    ((-5, -6), "right", "top"),
)


def measure_intervals(compared, name):
    """Draw a measure of each model with its interval, and a tick for each of several seeds."""
    models = compared.ranked()[::-1]
    figure, axes = _rows(models)
    for row, model in enumerate(models):
        _interval(axes, row, compared.estimates[model][name], COLOURS["text"])
        values = [outcome.metrics()[name] for outcome in compared.runs_of(model)]
        if len(values) > 1:
            axes.plot(values, np.full(len(values), row - 0.25), "|", color="#888", markersize=5)
    reachable = compared.outcomes[0].references.get("best_reachable_MAE")
    if name == "MAE" and reachable is not None:
        axes.axvline(reachable, color=COLOURS["video"], linestyle="--", linewidth=1)
        where = {"xytext": (3, 0), "textcoords": "offset points", "va": "center"}
        place = (reachable, len(models) - 0.4)
        axes.annotate("best reachable", place, color=COLOURS["video"], **where)
    axes.set_xlabel(_with_direction(compared, name))
    return figure


def difference_intervals(compared):
    """Draw each model's difference from the reference, dark where it stands after correction."""
    name = compared.criterion.name
    models = [model for model in compared.ranked()[::-1] if model in compared.differences]
    figure, axes = _rows(models)
    axes.axvline(0, color="#888", linewidth=1)
    for row, model in enumerate(models):
        one = compared.differences[model][name]
        _interval(axes, row, one, COLOURS["audio"] if one.p_holm < SIGNIFICANT else "#999")
    axes.set_xlabel(f"difference in {name}")
    return figure


def validation_curves(compared):
    """Draw the criterion on valid by epoch: a panel for each trained model, the others in grey.

    A thick line is the mean over the seeds, a thin line a seed, a dot the epoch that is kept. The
    untrained model, epoch 0, would squash the scale: it is left out, unless a run has kept it or
    there is no later epoch.
    """
    models = trained(compared)
    means = {model: _mean_curve(compared.runs_of(model)) for model in models}
    columns = min(len(models), PANELS)
    rows = -(-len(models) // columns)
    figure = Figure(figsize=(2 * COLUMN, 0.5 + rows * max(1.2, 4 / columns)), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, model in zip(grid, models, strict=False):
        for epochs, mean in means.values():
            axes.plot(epochs, mean, color="#888", alpha=0.4, linewidth=0.7)
        _own_curves(axes, compared.runs_of(model), *means[model])
        axes.set_title(textwrap.fill(model, PANEL_LETTERS * PANELS // columns), fontsize=8)
        axes.locator_params("x", integer=True, nbins=5)
    for axes in grid[len(models) :]:
        axes.set_visible(False)
    for axes in grid[max(len(models) - columns, 0) : len(models)]:
        axes.tick_params(labelbottom=True)
    figure.supxlabel("epoch", fontsize=8)
    figure.supylabel(f"validation {compared.criterion.name}", fontsize=8)
    return figure


def time_against_criterion(compared):
    """Draw the criterion of each trained model against the time of an epoch, a logarithmic axis."""
    figure = Figure(figsize=(COLUMN, 3), layout="constrained")
    axes = figure.subplots()
    name = compared.criterion.name
    for model in trained(compared):
        seconds = np.mean([o.cost["epoch_seconds"] for o in compared.runs_of(model)])
        value = compared.estimates[model][name].value
        axes.plot(seconds, value, "o", color=COLOURS["text"], markersize=4)
        axes.annotate(model, (seconds, value), (0, 0), textcoords="offset points")
    axes.set(xlabel="seconds an epoch", ylabel=_with_direction(compared, name), xscale="log")
    axes.margins(x=0.15, y=0.1)
    _label_decades(axes)
    _part_labels(axes)
    return figure


def _label_decades(axes):
    """Label a logarithmic axis at 1, 2, 5, 10 and so on, at both of its ends too."""
    low, high = axes.get_xlim()
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = np.array([])
    for digits in ((1, 2, 5), (1,)):  # Over several decades, 2 and 5 have no room.
        ticks = np.array([digit * 10.0**power for power in powers for digit in digits])
        first, last = ticks[ticks <= low].max(), ticks[ticks >= high].min()
        ticks = ticks[(first <= ticks) & (ticks <= last)]
        if len(ticks) <= MOST_TICKS:
            break
    axes.set_xlim(ticks[0], ticks[-1])
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())


def _part_labels(axes):
    """Put each label on the first side of its point where it covers no point and no other label."""
    axes.figure.draw_without_rendering()
    points = [axes.transData.transform(label.xy) for label in axes.texts]
    taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in points]
    for label in axes.texts:
        for place, across, down in SIDES:
            label.set(position=place, ha=across, va=down)
            room = label.get_window_extent()
            if room.count_overlaps(taken) == 0:
                break
        taken.append(room)


def _mean_curve(runs):
    """Return epochs, and the criterion's mean over the runs, as long as all of them learned."""
    curves = [run.curve for run in runs]
    shared = min(map(len, curves))
    first = 0 if any(run.epoch == 0 for run in runs) else min(1, shared - 1)
    mean = np.mean([curve[first:shared] for curve in curves], axis=0)
    return np.arange(first, shared), mean


def _own_curves(axes, runs, epochs, mean):
    axes.plot(epochs, mean, color=COLOURS["text"], linewidth=1.6)
    for run in runs:
        own = np.arange(epochs[0], len(run.curve))
        if len(runs) > 1:
            axes.plot(own, run.curve[own[0] :], color=COLOURS["text"], alpha=0.5, linewidth=0.6)
        if run.epoch is not None and run.epoch >= epochs[0]:
            axes.plot(run.epoch, run.curve[run.epoch], "o", color=COLOURS["audio"], markersize=3)


def _rows(models):
    """Return a figure and its axes with a row for each model."""
    names = [textwrap.fill(model, ROW_LETTERS) for model in models]
    row = max([BAR, *(LINE * (1 + name.count("\n")) for name in names)])
    figure = Figure(figsize=(COLUMN, 0.6 + row * len(models)), layout="constrained")
    axes = figure.subplots()
    axes.set(yticks=range(len(models)), yticklabels=names, ylim=(-0.6, len(models) - 0.1))
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5))
    return figure, axes


def _interval(axes, row, estimate, colour):
    axes.plot([estimate.low, estimate.high], [row, row], color=colour, linewidth=2)
    axes.plot(estimate.value, row, "o", color=colour)


def _with_direction(compared, name):
    """Return the name of a measure, and whether more or less of it is better."""
    measure = next(one for one in compared.target.measures if one.name == name)
    return f"{name} ({'higher' if measure.greater_is_better else 'lower'} is better)"
