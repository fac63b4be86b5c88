"""The page of a run in a real browser; needs Chromium (Debian: apt-get install chromium)."""

import base64
import json
import shutil

import numpy as np
import pytest

from experiments.report import main
from tests.conftest import call
from tests.experiments.text_tabular.conftest import read_rows


@pytest.fixture(scope="module")
def page(open_page, tickets_run):
    return open_page(tickets_run / "report.html")


def test_filters_choose_rows_and_a_click_opens_text_fields_and_gate(page, tickets, tickets_run):
    rows = read_rows(tickets_run / "evaluation" / "test_predictions.csv")
    page.select_option("#filter-group", label="0")
    expected = {row["id"]: row for row in rows if row["label"] == "0"}
    assert page.inner_text("#count").startswith(f"{len(expected)} of 12 samples")
    page.locator("#predictions tbody tr").first.click()
    worst = max(expected.values(), key=lambda row: float(row["probability_1"]))
    assert page.inner_text("#sample h3") == f"Sample {worst['id']}"
    [ticket] = [row for row in read_rows(tickets / "test.csv") if row["id"] == worst["id"]]
    assert page.inner_text("#sample blockquote") == " ".join(ticket["text"].split())
    fields = dict(line.split("\t") for line in page.inner_text("#sample-fields").splitlines())
    assert fields["plan"] == ticket["plan"] and fields["seats"] == (ticket["seats"] or "missing")
    assert f"text {float(worst['weight_text']):.2f}" in page.inner_text("#shares")
    assert page.locator("#gate rect").count() == 8
    page.select_option("#filter-group", "")
    page.fill("#filter-words", ticket["text"][:40])
    assert page.inner_text("#count").startswith("1 of 12 samples")
    page.fill("#filter-words", "")
    assert page.complaints == []


def test_gates_of_the_page_are_those_of_the_evaluation(page, tickets_run):
    packed = json.loads(page.inner_text("#page-data"))["gates"]
    found = [np.frombuffer(base64.b64decode(packed[str(row)]), "uint8") / 255 for row in range(12)]
    with np.load(tickets_run / "evaluation" / "test_mixture.npz") as mixture:
        gate = mixture["gate"]
    labels = [
        row["label"] for row in read_rows(tickets_run / "evaluation" / "test_predictions.csv")
    ]
    means = [gate[np.array(labels) == label].mean(axis=0) for label in ("0", "1")]
    order = np.argsort(np.abs(means[0] - means[1]), kind="stable")
    np.testing.assert_allclose(found, gate[:, order], atol=0.5 / 255 + 1e-6)


def test_tables_and_figures_can_be_saved(page):
    with page.expect_download() as saved:
        card = page.locator(
            ".card", has=page.get_by_role("heading", name="All measures on test", exact=True)
        )
        card.locator("button", has_text="CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:4]] == ["nothing", "text", "table"]
    with page.expect_download() as saved:
        card = page.locator(".card", has=page.get_by_role("heading", name="Loss", exact=True))
        card.locator("button", has_text="SVG").click()
    assert saved.value.suggested_filename == "loss.svg"


def test_it_fits_a_phone(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_its_data_the_page_has_what_the_evaluation_wrote(tickets_run, tmp_path, capsys):
    run = shutil.copytree(tickets_run, tmp_path / "run")
    config = (run / "config.yaml").read_text().splitlines()
    config = ["data: /no/such" if line.startswith("data:") else line for line in config]
    (run / "config.yaml").write_text("\n".join(config) + "\n")
    call(main, run)
    text = (run / "report.html").read_text()
    assert "Calibration" in text and "Permutation importance" not in text
    assert "neither texts and fields" in " ".join(capsys.readouterr().out.split())


def test_data_of_other_samples_is_refused(tickets_run, tickets, tmp_path, fails):
    other = shutil.copytree(tickets, tmp_path / "other")
    shutil.copy(other / "valid.csv", other / "test.csv")
    message = fails(main, tickets_run, "--data", other)
    assert (
        "test.csv must hold the samples of" in message
        and "Name the data of the evaluation" in message
    )
