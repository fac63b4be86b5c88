"""The parts of one sample that an explanation names: inputs, their steps, words of a text."""

import numpy as np

from experiments.tasks.contributions import Part
from utils.formats.split import MODALITIES
from utils.texts.step_names import StepNames


def sequence_parts(inputs, modalities, names=None):
    """Return the parts of a sample of sequences.

    They are each modality, and then its steps. Tokens of a text are joined to words.

    Args:
        inputs: The six input tensors of the sample, the sequences `(1, T, D)` and their masks.
        modalities: Names of the modalities that the model uses.
        names: The `StepNames` of the valid steps of the text, or `None`.

    Returns:
        A list of `Part`s. Steps without a word or an utterance have a number, from 1.
    """
    masks = dict(zip(MODALITIES, (np.asarray(mask)[0] for mask in inputs[3:]), strict=True))
    steps = {name: np.flatnonzero(masks[name]).tolist() for name in modalities}
    whole = [Part(name, None, tuple(steps[name])) for name in modalities]
    said = {}
    if names is not None:
        said = dict(zip(steps.get("text", []), names.steps, strict=True))
    parts = []
    for name in modalities:
        if name == "text" and names is not None:
            for part, word in enumerate(names.parts):
                own = np.flatnonzero(names.owners == part)
                parts.append(Part(name, word, tuple(steps[name][i] for i in own)))
            continue
        aligned = names is not None and names.aligned and len(masks[name]) == len(masks["text"])
        for step in steps[name]:
            word = said.get(step) if aligned else None
            parts.append(Part(name, word or f"step {step + 1}", (step,)))
    return whole + parts


def fitting_names(names, count, encoded, last=False):
    """Return `StepNames` for `count` valid steps, or `None` if the names are of other steps.

    Args:
        names: The `StepNames` of the whole sample, or `None`.
        count: Number of valid steps of its text.
        encoded: Whether the names are those of a text encoder's own steps. A sample that was too
            long has some of them.
        last: Whether these are the last ones, as of a context window.
    """
    if names is None or count == 0:
        return None
    if encoded and len(names.steps) > count:
        return StepNames.of_parts(names.steps[-count:]) if last else names.first(count)
    return names if len(names.steps) == count else None
