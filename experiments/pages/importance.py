"""What text, table and each field are worth to a trained model."""

import dataclasses

import numpy as np

from experiments.tasks.text_tabular_evaluation import ClassPredictor, encode_texts

DRAWS = 5
MOST_SAMPLES = 2000
WHOLE = "nothing"


def permutation_importance(model, samples, draws=DRAWS, seed=0):
    """Measure a model with its texts, its table or one field swapped between samples at random.

    The fields of a table are swapped together, so that they still fit each other.

    Args:
        model: A `TextTabularModel`.
        samples: Labelled `Samples`.
        draws: Random orders; metrics are over the samples in all of them.
        seed: Seed of the orders.

    Returns:
        From what was swapped to metrics by name; first those with `WHOLE` swapped.

    Reference:
        Breiman, 2001, "Random Forests", section 10; Fisher et al., 2019, "All Models are Wrong,
        but Many are Useful".
    """
    encoded = encode_texts(model, samples)
    predictor = ClassPredictor(model, samples.processing, encoded=True)
    rng = np.random.default_rng(seed)
    own = np.tile(np.arange(len(samples)), draws)
    others = np.concatenate([rng.permutation(len(samples)) for _ in range(draws)])

    def measure(text, swapped):
        mixed = dataclasses.replace(
            samples.take(own),
            numbers={
                name: tuple(part[others if name in swapped else own] for part in parts)
                for name, parts in samples.numbers.items()
            },
            codes={
                name: codes[others if name in swapped else own]
                for name, codes in samples.codes.items()
            },
        )
        return predictor.predict(mixed, encoded[others if text else own]).metrics()

    fields = samples.processing.schema.fields
    result = {WHOLE: predictor.predict(samples, encoded).metrics()}
    if fields:
        result |= {"text": measure(True, ()), "table": measure(False, fields)}
    if len(fields) > 1:
        result |= {f"field {name}": measure(False, (name,)) for name in fields}
    return result


def some_rows(count, most=MOST_SAMPLES, seed=0):
    """Return all rows, or as many as `most` at random, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
