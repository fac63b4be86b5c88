"""The picture of the part `growth`: the measured points, and the fitted formulas as lines."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.benchmarks.growth import fit_curves
from experiments.benchmarks.growth_curves import CLIPS, CURVES
from experiments.pages.figures import COLOURS, to_svg

COLUMNS = 3
STEPS = (1, 2, 2.5, 5, 10)  # between numbers at the axes, times a power of ten
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
    figure = Figure(figsize=(7.4, 3.4 * rows), layout="constrained", facecolor="white")
    blocks = np.reshape(figure.subfigures(rows, COLUMNS, squeeze=False), -1)
    for block, (name, points) in zip(blocks, curves.items(), strict=False):
        block.set_facecolor("white")
        panels = block.subplots(len(COSTS), sharex=True)
        amounts, *costs = np.transpose(points)
        line = np.linspace(0, amounts.max(), 50)
        for axes, (cost, (colour, scale)), measured, formula in zip(
            panels, COSTS.items(), costs, formulas[name], strict=True
        ):
            axes.plot(line, formula(line), color=colour)
            axes.plot(amounts, measured * scale, "o", color=colour)
            label = f"CPU ms {CURVES[name].cost}" if cost == "time" else "memory, MB"
            # Points at the ends are drawn whole.
            axes.set(ylabel=label, ylim=(0, 1.1 * measured.max() * scale))
            axes.yaxis.set_major_formatter("{x:,.0f}")
            axes.yaxis.set_major_locator(MaxNLocator(4, steps=STEPS))
        panels[0].set_title(name, fontsize=8, fontweight="bold")
        panels[-1].set(xlabel=AXES[name], xlim=(0, 1.06 * amounts.max()))
        panels[-1].xaxis.set_major_formatter("{x:,.0f}")
        panels[-1].xaxis.set_major_locator(MaxNLocator(4, steps=STEPS, integer=True))
    return to_svg(figure, transparent=False)
