import csv
import json
import re
import shutil

import pytest

from experiments.report import main
from tests.conftest import call


@pytest.fixture
def runs(tickets_run, tmp_path, monkeypatch):
    """A run and one with other settings whose probabilities are all less sure."""
    monkeypatch.setattr("experiments.pages.text_tabular_report.write_report", lambda *_: None)
    folders = [shutil.copytree(tickets_run, tmp_path / name) for name in ("a", "b")]
    config = (folders[1] / "config.yaml").read_text()
    (folders[1] / "config.yaml").write_text(config.replace("epochs: 2", "epochs: 3"))
    file = folders[1] / "evaluation" / "test_predictions.csv"
    with file.open(newline="") as content:
        rows = list(csv.DictReader(content))
    for row in rows:
        for name in row:
            if name.startswith("probability_"):
                row[name] = 0.5 + (float(row[name]) - 0.5) / 2
    with file.open("w", newline="") as content:
        writer = csv.DictWriter(content, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folders


def test_runs_on_classes_are_compared(runs, tmp_path, capsys):
    call(main, *runs)
    page = tmp_path / "comparison.html"
    assert f"Comparison: {page}" in capsys.readouterr().out.replace("\n", "")
    text = page.read_text()
    summary = json.loads((runs[0] / "evaluation" / "test.json").read_text())
    table = re.search(r"<table data-csv=\"metrics\".*?</table>", text, re.DOTALL).group()
    for name in ("log_loss", "accuracy", "auroc"):
        assert name in table and f">{summary['metrics'][name]:.3f}<" in table
    assert "log_loss minus that of" in text
    assert '<tr><th scope="row">epochs</th>' in text
    assert '<a href="b/report.html">b</a>' in text


def test_other_labels_are_refused(runs, fails):
    file = runs[1] / "processing.json"
    processing = json.loads(file.read_text())
    processing["classes"] = processing["classes"][::-1]
    file.write_text(json.dumps(processing))
    message = fails(main, *runs)
    assert "same classes" in message and f"{runs[1]} with others than {runs[0]}" in message


def test_families_are_not_compared(runs, trained_run, tmp_path, fails):
    other = shutil.copytree(trained_run, tmp_path / "other")
    message = fails(main, *runs, trained_run, other)
    assert "2 of sentiment models and 2 of text-and-table models" in message
