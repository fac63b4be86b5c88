"""Figures of a comparison, as SVG text."""

import itertools

import matplotlib
import matplotlib.ticker
import numpy as np
from matplotlib.figure import Figure

from experiments.pages.figures import COLOURS, to_svg

BAR = 0.28  # height of a model's row in inches


def metric_intervals(comparison, metric):
    """Draw each model's metric with its interval, and the runs of its seeds."""
    models = comparison.ranked()[::-1]
    figure, axes = _rows(models)
    for row, model in enumerate(models):
        _interval(axes, row, comparison.estimates[model][metric], COLOURS["text"])
        values = [outcome.metrics()[metric] for outcome in comparison.runs_of(model)]
        axes.plot(values, np.full(len(values), row - 0.2), ".", color="#888", markersize=4)
    reachable = comparison.outcomes[0].references.get("best_reachable_MAE")
    if metric == "MAE" and reachable is not None:
        axes.axvline(reachable, color=COLOURS["video"], linestyle="--", linewidth=1)
        axes.text(reachable, len(models) - 0.4, "best reachable", color=COLOURS["video"])
    axes.set_xlabel(metric)
    return to_svg(figure)


def difference_intervals(comparison):
    """Draw each model's difference from the reference, dark where it stands after correction."""
    metric = comparison.measures.criterion
    models = [model for model in comparison.ranked()[::-1] if model in comparison.differences]
    figure, axes = _rows(models)
    axes.axvline(0, color="#888", linewidth=1)
    for row, model in enumerate(models):
        one = comparison.differences[model][metric]
        _interval(axes, row, one, COLOURS["audio"] if one.p_holm < 0.05 else "#999")
    axes.set_xlabel(f"{metric} minus that of {comparison.reference}")
    return to_svg(figure)


def validation_curves(comparison):
    """Draw the criterion on valid by epoch, mean over the seeds, of each model."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for (model, colour), style in zip(
        _colours(comparison).items(), itertools.cycle(("-", "--")), strict=False
    ):
        curves = [outcome.curve for outcome in comparison.runs_of(model)]
        shared = min(map(len, curves))  # Some runs may have stopped earlier.
        mean = np.mean([curve[:shared] for curve in curves], axis=0)
        axes.plot(mean, style, color=colour, label=model, linewidth=1.2)
    axes.set(xlabel="epoch", ylabel=f"validation {comparison.measures.criterion}")
    axes.locator_params("x", integer=True)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return to_svg(figure)


def time_against_error(comparison):
    """Draw each model's MAE against the time of an epoch, which is on a logarithmic scale."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for model, colour in _colours(comparison).items():
        seconds = np.mean([o.cost["epoch_seconds"] for o in comparison.runs_of(model)])
        error = comparison.estimates[model]["MAE"].value
        axes.plot(seconds, error, "o", color=colour)
        axes.annotate(model, (seconds, error), xytext=(5, 3), textcoords="offset points")
    axes.set(xlabel="seconds an epoch", ylabel="MAE", xscale="log")
    axes.margins(x=0.12)
    axes.xaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axes.xaxis.set_minor_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    return to_svg(figure)


def _rows(models):
    """Return a figure and its axes with a row for each model."""
    figure = Figure(figsize=(8, 0.8 + BAR * len(models)), layout="constrained")
    axes = figure.subplots()
    axes.set(yticks=range(len(models)), yticklabels=models, ylim=(-0.6, len(models) - 0.1))
    return figure, axes


def _interval(axes, row, estimate, colour):
    axes.plot([estimate.low, estimate.high], [row, row], color=colour, linewidth=2)
    axes.plot(estimate.value, row, "o", color=colour)


def _colours(comparison):
    """Return each model's colour, the best model first."""
    colours = matplotlib.colormaps["tab20"](range(20))
    order = [*colours[::2], *colours[1::2]]
    return dict(zip(comparison.ranked(), itertools.cycle(order), strict=False))
