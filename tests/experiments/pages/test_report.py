import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

from experiments.pages.figures import confusion_counts, error_by_length
from experiments.report import main
from tests.conftest import call


@pytest.fixture
def run(trained_run, tmp_path):
    return shutil.copytree(trained_run, tmp_path / "run")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]


def test_page_is_self_contained_and_has_every_figure(run):
    (run / "report.html").unlink()
    call(main, run)
    text = (run / "report.html").read_text()
    page = Page(text)
    assert page.tags.count("svg") == 1 + 2 * 9 + 2
    assert not [a for a in page.addresses if not a.startswith("#")]
    assert len(text) < 2_000_000
    for heading in (
        "Learning curves",
        "Calibration",
        "Residuals by length",
        "Modality weights by class",
        "without audio",
        "Largest errors",
        "train and test share 10 texts",
        "MSASeqLevelModel",
    ):
        assert heading in text


def test_without_its_data_the_page_has_what_the_evaluation_wrote(run, capsys):
    config = run / "config.yaml"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("data:")]
    config.write_text("\n".join([*lines, "data: /no/such/data", ""]))
    call(main, run)
    text = (run / "report.html").read_text()
    assert "Calibration" in text and "Ablation" not in text
    printed = " ".join(capsys.readouterr().out.split())
    assert "neither attention nor ablations" in printed and "/no/such/data" in printed


def test_same_run_gives_the_same_page(run):
    before = (run / "report.html").read_text()
    call(main, run)
    assert (run / "report.html").read_text().replace(str(run), "") == before.replace(str(run), "")


def test_user_text_is_escaped(run, eagerly):
    config = run / "config.yaml"
    config.write_text(config.read_text() + "note: <script>alert(1)</script>\n")
    predictions = run / "evaluation" / "test_predictions.csv"
    predictions.write_text(predictions.read_text().replace("word, 3", "</script><b>"))
    call(main, run)
    page = (run / "report.html").read_text()
    assert "<script>alert" not in page and "</script><b>" not in page


def test_run_without_evaluation(run, fails):
    shutil.rmtree(run / "evaluation")
    assert "holds no evaluation" in fails(main, run)


def test_data_of_other_samples(run, fails):
    predictions = run / "evaluation" / "test_predictions.csv"
    predictions.write_text("".join(predictions.read_text().splitlines(keepends=True)[:-1]))
    page = (run / "report.html").read_bytes()
    message = fails(main, run)
    assert "must hold the samples that were evaluated" in message and "--data" in message
    assert (run / "report.html").read_bytes() == page


def test_confusion_counts_clip_and_round_half_to_even():
    counts = confusion_counts(np.array([-3.0, 0.5, 2.5, 1.0]), np.array([-7.0, 1.5, 2.4, 0.4]))
    expected = np.zeros((7, 7), int)
    expected[0, 0] = expected[3, 5] = expected[5, 5] = expected[4, 3] = 1
    assert np.array_equal(counts, expected)


@pytest.mark.parametrize("lengths", [[3] * 8, [1, 2] * 4, range(40), [20] * 30 + [1, 2]])
def test_error_by_length_counts_every_sample(lengths):
    lengths = np.array(lengths)
    svg = error_by_length(lengths, np.linspace(0, 1, len(lengths)))
    counts = [int(part.split("<")[0]) for part in svg.split("n = ")[1:]]
    assert sum(counts) == len(lengths)
