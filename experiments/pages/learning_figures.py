"""Figures of a training epoch by epoch, as SVG text."""

import numpy as np

from experiments.pages.figures import COLOURS, column_axes, legend_above, to_svg
from experiments.pages.minus_sign import with_minus
from experiments.training.validation import best_entry, kept_entry


def loss_curves(history):
    """Draw the training loss by epoch, and of classes the log loss on valid.

    Args:
        history: The lines of `metrics.jsonl`; epoch 0, the untrained model, is left out.
    """
    trained = history[1:]
    figure, axes = column_axes(2.3)
    both = "valid_log_loss" in history[0]
    line = "--" if both else "-"
    axes.plot(*_curve(trained, "loss"), color="#666", linestyle=line, label="training loss")
    if both:
        axes.plot(*_curve(trained, "valid_log_loss"), color=COLOURS["text"], label="valid log loss")
        legend_above(figure, 2)
    axes.set(xlabel="epoch", ylabel="loss")
    axes.locator_params("x", integer=True)
    return to_svg(figure)


def criterion_curve(history, criterion, keep):
    """Draw the measure on valid that chooses the epoch, with the best and the kept epoch.

    Epoch 0 would squash the others, so it is drawn only if it is one of the two.

    Args:
        history: The lines of `metrics.jsonl`.
        criterion: The measure.
        keep: `"best"` or `"last"`, the epoch whose model is kept.
    """
    name = f"valid_{criterion.name}"
    best, kept = best_entry(history, criterion), kept_entry(history, keep, criterion)
    marks = {"kept, the best": best} if kept is best else {"kept": kept, "best": best}
    points = [(word, e["epoch"], e[name]) for word, e in marks.items() if e and e[name] is not None]
    figure, axes = column_axes(2.3)
    drawn = history if any(epoch == 0 for _, epoch, _ in points) else history[1:]
    axes.plot(*_curve(drawn, name), color=COLOURS["text"])
    colour = COLOURS["audio"]
    for (word, epoch, value), filled in zip(points, (colour, "none"), strict=False):
        label = with_minus(f"{word}: epoch {epoch}, {value:.3f}")
        look = {"markersize": 6, "markerfacecolor": filled, "markeredgecolor": colour}
        axes.plot(epoch, value, "o", label=label, **look)
    if points:
        legend_above(figure, 2)
    axes.set(xlabel="epoch", ylabel=f"{criterion.name} on valid")
    axes.locator_params("x", integer=True)
    return to_svg(figure)


def _curve(history, name):
    """Return the epochs and an entry of each, NaN where it is undefined."""
    values = [np.nan if entry.get(name) is None else entry[name] for entry in history]
    return [entry["epoch"] for entry in history], values
