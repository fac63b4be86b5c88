"""Measures that depend on the order of all predictions; they take whole arrays, not sums."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class RankMeasure:
    """A measure of how well probabilities order the samples; NaN where a side has no sample.

    - `auroc`: area under the ROC curve. `average_precision`: area under precision by recall.

    Attributes:
        name: Its name in tables.
        kind: `"auroc"` or `"average_precision"`.
        columns: The columns of labels and outputs over which the measure is averaged.
        greater_is_better: `True`.

    Reference:
        Pedregosa et al., 2011, "Scikit-learn", `roc_auc_score` and `average_precision_score`.
    """

    name: str
    kind: str
    columns: tuple[int, ...]
    greater_is_better: bool = True

    def __call__(self, labels, outputs):
        """Compute the measure of 0/1 labels and probabilities, both `(N, C)`; a float."""
        return float(self.resampled(labels, outputs)(np.ones((1, len(labels))))[0])

    def resampled(self, labels, outputs):
        """Return a function that computes the measure in many resamples; see `SumMeasure`."""
        labels, outputs = np.asarray(labels, "float64"), np.asarray(outputs, "float64")
        curves = [_Curve(labels[:, c], outputs[:, c]) for c in self.columns]

        def compute(counts):
            return np.mean([getattr(curve, self.kind)(counts) for curve in curves], axis=0)

        return compute


class _Curve:
    """Samples in falling order of their probability; equal ones stand together."""

    def __init__(self, truth, outputs):
        self._order = np.argsort(-outputs, kind="stable")
        self._first = np.unique(-outputs[self._order], return_index=True)[1]
        self._truth = truth[self._order]

    def auroc(self, counts):
        positive, held, above, claimed = self._sums(counts)
        positives, negatives = above[:, -1], claimed[:, -1] - above[:, -1]
        # A negative is ranked right against each positive above it, and half against its equals.
        ranked_right = ((held - positive) * (above - positive / 2)).sum(axis=1)
        return _divide(ranked_right, positives * negatives)

    def average_precision(self, counts):
        positive, _, above, claimed = self._sums(counts)
        precision = np.divide(above, claimed, out=np.zeros_like(above), where=claimed > 0)
        negatives = claimed[:, -1] - above[:, -1]
        found = _divide((positive * precision).sum(axis=1), above[:, -1])
        return np.where(negatives > 0, found, np.nan)

    def _sums(self, counts):
        ordered = np.asarray(counts, "float64")[:, self._order]
        positive = np.add.reduceat(ordered * self._truth, self._first, axis=1)
        held = np.add.reduceat(ordered, self._first, axis=1)
        return positive, held, np.cumsum(positive, axis=1), np.cumsum(held, axis=1)


def _divide(part, whole):
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
