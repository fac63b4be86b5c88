import shutil

import numpy as np
import pytest

from experiments.report import main
from tests.conftest import call


@pytest.fixture
def runs(trained_run, tmp_path, monkeypatch):
    """A run, one that differs by the seed, and one whose predictions are half a point higher."""
    monkeypatch.setattr("experiments.pages.report.write_report", lambda *_: None)
    folders = {}
    for name, change in (
        ("a", None),
        ("b", ("\nseed: 0", "\nseed: 1")),
        ("c", ("epochs: 3", "epochs: 4")),
    ):
        folders[name] = folder = shutil.copytree(trained_run, tmp_path / name)
        config = (folder / "config.yaml").read_text()
        if change:
            (folder / "config.yaml").write_text(config.replace(*change))
    file = folders["c"] / "evaluation" / "test_predictions.csv"
    header, *rows = file.read_text().splitlines()
    place = header.split(",").index("prediction")
    changed = []
    for row in rows:
        cells = row.split(",")
        cells[place] = str(float(cells[place]) + 0.5)
        changed.append(",".join(cells))
    file.write_text("\n".join([header, *changed]) + "\n")
    return list(folders.values())


def test_runs_are_compared_on_the_split_they_share(runs, data_dir, tmp_path, capsys):
    page = tmp_path / "comparison.html"
    call(main, *runs)
    assert f"Comparison: {page}" in capsys.readouterr().out.replace("\n", "")
    text = page.read_text()
    assert "On the 10 samples of test, whose labels are scores in [−3, 3]." in text
    assert "Pearson correlation of true and predicted scores</td>" in text
    assert "Differences from" in text and ">epochs</th>" in text
    assert f"<h1>2 models on {data_dir.name} (test)</h1>" in text and "Few videos (3)" in text
    assert "resamples of whole videos" in text
    assert '<a href="a/report.html">a</a>, <a href="b/report.html">b</a>' in text
    means = [np.mean(_column(folder, "error")) for folder in (runs[0], runs[2])]
    assert all(f"{mean:.3f}" in text for mean in means)


def test_the_comparison_in_a_browser(runs, tmp_path, open_page):
    call(main, *runs)
    page = open_page(tmp_path / "comparison.html")
    with page.expect_download() as saved:
        page.locator(".scroll", has=page.locator("[data-csv=measures]")).locator("button").click()
    header, *lines = saved.value.path().read_text().splitlines()
    assert header.startswith("model,MAE,Corr") and len(lines) == 2
    with page.expect_download() as saved:
        page.locator("figure button", has_text="SVG").nth(1).click()
    assert saved.value.suggested_filename.startswith("differences-from-")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # The tables of differences fit a phone.
    tables = page.locator(".card .scroll")
    assert tables.count()
    for table in tables.all():
        assert table.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    assert page.complaints == []


def _column(folder, name):
    lines = (folder / "evaluation" / "test_predictions.csv").read_text().splitlines()
    names = lines[0].split(",")
    rows = [dict(zip(names, line.split(","), strict=False)) for line in lines[1:]]
    errors = [abs(float(row["prediction"]) - float(row["label"])) for row in rows]
    return errors if name == "error" else [row[name] for row in rows]


def test_runs_without_a_common_split(runs, fails):
    shutil.rmtree(runs[1] / "evaluation")
    message = fails(main, *runs)
    assert "evaluated on the same split" in message and "b: none" in message


def test_runs_on_other_samples(runs, fails):
    file = runs[2] / "evaluation" / "test_predictions.csv"
    file.write_text(file.read_text().replace("test_3", "other_3"))
    message = fails(main, *runs)
    assert f"{runs[2]} with others than {runs[0]}" in message
