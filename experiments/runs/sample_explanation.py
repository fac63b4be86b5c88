"""One sample of any data, explained by a run's model."""

import dataclasses
from typing import Any

import numpy as np

from experiments.tasks.contributions import Contributions, sequence_contributions
from experiments.tasks.explained_outputs import explained_outputs
from experiments.tasks.predictions import Predictions
from experiments.tasks.sample_parts import fitting_names, sequence_parts
from utils.command_line import did_you_mean
from utils.formats.windows import has_windows
from utils.texts.step_names import StepNames, step_namer


@dataclasses.dataclass(frozen=True)
class SampleExplanation:
    """What a model makes of one sample.

    Attributes:
        id: The sample's id.
        split: Name of its split.
        data: Where it is from.
        text: Its text, or `None`.
        predictions: The `Predictions` of this sample; its labels are NaN if they are not known.
        contributions: Its `Contributions`.
        names: The `StepNames` of its text, or `None`.
        notes: What the user should know of the data, a sentence each.
    """

    id: str
    split: str
    data: str
    text: str | None
    predictions: Any
    contributions: Contributions
    names: StepNames | None
    notes: list[str]

    @property
    def weights(self):
        """The share of each input, a dict; empty if the model gives none."""
        shares = self.predictions.shares
        if shares is None:
            return {}
        return dict(zip(self.predictions.inputs.parts, shares[0].tolist(), strict=True))

    @property
    def unnamed(self):
        """Why the steps of the text have numbers, a sentence; empty where they have names."""
        found = self.contributions
        if self.names is not None or self.predictions.inputs.family == "tables":
            return ""
        if not any(found.parts[i].input == "text" for i in found.steps):
            return ""
        return "The data does not name the words of its text steps, so these have numbers."

    def cells(self):
        """Return the prediction, and the label if it is known, as texts and numbers by heading."""
        target, labels = self.predictions.target, self.predictions.samples.labels
        cells = target.prediction_cells(self.predictions.outputs)
        if labels.shape[1] == target.columns and not np.isnan(labels).all():
            cells = {**target.label_cells(labels), **cells}
        return {name: values[0] for name, values in cells.items()}


def explain_sample(run, data, split, sample_id, output=None):
    """Explain the prediction of one sample. Its label need not be known.

    Args:
        run: A `LoadedRun`.
        data: A path, as `--data` takes it.
        split: Name of the split.
        sample_id: The sample's id.
        output: Name of the class, label or score whose contributions are computed; `None`: the
            predicted class, or each label or score.

    Returns:
        The `SampleExplanation`.

    Raises:
        FileNotFoundError: If there is no such split.
        ValueError: If there is no such sample or output, or the data is wrong.
    """
    blocks = _open_blocks(run, data, split)
    number, sample = find_sample(blocks, sample_id, f"split {split} of {data}")
    predictions = _predicted(run, sample)
    columns, names = explained_outputs(run.target, predictions.outputs[0], output)
    if run.inputs.family == "tables":
        # Its packages are not always installed.
        from experiments.tasks.table_contributions import table_contributions, table_row

        row, step_names = table_row(blocks.path, number), None
        text = row[run.inputs.processing.schema.text]
        found = table_contributions(run.model, run.inputs, sample, row, columns, names)
    else:
        text = (sample.index.get("text") or [None])[0]
        inputs = next(iter(run.inputs.batches(sample)))
        steps, window = run.inputs.text_steps, has_windows(sample.index)
        step_names = fitting_names(
            step_namer(blocks.samples, steps)(number),
            int(np.sum(inputs[3])),
            encoded=steps is not None,
            last=window,
        )
        parts = sequence_parts(inputs, run.inputs.modalities, step_names)
        found = sequence_contributions(run.model, inputs, parts, columns, names, window)
    return SampleExplanation(
        str(sample_id), split, str(data), text, predictions, found, step_names, blocks.notes()
    )


def find_sample(blocks, sample_id, where):
    """Find a sample by its id.

    Args:
        blocks: `Blocks`.
        sample_id: The id.
        where: Split and data, for messages.

    Returns:
        The row in the split, and the sample alone.

    Raises:
        ValueError: If there is none, or it cannot be predicted.
    """
    known = []
    for rows, block in blocks.parts():
        ids = [str(one) for one in block.ids]
        if str(sample_id) in ids:
            place = ids.index(str(sample_id))
            return int(rows[place]), block.take([place])
        known += ids
    failed = dict(blocks.failures.values())
    if sample_id in failed:
        raise ValueError(f"The sample {sample_id!r} cannot be explained: {failed[sample_id]}.")
    examples = ", ".join(map(repr, known[:3]))
    raise ValueError(
        f"--id must be one of the {len(known)} samples of the {where}, such as {examples}. "
        f"Received: {sample_id!r}.{did_you_mean(sample_id, known)} Or choose another --split."
    )


def _predicted(run, sample):
    """Return the `Predictions` of one sample, without a compilation for it."""
    prediction, weights = run.inputs.explain(run.model, next(iter(run.inputs.batches(sample))))
    outputs = run.target.outputs(np.asarray(prediction, "float32"))
    weights = None if weights is None else np.asarray(weights, "float32")
    return Predictions(sample, run.inputs, outputs, weights)


def _open_blocks(run, data, split):
    """Return the `Blocks` of a split, with labels where the data has them."""
    try:
        return run.blocks(data, split, cut=True, labels=True)
    except (ValueError, OSError):
        return run.blocks(data, split, cut=True)
