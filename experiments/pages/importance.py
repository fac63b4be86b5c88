"""How much a trained model of a text with a table needs the text, the table and each field."""

import dataclasses

import numpy as np

from experiments.tasks.table_batches import encode_texts

DRAWS = 5
MOST_SAMPLES = 2000
WHOLE = "nothing"


def permutation_importance(run, samples, labels, draws=DRAWS, seed=0):
    """Measure a model with its texts, its table or one field swapped between samples at random.

    The fields of a table are swapped together, so that they still fit each other.

    Args:
        run: A `LoadedRun` of a model of a text with a table.
        samples: Its `Samples`.
        labels: Their labels, `(N, columns)`.
        draws: Number of random orders; measures are over the samples in all of them.
        seed: Seed of the orders.

    Returns:
        Measures by name for each swapped part; first with `WHOLE` swapped.

    Reference:
        Breiman, 2001, "Random Forests", section 10; Fisher et al., 2019, "All Models are Wrong,
        but Many are Useful".
    """
    encoded = encode_texts(run.model, samples)
    rng = np.random.default_rng(seed)
    own = np.tile(np.arange(len(samples)), draws)
    others = np.concatenate([rng.permutation(len(samples)) for _ in range(draws)])

    def measure(rows, text, swapped):
        mixed = dataclasses.replace(
            samples.take(own),
            encoded=encoded[rows if text else own],
            numbers={
                name: tuple(part[rows if name in swapped else own] for part in parts)
                for name, parts in samples.numbers.items()
            },
            codes={
                name: codes[rows if name in swapped else own]
                for name, codes in samples.codes.items()
            },
        )
        outputs = run.predict(mixed).outputs
        return run.target.measured(labels[own], outputs)

    fields = samples.processing.schema.fields
    result = {WHOLE: measure(own, True, ())}
    if fields:
        result |= {"text": measure(others, True, ()), "table": measure(others, False, fields)}
    if len(fields) > 1:
        result |= {f"field {name}": measure(others, False, (name,)) for name in fields}
    return result


def some_rows(count, most=MOST_SAMPLES, seed=0):
    """Return all rows, or `most` of them at random, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
