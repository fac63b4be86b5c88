"""Predicting a split block by block, sample by sample: what fails is told, the rest goes on."""

import dataclasses
from typing import Any

import numpy as np

from utils.command_line import PartlyFailed, RunFailed
from utils.csv_rows import write_rows
from utils.progress import progress_bar

# Samples without a prediction that a message shows.
SHOWN_FAILURES = 5


@dataclasses.dataclass(frozen=True)
class PredictedSamples:
    """What is kept of the samples of all blocks.

    Attributes:
        ids: Their ids.
        labels: Their labels, `(N, columns)`; NaN where unknown.
    """

    ids: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.ids)

    def take(self, rows):
        """Return some of them."""
        return PredictedSamples(self.ids[rows], self.labels[rows])


@dataclasses.dataclass(frozen=True)
class Found:
    """What one model predicts of a split.

    Attributes:
        rows: The rows of the samples in the split, integers `(n,)`.
        predictions: Their `Predictions`, of `PredictedSamples`; `None` without a sample.
        failures: From the row of each sample without a prediction to its id and the reason.
        notes: What the user should know of the samples, a sentence each.
    """

    rows: np.ndarray
    predictions: Any
    failures: dict[int, tuple[str, str]]
    notes: list[str]

    def without(self, failures):
        """Return the predictions of all samples but those in the rows of `failures`."""
        if self.predictions is None:
            raise RunFailed(f"no sample could be predicted. {describe(failures)} No file was left.")
        return self.predictions.take(~np.isin(self.rows, [*failures]))


def predict_blocks(run, blocks, name, batch_size):
    """Predict a split block by block; of each block, outputs, ids and labels alone are kept.

    Args:
        run: A `LoadedRun` or an `OnnxRun`.
        blocks: The `Blocks` of the split, of this run.
        name: What a progress bar calls the split.
        batch_size: Samples that are computed at once.

    Returns:
        What was `Found`. A sample whose prediction is not finite is a failure.
    """
    parts, rows = [], []
    with progress_bar() as progress:
        task = progress.add_task(f"predicting {name}", total=blocks.total)
        for places, block in blocks.parts():
            found = run.predict(block, batch_size=batch_size)
            samples = PredictedSamples(np.array(block.ids, object), block.labels)
            parts.append(dataclasses.replace(found, samples=samples, weights=found.shares))
            rows.append(places)
            progress.advance(task, len(block))
    if not parts:
        return Found(np.zeros(0, int), None, blocks.failures, blocks.notes())
    joined, rows = joined_predictions(parts), np.concatenate(rows)
    failures = dict(blocks.failures)
    for i in np.flatnonzero(~np.isfinite(joined.outputs).all(axis=1)):
        reason = f"the model predicts {joined.outputs[i].tolist()}; look for extreme feature values"
        failures[int(rows[i])] = (str(joined.samples.ids[i]), reason)
    return Found(rows, joined, failures, blocks.notes())


def joined_predictions(parts):
    """Return the `Predictions` of all blocks as one."""
    samples = PredictedSamples(
        np.concatenate([part.samples.ids for part in parts]),
        np.concatenate([part.samples.labels for part in parts]),
    )
    outputs = np.concatenate([part.outputs for part in parts])
    weighed = parts[0].weights is not None
    weights = np.concatenate([part.weights for part in parts]) if weighed else None
    return dataclasses.replace(parts[0], samples=samples, outputs=outputs, weights=weights)


def mean_predictions(predictions):
    """Return the mean of the `Predictions` of several models; shares only where all have some."""
    weights = [one.weights for one in predictions]
    return dataclasses.replace(
        predictions[0],
        outputs=np.mean([one.outputs for one in predictions], axis=0),
        weights=None if any(w is None for w in weights) else np.mean(weights, axis=0),
    )


def describe(failures):
    """Return the id and the reason of the first failures as text."""
    shown = [f"{name!r}: {reason}" for name, reason in [*failures.values()][:SHOWN_FAILURES]]
    more = len(failures) - len(shown)
    return f"{'. '.join(shown)}{f', and {more} more' if more else ''}."


def tell_failures(failures, output):
    """Write `NAME_failures.csv` beside the output, and end the command with exit code 3.

    Args:
        failures: See `Found`.
        output: The `Path` of the output; `None`: nothing is written.

    Raises:
        PartlyFailed: Always.
    """
    told = f"samples that could not be predicted: {len(failures)}. {describe(failures)}"
    if output is None:
        raise PartlyFailed(told)
    path = output.with_name(f"{output.stem}_failures.csv")
    write_rows(
        path, [{"id": failures[row][0], "reason": failures[row][1]} for row in sorted(failures)]
    )
    raise PartlyFailed(f"{told} All are listed in {path}.")
