"""Runs keep how their features were extracted, and refuse others."""

import json
import shutil

import onnx
import pytest

from experiments.evaluate import main as evaluate
from experiments.predict import main as predict
from experiments.runs.loaded_run import load_run
from experiments.runs.sequence_graph import SequenceGraph
from experiments.train import main as train
from tests.conftest import QUICK_MODEL, call, without_graphs, without_report
from tests.utils.formats.test_extraction_file import EXTRACTION, changed


def extracted(source, path, extraction):
    """Return a copy of a data folder, made by an extraction."""
    shutil.copytree(source, path)
    (path / "extraction.json").write_text(json.dumps(extraction))
    return path


@pytest.fixture(scope="module")
def run(data_dir, tmp_path_factory):
    """A run on extracted data, and its data."""
    root = tmp_path_factory.mktemp("extracted")
    data = extracted(data_dir, root / "data", EXTRACTION)
    options = ("--run-dir", root / "run", "--epochs", 1, *QUICK_MODEL)
    with without_graphs(), without_report():
        call(train, "--data", data, *options)
    return root


@pytest.fixture
def other(data_dir, tmp_path):
    """The same data, of another extraction."""
    return extracted(data_dir, tmp_path / "other", changed("settings", "face_fps", value=5.0))


def test_a_run_keeps_how_its_features_were_extracted(run):
    metadata = json.loads((run / "run" / "metadata.json").read_text())
    assert metadata["extraction"] == EXTRACTION and "extraction.json" in metadata["data"]


def test_an_evaluation_refuses_another_extraction(run, other, data_dir, fails, capsys):
    call(evaluate, run / "run", "--data", run / "data", "--split", "valid")
    capsys.readouterr()
    told = fails(evaluate, run / "run", "--data", other, "--split", "valid")
    assert "Received: --face-fps 5.0. Extract with --face-fps 10.0." in told
    # Values that are not used may be others.
    used = ("--modalities", "text", "audio")
    call(evaluate, run / "run", "--data", other, "--split", "valid", *used)
    capsys.readouterr()
    told = fails(evaluate, run / "run", "--data", data_dir, "--split", "valid")
    assert "Received: features that `data.extract` has not made" in told


def test_an_exported_model_says_how_its_features_were_extracted(run):
    loaded = load_run(run / "run")
    samples = loaded.read(run / "data", "valid")
    assert SequenceGraph(loaded, samples).described["extraction"] == EXTRACTION


def test_a_prediction_refuses_another_extraction(run, exported, other, tmp_path, fails, capsys):
    proto = onnx.load(exported)
    known = {prop.key: prop.value for prop in proto.metadata_props}
    onnx.helper.set_model_props(proto, {**known, "extraction": json.dumps(EXTRACTION)})
    onnx.save(proto, tmp_path / "model.onnx")
    for model in (run / "run", tmp_path / "model.onnx"):
        output = tmp_path / f"{model.name}.csv"
        call(predict, model, "--data", run / "data", "--output", output)
        capsys.readouterr()
        told = fails(predict, model, "--data", other, "--output", tmp_path / "others.csv")
        assert "Received: --face-fps 5.0" in told and not (tmp_path / "others.csv").exists()


def test_a_run_does_not_go_on_with_another_extraction(run, tmp_path, fails):
    shutil.copytree(run / "run", tmp_path / "run")
    shutil.copytree(run / "data", tmp_path / "data")
    config = (tmp_path / "run" / "config.yaml").read_text()
    (tmp_path / "run" / "config.yaml").write_text(config.replace(str(run), str(tmp_path)))
    (tmp_path / "run" / "STATUS").write_text("failed: stopped\n")
    changed_again = changed("version", value=3)
    (tmp_path / "data" / "extraction.json").write_text(json.dumps(changed_again))
    told = fails(train, "--run-dir", tmp_path / "run", "--resume")
    assert "has changed: extraction.json" in told
