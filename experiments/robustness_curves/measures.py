"""What a curve of a metric over growing imperfection comes to, in one figure.

A curve is a metric `m(τ)` at the levels `τ_0 = 0 < τ_1 < ... < τ_n` of an imperfection. Relative
and effective robustness are those of MultiBench (Liang et al., 2021,
https://arxiv.org/abs/2107.07502; `eval_scripts/robustness.py` of its repository), with three
differences. MultiBench maps the figures of all compared methods onto [0, 1] in the end; here they
stay as they are, so that no figure depends on what else is compared. It has evenly spaced levels
and leaves the factor `τ_i - τ_{i-1}` out of effective robustness, which that mapping removes. And a
metric of which less is better counts negatively at once, where MultiBench turns it round before the
mapping: more is better in both figures.
"""

import numpy as np


def area(levels, values):
    """Compute the area under a curve by the trapezoid rule, over the range of its levels.

    It is the mean of the metric over the levels, in the metric's own unit: the "area under
    indicators line chart" of TFR-Net (Yuan et al., 2021), divided by the range.

    Args:
        levels: `(n,)`, ascending.
        values: The metric at each, `(n,)`.
    """
    return float(np.trapezoid(values, levels) / (levels[-1] - levels[0]))


def relative_robustness(levels, values, greater_is_better=True):
    """Compute how well a method does under imperfection.

    `± Σ_i (m(τ_{i-1}) + m(τ_i)) / 2 · (τ_i - τ_{i-1})`, minus where less is better.

    Args:
        levels: `(n,)`, ascending.
        values: The metric at each, `(n,)`.
        greater_is_better: Whether a greater value of the metric is better.
    """
    return (1 if greater_is_better else -1) * float(np.trapezoid(values, levels))


def effective_robustness(levels, values, baseline, greater_is_better=True):
    """Compute how much less a method loses than late fusion does.

    `± Σ_i (m(τ_i) - β(τ_i)) · (τ_i - τ_{i-1})`, minus where less is better, where
    `β(τ) = l(τ) + m(0) - l(0)` is the curve `l` of late fusion, moved to begin where the method's
    does. Above 0: the method loses less.

    Args:
        levels: `(n,)`, ascending.
        values: The metric at each, `(n,)`.
        baseline: The late fusion's, `(n,)`.
        greater_is_better: Whether a greater value of the metric is better.
    """
    values, baseline = np.asarray(values), np.asarray(baseline)
    moved = baseline + values[0] - baseline[0]
    sign = 1 if greater_is_better else -1
    return sign * float(np.sum((values - moved)[1:] * np.diff(levels)))


def by_magnitude(levels, values):
    """Return a curve over signed levels, such as shifts, as one over growing imperfection.

    Args:
        levels: `(n,)`, ascending; from `-k` to `k`, or from 0 on.
        values: The metric at each, `(n,)`.

    Returns:
        Levels from 0 to 1, each `|level| / k`, and the means over both signs; a curve without
        negative levels as it is.
    """
    levels, values = np.asarray(levels, float), np.asarray(values, float)
    if levels[0] >= 0:
        return levels, values
    middle = len(levels) // 2
    return levels[middle:] / levels[-1], (values[middle::-1] + values[middle:]) / 2
