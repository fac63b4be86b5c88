import shutil
from html.parser import HTMLParser

import pytest

from experiments.pages.report import write_own_report
from experiments.report import main
from experiments.runs.loaded_run import load_run
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


def test_page_is_self_contained_and_has_every_figure(run, data_dir, eagerly):
    (run / "report.html").unlink()
    call(main, run)
    text = (run / "report.html").read_text()
    page = Page(text)
    text = text.replace("<wbr>", "")
    assert page.tags.count("svg") == 2 + 2 * 9 + 2
    assert not [a for a in page.addresses if not a.startswith("#")]
    assert len(text) < 2_000_000
    assert text.index("Predictions on valid") < text.index("Predictions on test")
    words = " ".join(text.split())
    assert "so whole videos are drawn: 3 of valid, 3 of test." in words
    assert "With fewer than 50 videos the intervals are too narrow." in words
    assert 'title="Pearson correlation of true and predicted scores">Corr</th>' in text
    assert f"<h1>seqlevel on {data_dir.name}</h1>" in text
    assert '<th scope="row">Folder</th>' in text
    assert "What the measures mean" in text and "<code>docs/measures.md</code>" in text
    assert text.count(" to 0.") > 2 and "Time of the training" in text
    assert '<tr class="changed"><th scope="row">model_args.num_heads</th>' in text
    for heading in (
        "Learning curves",
        "Calibration",
        "Residuals by length",
        "Modality weights by label",
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
    assert "Calibration" in text and "Worth of each modality" not in text
    printed = " ".join(capsys.readouterr().out.split())
    assert (
        "neither attention nor the worth of each modality" in printed and "/no/such/data" in printed
    )


def test_same_run_gives_the_same_page(run):
    before = (run / "report.html").read_text()
    call(main, run)
    assert (run / "report.html").read_text().replace(str(run), "") == before.replace(str(run), "")


def test_user_text_is_escaped(run, eagerly):
    config = run / "config.yaml"
    text = config.read_text()
    assert "mlflow: null" in text
    config.write_text(text.replace("mlflow: null", "mlflow: <script>alert(1)</script>"))
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
    assert "must hold the samples of" in message and "--data" in message
    assert (run / "report.html").read_bytes() == page


def test_a_training_ends_well_without_its_data(run, capsys):
    predictions = run / "evaluation" / "test_predictions.csv"
    predictions.write_text("".join(predictions.read_text().splitlines(keepends=True)[:-1]))
    write_own_report(load_run(run))
    printed = " ".join(capsys.readouterr().out.split())
    assert "warning: The report could not be written:" in printed
