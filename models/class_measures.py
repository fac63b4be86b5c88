"""The measures of classes and of true-or-false labels; see `models.measures`."""

import dataclasses

from .measures import SumMeasure, divide, mean_term, ratio, two_classes

# The smallest probability of the true class that a log loss takes as it is.
LEAST_PROBABILITY = 1e-7


def class_measures(classes):
    """Return the measures of class probabilities that sums determine.

    Labels are one-hot `(N, classes)`, outputs probabilities `(N, classes)`; the predicted class is
    the most probable one.

    - `macro_f1`: mean of the classes' F1; `weighted_f1`: mean weighted by true samples.
    - `accuracy`; `unweighted_average_recall`: mean recall of the classes with true samples.
    - `f1_score`, `precision`, `recall`: of the second class where there are two, else the mean over
      all classes; 0 where nothing is predicted or true.
    - `log_loss`: mean of -log p(label), p at least 1e-7; lower is better.

    Args:
        classes: Number of classes.
    """
    chosen = slice(1, 2) if classes == 2 else slice(None)

    def measure(name, of_counts):
        def value(sums, xp):
            hits, true, claimed = (
                xp.stack(sums[i * classes : (i + 1) * classes], -1) for i in range(3)
            )
            return of_counts(hits, true, claimed, xp)

        return SumMeasure(name, _class_terms, value)

    def f1(hits, true, claimed, xp):
        return ratio(2 * hits, true + claimed, xp)

    return [
        measure("macro_f1", lambda *counts: counts[-1].mean(f1(*counts), -1)),
        measure("weighted_f1", lambda h, t, c, xp: _share(xp.sum(t * f1(h, t, c, xp), -1), t, xp)),
        measure("accuracy", lambda h, t, c, xp: _share(xp.sum(h, -1), t, xp)),
        measure(
            "unweighted_average_recall",
            lambda h, t, c, xp: _share(
                xp.sum(ratio(h, t, xp), -1), xp.where(t > 0, xp.ones_like(t), 0 * t), xp
            ),
        ),
        measure("f1_score", lambda *counts: counts[-1].mean(f1(*counts)[..., chosen], -1)),
        measure("precision", lambda h, t, c, xp: xp.mean(ratio(h, c, xp)[..., chosen], -1)),
        measure("recall", lambda h, t, c, xp: xp.mean(ratio(h, t, xp)[..., chosen], -1)),
        SumMeasure("log_loss", _log_loss_terms, mean_term, greater_is_better=False),
    ]


def label_measures(column):
    """Return the measures of one true-or-false label, predicted true from a probability of 0.5 on.

    - `accuracy`; `weighted_accuracy`: mean of the true positive and the true negative rate, as
      CMU-MOSEI defines it; NaN where one of both sides has no sample.
    - `f1`: mean of both sides' F1, weighted by their true samples.

    Args:
        column: The label's column in labels and outputs `(N, C)`.

    Reference:
        Zadeh et al., 2018, "Multimodal Language Analysis in the Wild: CMU-MOSEI Dataset and
        Interpretable Dynamic Fusion Graph"; Tong et al., 2017.
    """
    accuracy, f1 = two_classes("", lambda y, xp: y >= 0.5, column=column, needs_both=False)

    def mean_rate(sums, xp):
        hits, false, missed, rejected = sums
        return (divide(hits, hits + missed, xp) + divide(rejected, rejected + false, xp)) / 2

    return [
        dataclasses.replace(accuracy, name="accuracy"),
        SumMeasure("weighted_accuracy", accuracy.terms, mean_rate),
        dataclasses.replace(f1, name="f1"),
    ]


def _class_terms(labels, outputs, xp):
    classes = outputs.shape[-1]
    predicted = xp.argmax(outputs, -1)
    claimed = [xp.where(predicted == c, 1.0 + 0 * labels[:, c], 0.0) for c in range(classes)]
    true = [labels[:, c] for c in range(classes)]
    hits = [t * c for t, c in zip(true, claimed, strict=True)]
    return [*hits, *true, *claimed]


def _log_loss_terms(labels, outputs, xp):
    likelihood = xp.sum(labels * outputs, -1)
    return [xp.ones_like(likelihood), -xp.log(xp.maximum(likelihood, LEAST_PROBABILITY))]


def _share(part, whole, xp):
    return divide(part, xp.sum(whole, -1), xp)
