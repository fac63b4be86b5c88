import csv
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent


def ratios(task):
    """Return from each model to the MAE over the best reachable one, a number for each seed."""
    with (ROOT / "experiments" / "results" / f"{task}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    values = defaultdict(list)
    for row in rows:
        assert row["split"] == "test"
        values[row["model"]].append(float(row["MAE_over_best"]))
    assert all(len(seeds) >= 3 for seeds in values.values())
    return values


def test_sarcasm_needs_fusion_of_sequences():
    values = ratios("sarcasm")
    assert max(values["seqlevel"]) < 1.3
    assert min(values["msa"]) > 2


def test_every_model_solves_text_alone():
    values = ratios("text_only")
    assert set(values) == {"seqlevel", "msa", "improved", "balanced"}
    assert max(map(max, values.values())) < 1.3


@pytest.mark.parametrize("task", ["sarcasm", "text_only"])
def test_readme_shows_the_figures_of_the_results(task):
    text = (ROOT / "README.md").read_text()
    models = re.search(r"^\| task \| (.*) \|$", text, re.M)
    shown = re.search(rf"^\| `{task}` \| (.*) \|$", text, re.M)
    assert models and shown
    means = {f"`{model}`": f"{np.mean(values):.2f}" for model, values in ratios(task).items()}
    assert shown[1].split(" | ") == [means[model] for model in models[1].split(" | ")]
