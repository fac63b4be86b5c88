"""All metrics of predicted classes in many resamples at once."""

import numpy as np

from utils.measures.classification import LEAST_PROBABILITY


def metrics_of_counts(labels, probabilities, counts):
    """Compute `utils.measures.classification` of many resamples.

    Args:
        labels: Index of the true class, `(N,)`.
        probabilities: `(N, classes)`.
        counts: How often each resample holds each sample, `(n, N)`.

    Returns:
        From the name of each metric to an array `(n,)`; NaN where it is undefined.
    """
    one_hot = np.eye(probabilities.shape[1])[labels]
    chosen = np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
    total, true, claimed = counts.sum(axis=1), counts @ one_hot, counts @ chosen
    hits = counts @ (one_hot * chosen)
    f1 = _ratio(2 * hits, true + claimed)
    likelihood = probabilities[np.arange(len(labels)), labels]
    loss = -np.log(np.maximum(likelihood, LEAST_PROBABILITY))
    # Of two classes the second is the positive one; of more, all count alike.
    classes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    ranked = [_ranking(one_hot[:, c], probabilities[:, c], counts) for c in classes]
    undefined = np.where(true.min(axis=1) > 0, 0.0, np.nan)
    return {
        "accuracy": hits.sum(axis=1) / total,
        "f1_score": f1[:, classes].mean(axis=1),
        "macro_f1": f1.mean(axis=1),
        "auroc": np.mean([area for area, _ in ranked], axis=0) + undefined,
        "average_precision": np.mean([precision for _, precision in ranked], axis=0) + undefined,
        "precision": _ratio(hits, claimed)[:, classes].mean(axis=1),
        "recall": _ratio(hits, true)[:, classes].mean(axis=1),
        "log_loss": counts @ loss / total,
    }


def _ranking(truth, scores, counts):
    """Return the area under the ROC curve and the average precision, each `(n,)`."""
    order = np.argsort(-scores, kind="stable")
    first = np.unique(-scores[order], return_index=True)[1]  # Equal scores stand together.
    positive = np.add.reduceat(counts[:, order] * truth[order], first, axis=1)
    held = np.add.reduceat(counts[:, order], first, axis=1)
    above, claimed = np.cumsum(positive, axis=1), np.cumsum(held, axis=1)
    positives, negatives = above[:, -1], claimed[:, -1] - above[:, -1]
    # A negative is ranked right against each positive above it, and half against its equals.
    ranked_right = ((held - positive) * (above - positive / 2)).sum(axis=1)
    precise = (positive * _ratio(above, claimed)).sum(axis=1)
    return _ratio(ranked_right, positives * negatives), _ratio(precise, positives)


def _ratio(part, whole):
    """Return `part / whole`, 0 where `whole` is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
