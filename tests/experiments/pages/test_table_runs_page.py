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
    monkeypatch.setattr("experiments.pages.report.write_report", lambda *_: None)
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
    table = re.search(r"<table data-csv=\"measures\".*?</table>", text, re.DOTALL).group()
    table = table.replace("<wbr>", "")
    for name in ("macro_f1", "accuracy", "auroc"):
        assert name in table and f">{summary['metrics'][name]:.3f}<" in table
    assert "difference in macro_f1" in text
    assert ">epochs</th>" in text and '<tr><th scope="row">a</th>' in text
    assert '<a href="b/report.html">b</a>' in text


def test_other_targets_are_refused(runs, trained_run, tmp_path, fails):
    message = fails(main, *runs, shutil.copytree(trained_run, tmp_path / "other"))
    assert "same target" in message and f"other with others than {runs[0]}" in message
