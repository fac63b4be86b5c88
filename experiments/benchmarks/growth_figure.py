"""The picture of the part `growth`: the measured points, and the fitted formulas as lines."""

import numpy as np
from matplotlib.figure import Figure

from experiments.benchmarks.growth import fit_curves
from experiments.benchmarks.growth_curves import CLIPS, CURVES
from experiments.pages.figures import COLOURS, to_svg

COLUMNS = 3
AXES = {
    "length": "steps of a clip, T",
    "batch": "clips in a batch, B",
    "width": "width of the model, d",
    "members": "members, m",
    "devices": "virtual devices of one core, n",
    CLIPS: "clips on disk, N",
}
COSTS = {"time": (COLOURS["text"], 1e3), "memory": (COLOURS["audio"], 1e-6)}


def draw_curves(curves):
    """Draw time and memory over each amount, as SVG.

    Its ground is white, so that it can be read on pages of any colour.

    Args:
        curves: The `curves` of `measure_growth`.
    """
    formulas = fit_curves(curves)
    rows = -(-len(curves) // COLUMNS)
    figure = Figure(figsize=(7.4, 3.6 * rows), layout="constrained", facecolor="white")
    panels = figure.subplots(2 * rows, COLUMNS, squeeze=False)
    for number, (name, points) in enumerate(curves.items()):
        row, column = 2 * (number // COLUMNS), number % COLUMNS
        amounts, *costs = np.transpose(points)
        for place, (cost, (colour, scale)) in enumerate(COSTS.items()):
            axes = panels[row + place, column]
            line = np.linspace(0, amounts.max(), 100)
            axes.plot(line, formulas[name][place](line), color=colour)
            axes.plot(amounts, costs[place] * scale, "o", color=colour)
            unit = "CPU ms" if cost == "time" else "MB"
            label = f"{unit} of {CURVES[name].cost}" if cost == "time" else f"memory, {unit}"
            axes.set(xlabel=AXES[name], ylabel=label)
            axes.set(xlim=(0, None), ylim=(0, None))
    return to_svg(figure, transparent=False)
