import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

import utils.onnx_export
from experiments.export import main
from experiments.predict import main as predict
from experiments.runs.run_folder import RunFolder
from experiments.runs.text_tabular_export import in_float32, input_names
from experiments.runs.text_tabular_runs import load_run
from tests.conftest import call
from tests.experiments.text_tabular.conftest import read_rows
from tests.models.text_tabular.small import make_batch, make_model

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(scope="module")
def exported(tickets_run, tmp_path_factory):
    """The ONNX file of `tickets_run`, that no test changes."""
    path = tmp_path_factory.mktemp("exported") / "model.onnx"
    call(main, tickets_run, "--output", path)
    return path


@pytest.mark.slow
def test_exported_model_agrees_for_other_sizes(exported, tickets_run, tickets):
    properties = {p.key: json.loads(p.value) for p in onnx.load(exported).metadata_props}
    assert properties["kind"] == "text_tabular" and properties["metrics"]["valid"]
    model, processing = load_run(RunFolder.open(tickets_run))
    samples = processing.read(tickets / "test.csv")
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["prob"]
    for rows in ([0], np.arange(12)):
        batch = samples.batch(rows)
        expected = model.predict_proba(batch)
        np.testing.assert_allclose(session.run(["prob"], batch)[0], expected, atol=1e-5)


@pytest.mark.slow
def test_exported_models_predict_without_tensorflow(
    exported, tickets_run, tickets, tmp_path, fails
):
    script = (
        "import sys; from experiments.predict_text_tabular import main; main(); "
        "print([m for m in ('tensorflow', 'keras', 'onnx', 'models') if m in sys.modules])"
    )
    command = [sys.executable, "-c", script, str(exported), "--data", str(tickets)]
    command += ["--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "accuracy" in done.stdout and done.stdout.splitlines()[-1] == "[]"
    (result,) = tmp_path.glob("MultimodalBertGate-*/test_result_rank0.tsv")
    rows = read_rows(result, delimiter="\t")
    expected = read_rows(tickets_run / "evaluation" / "test_predictions.csv")
    for row, other in zip(rows, expected, strict=True):
        assert (row["id"], row["label"]) == (other["id"], other["label"])
        assert float(row["prob"]) == pytest.approx(float(other["probability_1"]), abs=1e-5)
    message = fails(predict, "--model", exported, "--data", tickets, "--output", tmp_path / "x.csv")
    assert "`python -m experiments.predict_text_tabular` takes" in message


@pytest.mark.slow
def test_int8_tells_what_it_changes(tickets_run, tmp_path, capsys):
    call(main, tickets_run, "--output", tmp_path / "small.onnx", "--quantize", "int8")
    output = capsys.readouterr().out
    assert "Largest difference from Keras" in output and "int8 against Keras on valid" in output
    assert [path.name for path in tmp_path.iterdir()] == ["small.onnx"]


@pytest.mark.slow
def test_model_that_differs_leaves_no_file(tickets_run, tmp_path, monkeypatch, fails):
    monkeypatch.setattr(utils.onnx_export, "TOLERANCE", -1.0)
    message = fails(main, tickets_run, "--output", tmp_path / "model.onnx", code=1)
    assert "does not agree with Keras" in message
    assert not list(tmp_path.iterdir())


def test_options_of_the_other_family_are_refused(tickets_run, tmp_path, fails):
    message = fails(main, tickets_run, "--output", tmp_path / "model.onnx", "--masks")
    assert "Leave them out" in message
    assert not list(tmp_path.iterdir())


def test_half_precision_is_exported_with_the_same_weights_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = make_model("moe")
    copy = in_float32(model)
    assert copy.compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    np.testing.assert_allclose(copy(make_batch()), model(make_batch()), atol=0.05)
    assert in_float32(copy) is copy


def test_names_of_inputs_are_allowed_and_different():
    names = ["age (years)", "age [years]", "_x", "plain"]
    assert input_names(names) == ["age__years_", "age__years__1", "x_x", "plain"]
