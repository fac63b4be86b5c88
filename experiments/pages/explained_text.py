"""The explanation of one sample as text for a terminal of 80 columns."""

import numpy as np
from rich.table import Table
from rich.text import Text

from experiments.pages.attention import sample_attention
from experiments.pages.evaluated_split import PART_NAMES
from experiments.pages.explained_sample import output_title
from experiments.pages.text_bars import contribution_bar
from utils.formats.split import MODALITIES

# Keys of each attention map that are named.
MOST_KEYS = 3
LETTERS = 28


def explanation_tables(run, explanation, top):
    """Return what a terminal shows of an explanation: texts and tables of `rich`.

    Args:
        run: The `LoadedRun`.
        explanation: A `SampleExplanation`.
        top: Largest number of words, steps and fields of each output.
    """
    parts: list = [f"Sample {explanation.id} of the split {explanation.split}"]
    if explanation.text:
        parts.append(Text(explanation.text, style="italic"))
    parts.append(_facts(explanation))
    found = explanation.contributions
    for k, name in enumerate(found.names):
        title = output_title(run.target, name)
        parts.append(_inputs_table(explanation, k, f"Contributions to {title}"))
        if found.steps:
            parts.append(_steps_table(found, k, top))
    if explanation.unnamed:
        parts.append(explanation.unnamed)
    parts.append("occlusion: the prediction minus the prediction without the part.")
    if found.remainder is not None:
        parts += [
            f"gradients: integrated gradients, which sum to {prediction:.3f} - {baseline:.3f}, "
            f"prediction minus baseline (error {remainder:.4f})."
            for prediction, baseline, remainder in zip(
                found.prediction, found.baseline, found.remainder, strict=True
            )
        ]
    if run.inputs.family == "sequences":
        attention = sample_attention(run, explanation.predictions.samples)
        parts += [_attention_table(found.parts, attention)] if attention else []
    return parts


def _facts(explanation):
    table = Table("", "", title="Prediction", title_justify="left", show_header=False)
    for name, value in explanation.cells().items():
        table.add_row(name, f"{value:.3f}" if isinstance(value, float) else str(value))
    return table


def _inputs_table(explanation, k, title):
    found, weights = explanation.contributions, explanation.weights
    headings = ["input", *(["weight"] if weights else []), *_methods(found), ""]
    table = _table(headings, title)
    shares = {PART_NAMES.get(part, part): weight for part, weight in weights.items()}
    largest = np.abs(found.occlusion[found.whole, k]).max(initial=0)
    for i in found.whole:
        name = found.parts[i].input
        row = [name, *([f"{shares[name]:.3f}"] if weights else []), *_numbers(found, i, k)]
        table.add_row(*row, contribution_bar(found.occlusion[i, k], largest))
    return table


def _steps_table(found, k, top):
    order = sorted(found.steps, key=lambda i: -abs(found.occlusion[i, k]))[:top]
    title = f"The {len(order)} largest of {len(found.steps)} parts"
    table = _table(["input", "part", *_methods(found), ""], title)
    largest = abs(found.occlusion[order[0], k])
    for i in order:
        part = found.parts[i]
        cells = [part.input, Text(_shortened(part.name)), *_numbers(found, i, k)]
        table.add_row(*cells, contribution_bar(found.occlusion[i, k], largest))
    return table


def _attention_table(parts, attention):
    """Return for each map the keys with the most attention, a mean over heads and queries."""
    names = {(p.input, step): p.name for p in parts if p.name is not None for step in p.steps}
    table = _table(["attention map", "keys with the most attention"], "Attention")
    for name, one in attention.items():
        weights = one["weights"].mean(axis=0)
        valid = [(one["query"], i) in names for i in range(len(weights))]
        weights = (weights[valid] if any(valid) else weights).mean(axis=0)
        keys = np.argsort(-weights, kind="stable")[:MOST_KEYS]
        shown = [
            f"{_shortened(_key_name(one['key'], i, names))} {weights[i]:.2f}"
            for i in keys
            if weights[i] > 0
        ]
        table.add_row(Text(name), Text(", ".join(shown) or "none"))
    return table


def _key_name(kind, i, names):
    return MODALITIES[i] if kind == "modalities" else names.get((kind, i), f"step {i + 1}")


def _table(headings, title):
    table = Table(title=title, title_justify="left")
    numbers = ("weight", "occlusion", "gradients")
    for heading in headings:
        right = heading in numbers
        table.add_column(heading, justify="right" if right else "left", no_wrap=right)
    return table


def _methods(found):
    return ["occlusion"] if found.gradients is None else ["occlusion", "gradients"]


def _numbers(found, i, k):
    return [f"{getattr(found, method)[i, k]:+z.3f}" for method in _methods(found)]


def _shortened(text):
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
