"""What each part of one sample contributes to a prediction of a model of a text with a table."""

import dataclasses

import numpy as np

from experiments.tasks.contributions import Contributions, Part
from utils.tables import Samples, read_blocks
from utils.tables.perturbation import TABLE, TEXT, empty_fields


def table_contributions(model, inputs, sample, row, columns, names):
    """Compute the contributions of text, table, fields and words by occlusion.

    A left out text is empty, a left out field is an empty cell, and a left out word is as if it had
    not been written.

    Args:
        model: A `TextTabularModel`.
        inputs: Its `TableInputs`.
        sample: `Samples` of one row.
        row: From each column of the table to the text of its cell.
        columns: Indices of the K outputs.
        names: Their names.

    Returns:
        `Contributions`, without gradients: tokens and categories have no line to a baseline.
    """
    schema = inputs.processing.schema
    pieces = inputs.processing.tokenizer.pieces(row[schema.text])
    owners = pieces.owners[: len(sample.tokens[0])]
    words = [(word, np.flatnonzero(owners == i)) for i, word in enumerate(pieces.words)]
    parts, copies = [Part(TEXT, None, tuple(range(len(owners))))], [sample]
    if schema.fields:
        parts.append(Part(TABLE))
    parts += [Part(TEXT, word, tuple(own.tolist())) for word, own in words if len(own)]
    parts += [Part(TABLE, f"{name}: {row[name] or 'missing'}") for name in schema.fields]
    fields = iter(schema.fields)
    for part in parts:
        if part.input == TEXT:
            kept = np.delete(np.asarray(sample.tokens[0]), list(part.steps))
            copies.append(dataclasses.replace(sample, tokens=[kept]))
        else:
            chosen = schema.fields if part.name is None else [next(fields)]
            copies.append(empty_fields(sample, chosen))
    batches = inputs.batches(Samples.join(copies))
    outputs = [np.asarray(inputs.explain(model, batch)[0], "float64") for batch in batches]
    outputs = np.concatenate(outputs)[:, columns]
    return Contributions(list(names), parts, outputs[0], outputs[:1] - outputs[1:])


def table_row(path, number):
    """Return a row of a table, a dict from each column to the text of its cell."""
    done = 0
    for block in read_blocks(path):
        count = len(next(iter(block.values())))
        if number < done + count:
            return {name: str(values[number - done]) for name, values in block.items()}
        done += count
    raise IndexError(f"{path} must have more than {number} rows. Received: {done}.")
