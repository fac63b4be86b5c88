"""Figures of a comparison."""

import itertools

import matplotlib
import matplotlib.ticker
import numpy as np
from matplotlib.figure import Figure

from experiments.comparison.tables import trained
from experiments.pages.figures import COLOURS

BAR = 0.28  # height of a model's row in inches


def measure_intervals(compared, name):
    """Draw a measure of each model with its interval, and the runs of its seeds."""
    models = compared.ranked()[::-1]
    figure, axes = _rows(models)
    for row, model in enumerate(models):
        _interval(axes, row, compared.estimates[model][name], COLOURS["text"])
        values = [outcome.metrics()[name] for outcome in compared.runs_of(model)]
        axes.plot(values, np.full(len(values), row - 0.2), ".", color="#888", markersize=4)
    reachable = compared.outcomes[0].references.get("best_reachable_MAE")
    if name == "MAE" and reachable is not None:
        axes.axvline(reachable, color=COLOURS["video"], linestyle="--", linewidth=1)
        axes.text(reachable, len(models) - 0.4, "best reachable", color=COLOURS["video"])
    axes.set_xlabel(name)
    return figure


def difference_intervals(compared):
    """Draw each model's difference from the reference, dark where it stands after correction."""
    name = compared.criterion.name
    models = [model for model in compared.ranked()[::-1] if model in compared.differences]
    figure, axes = _rows(models)
    axes.axvline(0, color="#888", linewidth=1)
    for row, model in enumerate(models):
        one = compared.differences[model][name]
        _interval(axes, row, one, COLOURS["audio"] if one.p_holm < 0.05 else "#999")
    axes.set_xlabel(f"{name} − {name} of {compared.reference}")
    return figure


def validation_curves(compared):
    """Draw the criterion on valid by epoch, mean over the seeds, of each trained model."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    styles = itertools.cycle(("-", "--"))
    for (model, colour), style in zip(_colours(compared).items(), styles, strict=False):
        curves = [outcome.curve for outcome in compared.runs_of(model)]
        shared = min(map(len, curves))  # Some runs may have stopped earlier.
        mean = np.mean([curve[:shared] for curve in curves], axis=0)
        axes.plot(mean, style, color=colour, label=model, linewidth=1.2)
    axes.set(xlabel="epoch", ylabel=f"validation {compared.criterion.name}")
    axes.locator_params("x", integer=True)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return figure


def time_against_criterion(compared):
    """Draw the criterion of each trained model against the time of an epoch, a logarithmic axis."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    name = compared.criterion.name
    for model, colour in _colours(compared).items():
        seconds = np.mean([o.cost["epoch_seconds"] for o in compared.runs_of(model)])
        value = compared.estimates[model][name].value
        axes.plot(seconds, value, "o", color=colour)
        axes.annotate(model, (seconds, value), xytext=(5, 3), textcoords="offset points")
    axes.set(xlabel="seconds an epoch", ylabel=name, xscale="log")
    axes.margins(x=0.12)
    axes.xaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axes.xaxis.set_minor_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    return figure


def _rows(models):
    """Return a figure and its axes with a row for each model."""
    figure = Figure(figsize=(8, 0.8 + BAR * len(models)), layout="constrained")
    axes = figure.subplots()
    axes.set(yticks=range(len(models)), yticklabels=models, ylim=(-0.6, len(models) - 0.1))
    return figure, axes


def _interval(axes, row, estimate, colour):
    axes.plot([estimate.low, estimate.high], [row, row], color=colour, linewidth=2)
    axes.plot(estimate.value, row, "o", color=colour)


def _colours(compared):
    """Return the colour of each trained model, the best model first."""
    colours = matplotlib.colormaps["tab20"](range(20))
    order = [*colours[::2], *colours[1::2]]
    return dict(zip(trained(compared), itertools.cycle(order), strict=False))
