"""What runs of several models have reached, side by side."""

import dataclasses

from experiments.comparison.bootstrap import Estimate, paired_bootstrap
from experiments.comparison.outcomes import Outcome


@dataclasses.dataclass(frozen=True)
class Compared:
    """Runs, and how their models differ from one of them.

    Attributes:
        outcomes: The runs, models in the order to show them.
        reference: The model that the others are compared with.
        estimates: From each model to the `Estimate`s of its metrics.
        differences: From each model but the reference to those of its difference from it.
    """

    outcomes: list[Outcome]
    reference: str
    estimates: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]

    def runs_of(self, model):
        """Return the outcomes of a model."""
        return [outcome for outcome in self.outcomes if outcome.model == model]

    @property
    def measures(self):
        """The `Measures` of the runs."""
        return self.outcomes[0].measures

    def ranked(self):
        """Return the models, the best by the criterion first."""
        criterion = self.measures.criterion
        return sorted(self.estimates, key=lambda model: self.estimates[model][criterion].value)


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
    scores = {}
    for outcome in outcomes:
        scores.setdefault(outcome.model, []).append(outcome.scores)
    labels, measures = outcomes[0].labels, outcomes[0].measures
    return Compared(
        outcomes,
        reference,
        *paired_bootstrap(
            labels, scores, reference, measures, groups, resamples or measures.resamples
        ),
    )
