"""The table of all predictions of a page, and the details of single samples, as JSON."""

import json

import numpy as np

from experiments.pages.minus_sign import with_minus
from utils.measures.score_bins import label_groups

# Letters of all texts together that a page may hold.
TEXT_LETTERS = 1_500_000
# Bytes of the JSON of a page; figures come on top.
DATA_BYTES = 4_200_000
# A page holds so many samples at least, however large they are.
LEAST_SAMPLES = 25
# Decimals of the numbers of a page, so many that rounding them again for a table changes no digit.
DIGITS = 6
# Columns of scores, classes or labels that are shown of each sample.
MOST_COLUMNS = 60


def page_data(split, details=lambda rows: {}):
    """Return the data of the page's script, as JSON that is safe inside a `script` element.

    Args:
        split: An `EvaluatedSplit`.
        details: From rows `(n,)` to more entries of the JSON.
    """
    return fitting_json(lambda rows: _content(split, rows) | details(rows), split.errors)


def sample_columns(split, rows):
    """Return the columns of the table of samples, by heading.

    Args:
        split: An `EvaluatedSplit`.
        rows: Indices of the samples.
    """
    columns = {"id": [split.ids[i] for i in rows]}
    columns |= _SHOWN[split.target.kind](split.target, split.labels[rows], split.outputs[rows])
    columns["error"] = rounded(split.errors[rows])
    if split.lengths is not None:
        columns["words" if split.length_unit == "words" else "length"] = split.lengths[
            rows
        ].tolist()
    if split.shares is not None:
        for name, shares in zip(split.parts, split.shares[rows].T, strict=True):
            columns[f"{name} share"] = rounded(shares)
    if split.texts is not None and any(split.texts):
        columns["text"] = within([split.texts[i] for i in rows])
    return columns


def filter_groups(split):
    """Return the names of the groups of labels by which samples can be chosen, and the members."""
    if split.target.kind == "scores":
        return (), np.zeros((len(split.ids), 0), int)
    return label_groups(split.target, split.labels)


def _content(split, rows):
    _, members = filter_groups(split)
    return {
        "columns": sample_columns(split, rows),
        "groups": [np.flatnonzero(row).tolist() for row in members[rows]],
        "outputs": _output_cells(split, rows),
    }


def _output_cells(split, rows):
    """Return a text for each column of the outputs, by the column's name."""
    target = split.target
    if target.kind == "score" or target.columns > MOST_COLUMNS:
        return {}
    cells = {}
    for name, label, output in zip(
        target.names, split.labels[rows].T, split.outputs[rows].T, strict=True
    ):
        if target.kind == "scores":
            truth = ["unknown" if np.isnan(y) else f"{y:.2f}" for y in label]
            shown = [f"{p:.2f}, true {y}" for p, y in zip(output, truth, strict=True)]
        else:
            # From the same digits as the columns of the table, so that both say the same.
            shown = [
                f"{p:.3f}{', true' if y else ''}"
                for p, y in zip(rounded(output), label, strict=True)
            ]
        cells[name] = [with_minus(text) for text in shown]
    return cells


def _worst_score(target, labels, outputs):
    """Return name, truth and prediction of the score with the largest error."""
    worst = np.nan_to_num(np.abs(labels - outputs)).argmax(axis=1)
    rows = np.arange(len(worst))
    return {
        "worst score": [target.names[i] for i in worst],
        "label": rounded(labels[rows, worst]),
        "prediction": rounded(outputs[rows, worst]),
    }


def _one_score(target, labels, outputs):
    return {"label": rounded(labels[:, 0]), "prediction": rounded(outputs[:, 0])}


def _one_class(target, labels, outputs):
    names = target.names
    return {
        "label": [names[i] for i in labels.argmax(axis=1)],
        "prediction": [names[i] for i in outputs.argmax(axis=1)],
        "probability": rounded(outputs.max(axis=1)),
    }


def _true_labels(target, labels, outputs):
    def listed(chosen):
        return [", ".join(np.array(target.names)[row]) or "none" for row in chosen]

    return {"label": listed(labels == 1), "prediction": listed(outputs >= 0.5)}


_SHOWN = {
    "score": _one_score,
    "scores": _worst_score,
    "class": _one_class,
    "labels": _true_labels,
}


def by_interest(errors, extremes=10):
    """Order samples: the largest errors, the smallest, then the others at random.

    Args:
        errors: `(N,)`.
        extremes: Number of the largest and of the smallest errors that come first.

    Returns:
        Rows, each once, `(N,)`.
    """
    order = np.argsort(-np.asarray(errors), kind="stable")
    if len(order) <= 2 * extremes:
        return order
    middle = np.random.default_rng(0).permutation(order[extremes:-extremes])
    return np.concatenate([order[:extremes], order[-extremes:][::-1], middle])


def by_position(values, rows):
    """Return the `values`, a dict by row, of `rows`, by their position there."""
    return {i: values[row] for i, row in enumerate(rows.tolist()) if row in values}


def fitting_json(content, errors, most=DATA_BYTES):
    """Return the JSON of as many samples as fit.

    Args:
        content: From rows to a dict for the script.
        errors: Error of each sample. If not all fit, the page holds the samples with the largest
            and the smallest errors, and others at random.
        most: Largest number of bytes.

    Returns:
        JSON that is safe inside a `script` element; its `samples` is the number of all.
    """
    order = by_interest(errors)
    count = len(order)
    while True:
        chosen = {"samples": len(order), **content(np.sort(order[:count]))}
        text = json.dumps(chosen, separators=(",", ":"), ensure_ascii=False)
        text = text.replace("<", "\\u003c")
        size = len(text.encode())
        if size <= most or count <= LEAST_SAMPLES:
            return text
        count = max(LEAST_SAMPLES, int(0.95 * count * most / size))


def within(texts, letters=TEXT_LETTERS):
    """Return texts, cut to equal lengths if all of them together are longer than `letters`."""
    if sum(map(len, texts)) <= letters:
        return list(texts)
    most = letters // len(texts)
    return [text if len(text) <= most else f"{text[:most]}…" for text in texts]


def rounded(values):
    """Return numbers as a page shows them."""
    return [round(float(value), DIGITS) for value in values]
