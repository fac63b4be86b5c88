"""The differences between models in sentences."""

from experiments.comparison.bootstrap import SIGNIFICANT

FEW = 50  # samples or groups, below which p-values are too low; see `paired_bootstrap`


def describe_finding(compared):
    """Say which model is best, and how many differ from the reference by more than chance."""
    ranked, name = compared.ranked(), compared.criterion.name
    best = f"{compared.estimates[ranked[0]][name].value:.3f}"
    found = [one[name].p_holm < SIGNIFICANT for one in compared.differences.values()]
    if not found:
        return f"{ranked[0]} has a mean {name} of {best}."
    order = "highest" if compared.criterion.greater_is_better else "lowest"
    correction = describe_correction(compared, " after")
    doubtful = sum(found) and describe_few(compared)
    few = " With so few samples this may still be chance." if doubtful else ""
    return (
        f"{ranked[0]} has the {order} {name}, {best}. {_who_differs(compared, sum(found))} from "
        f"{compared.reference} by more than chance (p < {SIGNIFICANT}{correction}).{few}"
    )


def _who_differs(compared, count):
    others = [*compared.differences]
    if len(others) == 1:
        return f"{others[0]} {'differs' if count else 'does not differ'}"
    untrained = [name for name in others if not compared.runs_of(name)[0].curve]
    constant = f", {untrained[0]} among them," if untrained else ""
    differ = {0: "none differs", 1: "1 differs"}.get(count, f"{count} differ")
    return f"Of the {len(others)} others{constant} {differ}"


def describe_few(compared, unit="samples"):
    """Warn of p-values from few samples; return an empty text where there are enough.

    Args:
        compared: The `Compared`.
        unit: What a resample draws.
    """
    if compared.units >= FEW or not compared.differences:
        return ""
    return (
        f"Few {unit} ({compared.units}): p-values are too low and intervals too narrow. With 10 "
        "samples and no true difference, p is below 0.05 in 10 % of comparisons and below 0.01 in "
        f"4 %. From about {FEW} on, p is right."
    )


def describe_statistics(compared, unit="samples"):
    """Say how differences were tested.

    Args:
        compared: The `Compared`.
        unit: What a resample draws.
    """
    corrected = describe_correction(compared, ", and “p, Holm” is p after")
    over_seeds = ", as the mean over their seeds" if compared.most_runs > 1 else ""
    return (
        f"Differences from {compared.reference}, by a paired bootstrap of {compared.resamples:,} "
        f"resamples of {unit}. In each resample, all models are measured on the same samples"
        f"{over_seeds}. Intervals are percentiles. p is two-sided{corrected}."
        f"{_describe_tested(compared)}"
    )


def describe_repeated(repeated):
    """Say which measures a table leaves out, as they repeat another one; empty if none.

    Args:
        repeated: What `Target.repeated` returned.
    """
    if not repeated:
        return ""
    equal = " and ".join(f"{name} = {other}" for name, other in repeated.items())
    return f"On these labels, by definition, {equal}: the table shows one of each pair."


def _describe_tested(compared):
    """Say which measures are tested, where some are not."""
    named = {*compared.measures, *compared.repeated}
    left = [name for name in compared.target.overall if name not in named]
    if not left:
        return ""
    return (
        f" The tables test {', '.join(compared.measures)}. They leave out {', '.join(left)}: each "
        "says almost the same as one of these."
    )


def describe_correction(compared, words):
    """Say how p-values were corrected; one comparison needs no correction."""
    count = len(compared.differences)
    return f"{words} Holm's correction for {count} comparisons" if count > 1 else ""
