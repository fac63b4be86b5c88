"""The explanation of one sample as a page and as JSON."""

import dataclasses
import json
import shlex

import numpy as np

from experiments.pages.attention import NO_MAPS, attention_maps, sample_attention
from experiments.pages.evaluated_split import PART_NAMES
from experiments.pages.page import page_template
from experiments.pages.sample_table import fitting_json
from utils.files import without_nan, write_text

METHODS = {"occlusion": "by occlusion", "gradients": "by integrated gradients"}
# Bytes of the attention maps of the sample, before base64.
ATTENTION_BYTES = 20_000_000
# Contributions below this share of the largest one have no colour.
LEAST_STRENGTH = 0.02


def write_explanation(run, explanation, path):
    """Write the explanation of a sample, complete in one file.

    Args:
        run: The `LoadedRun`.
        explanation: A `SampleExplanation`.
        path: The file, `.html` or `.json`.
    """
    if path.suffix == ".json":
        content = without_nan(explanation_json(run, explanation))
        write_text(path, json.dumps(content, ensure_ascii=False) + "\n")
    else:
        write_text(path, explanation_page(run, explanation))


def explanation_json(run, explanation):
    """Return all numbers of an explanation as a dict for JSON.

    Keys: `run`, `data`, `split`, `id`, `text`, `target`, `prediction`, with the label if it is
    known, `weights`, `contributions`, a dict for each output, and `attention`, from the name of
    each map to its axes and `weights` `(heads, rows, columns)`.
    """
    maps = {}
    if run.inputs.family == "sequences":
        maps = sample_attention(run, explanation.predictions.samples)
    return {
        "run": str(run.folder.path),
        "data": explanation.data,
        "split": explanation.split,
        "id": explanation.id,
        "text": explanation.text,
        "target": run.target.to_json(),
        "prediction": explanation.cells(),
        "weights": explanation.weights,
        "contributions": [
            _output_json(explanation.contributions, k)
            for k in range(len(explanation.contributions.names))
        ],
        "attention": {
            name: {**one, "weights": np.round(one["weights"].astype(float), 6).tolist()}
            for name, one in maps.items()
        },
    }


def explanation_page(run, explanation):
    """Return the HTML page of an explanation, which needs no other file and no network."""
    found, maps = explanation.contributions, NO_MAPS
    if run.inputs.family == "sequences":
        sample = explanation.predictions.samples
        maps = attention_maps(run, sample, np.zeros(1), ATTENTION_BYTES)
        names = explanation.names
        maps = dataclasses.replace(maps, words={} if names is None else {0: names.steps})
    return page_template("explanation.html.j2").render(
        explanation=explanation,
        run_dir=run.folder.path,
        command=_command(run, explanation),
        model=run.folder.load_config()["model"],
        target=run.target.describe(),
        weights={PART_NAMES.get(name, name): one for name, one in explanation.weights.items()},
        outputs=[
            {
                "title": output_title(run.target, name),
                **_output_json(found, k),
                "scales": _scales(found, k),
                "lines": _lines(found, k),
            }
            for k, name in enumerate(found.names)
        ],
        methods={key: words for key, words in METHODS.items() if getattr(found, key) is not None},
        least=LEAST_STRENGTH,
        has_attention=bool(maps.samples),
        page_data=fitting_json(maps.of_rows, np.zeros(1)),
    )


def _command(run, explanation):
    """Return the command that explains the sample, with names that a shell takes as they are."""
    options = {name: getattr(explanation, name) for name in ("data", "split", "id")}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return shlex.join(
        ["python", "-m", "experiments.explain", str(run.folder.path), *map(str, words)]
    )


def output_title(target, name):
    """Return what the contributions to an output are counted in, in words."""
    if target.kind == "score":
        return "the score"
    words = {"class": "the logit of class", "labels": "the logit of", "scores": "the score"}
    return f"{words[target.kind]} {name}"


def _output_json(found, k):
    remainder = found.remainder
    content = {"output": found.names[k], "prediction": float(found.prediction[k])}
    if remainder is not None:
        content |= {"baseline": float(found.baseline[k]), "remainder": float(remainder[k])}
    return content | {
        "inputs": _rows(found, k, found.whole),
        "steps": _rows(found, k, found.steps),
    }


def _rows(found, k, places):
    """Return a dict for each of some parts, with its contributions to an output."""
    rows = []
    for i in places:
        part = found.parts[i]
        row = {"input": part.input}
        if part.name is not None:
            row |= {"name": part.name, "steps": [step + 1 for step in part.steps]}
        row["occlusion"] = float(found.occlusion[i, k])
        if found.gradients is not None:
            row["gradients"] = float(found.gradients[i, k])
        rows.append(row)
    return rows


def _scales(found, k):
    """Return the largest contribution by method, of the whole inputs and of other parts."""
    scales = {}
    for method in METHODS:
        values = getattr(found, method)
        if values is not None:
            groups = {"inputs": found.whole, "steps": found.steps}
            scales[method] = {
                name: float(np.abs(values[places, k]).max(initial=0)) or 1.0
                for name, places in groups.items()
            }
    return scales


def _lines(found, k):
    """Return the other parts in order, by input."""
    lines = {}
    for row in _rows(found, k, found.steps):
        lines.setdefault(row["input"], []).append(row)
    return lines
