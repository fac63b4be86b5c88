"""A predictor that knows the labels of the training alone, as a line of a comparison."""

import dataclasses

import numpy as np

from experiments.comparison.model_settings import CONSTANT
from experiments.runs.shared_samples import shared_join
from experiments.tasks.folds import make_folds


def constant_prediction(target, labels):
    """Return the constant that fits labels best, `(columns,)`.

    It is the median of each score, the share of each class, and the rate of each label.

    Args:
        target: The `Target`.
        labels: The training labels, `(N, columns)`.
    """
    if target.kind in ("score", "scores"):
        return np.nanmedian(labels, axis=0)
    return np.mean(labels, axis=0)


def constant_outcome(task, outcome):
    """Return the `Outcome` of the constant predictor; it has no seed, no curve and no cost.

    With folds it predicts each sample by the labels of the other folds.

    Args:
        task: The `Task`.
        outcome: An `Outcome` of another model on the same samples.
    """
    target, settings = task.target, task.settings
    outputs = np.zeros(outcome.labels.shape)
    if settings.cross_validates:
        samples = shared_join(task)
        folds = make_folds(task, samples)
        labels = task.labels(samples)
        for fold in range(len(folds)):
            constant = constant_prediction(target, labels[folds.others(fold)])
            outputs[folds.held_out(fold)] = constant
    else:
        outputs[:] = constant_prediction(target, task.labels(shared_join(task, ("train",))))
    return dataclasses.replace(
        outcome, model=CONSTANT, seed=None, outputs=outputs, curve=[], epoch=None, cost={}
    )
