import keras
import numpy as np
import onnxruntime
import pytest

import experiments.text_tabular.export as export
from experiments.export_text_tabular import main
from experiments.text_tabular.export import export_onnx, in_float32, input_names
from experiments.text_tabular.runs import load_run
from tests.conftest import call
from tests.models.text_tabular.small import make_batch, make_model
from utils.command_line import RunFailed
from utils.run_folder import RunFolder


@pytest.mark.slow
def test_exported_model_agrees_for_other_sizes(tickets_run, tickets, tmp_path, capsys):
    file = tmp_path / "model.onnx"
    call(main, tickets_run, "--data", tickets, "--output", file)
    assert "of Keras" in capsys.readouterr().out
    model, processing = load_run(RunFolder.open(tickets_run))
    samples = processing.read(tickets / "test.csv")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["prob"]
    for rows in ([0], np.arange(12)):
        batch = samples.batch(rows)
        batch = {name: value for name, value in batch.items()}
        expected = model.predict_proba(batch)
        np.testing.assert_allclose(session.run(["prob"], batch)[0], expected, atol=1e-5)


@pytest.mark.slow
def test_model_that_differs_leaves_no_file(tickets_run, tickets, tmp_path, monkeypatch):
    model, processing = load_run(RunFolder.open(tickets_run))
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(RunFailed, match="differs from Keras"):
        export_onnx(model, processing.read(tickets / "test.csv"), tmp_path / "model.onnx")
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
