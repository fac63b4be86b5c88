"""Runs of several models, and how these differ from one of them."""

import dataclasses
from typing import Any

import numpy as np

from experiments.comparison.bootstrap import Estimate, paired_bootstrap, usual_resamples
from experiments.comparison.outcomes import Outcome
from experiments.training.validation import rank

# Measures that say almost the same as another one: their differences are not shown.
NOT_COMPARED = (
    *("Acc_5", "Acc_3", "Has0_F1"),
    *("f1_score", "precision", "recall", "average_precision"),
)


@dataclasses.dataclass(frozen=True)
class Compared:
    """Runs, and how their models differ from one of them.

    Attributes:
        outcomes: The runs, models in the order to show them.
        reference: The model that the others are compared with.
        resamples: Number of resamples of the bootstrap.
        units: Number of samples, or of groups, that a resample draws.
        estimates: From each model to the `Estimate` of each compared measure by name.
        differences: From each model but the reference to the `Estimate` of each difference by name.
        repeated: From each measure that tables leave out to the one that it repeats.
    """

    outcomes: list[Outcome]
    reference: str
    resamples: int
    units: int
    estimates: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]
    repeated: dict[str, str]

    def runs_of(self, model):
        """Return the outcomes of a model."""
        return [outcome for outcome in self.outcomes if outcome.model == model]

    @property
    def target(self):
        """The `Target` of the runs."""
        return self.outcomes[0].target

    @property
    def criterion(self):
        """The measure that models are ranked by."""
        return self.target.criterion

    @property
    def most_runs(self):
        """The largest number of runs of one model."""
        return max(len(self.runs_of(model)) for model in self.estimates)

    @property
    def measures(self):
        """Names of the measures whose differences are shown; the first is the criterion."""
        names = [measure.name for measure in compared_measures(self.target)]
        return [name for name in names if name not in self.repeated]

    def ranked(self):
        """Return the names of the models, the best by the criterion first."""
        name = self.criterion.name
        values = {model: found[name].value for model, found in self.estimates.items()}
        return sorted(values, key=lambda model: rank(values[model], self.criterion))


def compared_measures(target) -> list[Any]:
    """Return the measures whose differences are shown; the first is the criterion."""
    names = [name for name in target.overall if name not in NOT_COMPARED]
    return [measure for measure in target.measures if measure.name in names]


def compare_outcomes(outcomes, reference, groups=None, resamples=None):
    """Compare runs that have predicted the same samples.

    Args:
        outcomes: `Outcome`s.
        reference: The model that the others are compared with.
        groups: The group of each sample, whole groups being resampled, or `None`.
        resamples: Number of resamples; `None`: as many as take seconds.

    Returns:
        A `Compared`.
    """
    outputs = {}
    for outcome in outcomes:
        outputs.setdefault(outcome.model, []).append(outcome.outputs)
    target = outcomes[0].target
    resamples = resamples or usual_resamples(target)
    found = paired_bootstrap(
        outcomes[0].labels,
        {model: np.stack(runs) for model, runs in outputs.items()},
        reference,
        compared_measures(target),
        groups,
        resamples,
    )
    units = len(outcomes[0].labels) if groups is None else len(np.unique(groups))
    repeated = target.repeated(outcomes[0].labels, [outcome.metrics() for outcome in outcomes])
    return Compared(outcomes, reference, resamples, units, *found, repeated)
