import json
import shutil
import types

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from experiments.export import main
from experiments.runs.exporting import describe_run, export_run
from experiments.runs.loaded_run import LoadedRun, load_run, model_in_float32
from experiments.runs.onnx_run import open_onnx
from experiments.runs.run_folder import RunFolder
from experiments.runs.sequence_graph import SequenceGraph
from experiments.runs.table_graph import input_names
from experiments.tasks.raw_sequences import RawSequences
from experiments.tasks.sequence_inputs import SequenceInputs
from experiments.train import main as train
from models import MODELS
from tests.conftest import TINY_MODEL, call, without_graphs, without_report
from tests.models.text_tabular.small import make_batch
from tests.models.text_tabular.small import make_model as make_table_model
from tests.models.tiny import MODALITIES, SEQ_LEN, WIDTHS, make_model
from tests.utils.test_onnx_export import cases, write_small
from utils.batches.normalization import FeatureNormalizer
from utils.formats import Split
from utils.formats.split import without_labels
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.score_target import ScoresTarget, ScoreTarget
from utils.onnx_export import OPSETS
from utils.onnx_model import OnnxModel

CLIP = 1.5


def make_features(samples, length, seed=0):
    """Return raw features with holes, padding and wholly padded sequences."""
    rng = np.random.default_rng(seed)
    features = {}
    for name, width in zip(MODALITIES, WIDTHS, strict=True):
        x = rng.normal(1.0, 2.0, size=(samples, length, width)).astype("float32")
        x[rng.random((samples, length)) < 0.3] = 0
        features[name] = x
    features["audio"][0] = 0
    for x in features.values():
        x[1] = 0
    return features


def make_normalizer():
    rng = np.random.default_rng(1)
    widths = dict(zip(MODALITIES, WIDTHS, strict=True))
    shifts = {n: rng.normal(size=w).astype("float32") for n, w in widths.items()}
    scales = {n: rng.uniform(0.5, 2, size=w).astype("float32") for n, w in widths.items()}
    return FeatureNormalizer(shifts, scales, CLIP)


def scaled(features, masks, normalizer):
    """Clear, scale and mask features by NumPy, as the graph must do inside."""
    sequences = []
    for name, x in features.items():
        x = np.where(np.isfinite(x), x, 0)
        x = np.clip((x - normalizer.shifts[name]) / normalizer.scales[name], -CLIP, CLIP)
        sequences.append(np.where(masks[name][..., None], x, 0).astype("float32"))
    return sequences


# The others are made of the same layers.
LIKE_OTHERS = (
    *("seqlevel", "improved", "balanced", "lf_dnn", "tfn", "lmf", "mfn", "graph_mfn"),
    "tetfn",
)
EXPORTED = [name for name in MODELS if name not in LIKE_OTHERS]


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTED)
def test_a_model_of_each_kind_takes_raw_features_of_any_batch_and_length(
    name, tmp_path, monkeypatch
):
    cases = SequenceGraph.cases
    monkeypatch.setattr(SequenceGraph, "cases", lambda self: [*cases(self)][::5])
    model, normalizer = make_model(name), make_normalizer()
    path = tmp_path / "model.onnx"
    samples = Split("valid", make_features(9, SEQ_LEN), without_labels(9))
    opset = OPSETS[list(MODELS).index(name) % len(OPSETS)]
    run = LoadedRun(None, model, SequenceInputs(ScoreTarget(), normalizer))
    export_run(run, path, samples, opset=opset)
    onnx_run = open_onnx(path)
    for batch, length in ((4, 3), (3, SEQ_LEN)):
        features = make_features(batch, length, seed=batch)
        features["video"][2, :, 0] = np.nan
        features["text"][2, 0] = np.inf
        masks = {n: np.any(np.isfinite(x) & (x != 0), axis=-1) for n, x in features.items()}
        inputs = (*scaled(features, masks, normalizer), *masks.values())
        expected = model.explain(inputs)
        found = onnx_run.model.run(features)
        np.testing.assert_allclose(found["score"], expected.prediction, atol=1e-5)
        weights = found.get("modality_weights")
        assert (weights is None) == (expected.modality_weights is None)
        if weights is not None:
            np.testing.assert_allclose(weights, expected.modality_weights, atol=1e-5)
            np.testing.assert_array_equal(weights[1], 0)
            assert weights[0, 1] == 0


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (ScoresTarget(("a", "b"), low=1.0, high=7.0), "scores"),
        (ClassTarget(("a", "b", "c")), "probabilities"),
        (LabelsTarget(("a", "b", "c")), "probabilities"),
    ],
)
def test_every_target_gives_what_people_read(target, name, tmp_path):
    model = make_model("lf_dnn", **target.model_arguments)
    run = LoadedRun(None, model, SequenceInputs(target, make_normalizer(), ["audio", "text"]))
    samples = Split("valid", make_features(9, SEQ_LEN), without_labels(9)).completed()
    export_run(run, tmp_path / "model.onnx", samples)
    onnx_run = open_onnx(tmp_path / "model.onnx")
    assert onnx_run.target == target
    assert onnx_run.model.inputs == ["text", "audio"]
    assert onnx_run.model.shape("audio") == ["batch", "audio_steps", 4]
    assert onnx_run.model.outputs[0] == name
    found = onnx_run.predict({n: samples.sequences[n] for n in ("text", "audio")}, batch_size=4)
    with without_graphs():
        expected = run.predict(samples)
    np.testing.assert_allclose(found.outputs, expected.outputs, atol=1e-5)


@pytest.fixture(scope="module")
def mixed_run(data_dir, tmp_path_factory):
    """A run in bfloat16 on two modalities."""
    run = tmp_path_factory.mktemp("mixed") / "run"
    arguments = ["--data", data_dir, "--run-dir", run, "--epochs", 1, *TINY_MODEL]
    options = ["--mixed-precision", "bfloat16", "--modalities", "text", "audio"]
    with without_graphs(), without_report():
        call(train, *arguments, *options)
    keras.config.set_dtype_policy("float32")
    return run


@pytest.mark.slow
def test_int8_with_masks_needs_no_absent_modality(mixed_run, tmp_path, capsys):
    path = tmp_path / "model.onnx"
    options = ["--masks", "--dynamic-length", "false", "--quantize", "int8"]
    call(main, mixed_run, "--output", path, *options)
    output = capsys.readouterr().out
    assert "Largest difference from Keras" in output
    assert "int8 against Keras on valid (12)" in output
    assert "MAE" in output and "Non0_F1" in output and "difference" in output
    assert open_onnx(path).model.metadata["quantization"] == "int8"
    kinds = {tensor.data_type for tensor in onnx.load(path).graph.initializer}
    assert onnx.TensorProto.INT8 in kinds
    session = onnxruntime.InferenceSession(path)
    shapes = {tensor.name: (tensor.shape, tensor.type) for tensor in session.get_inputs()}
    assert shapes == {
        "text": (["batch", 6, 5], "tensor(float)"),
        "text_mask": (["batch", 6], "tensor(bool)"),
        "audio": (["batch", 6, 4], "tensor(float)"),
        "audio_mask": (["batch", 6], "tensor(bool)"),
    }
    features = make_features(3, 6)
    inputs = {name: features[name] for name in ("text", "audio")}
    masks = {f"{name}_mask": np.ones((3, 6), bool) for name in inputs}
    masks["text_mask"][:, 4:] = False
    before = session.run(None, inputs | masks)
    inputs["text"][:, 4:] = np.nan
    np.testing.assert_array_equal(session.run(None, inputs | masks)[0], before[0])
    masks["text_mask"][:, 4:] = True
    assert np.abs(session.run(None, inputs | masks)[0] - before[0]).max() > 1e-4
    short = {name: x[:, :4] for name, x in features.items()}
    padded = {name: np.pad(x, ((0, 0), (0, 2), (0, 0))) for name, x in short.items()}
    outputs = [open_onnx(path).predict(features).outputs for features in (short, padded)]
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_runs_are_rebuilt_in_float32(trained_run, tmp_path, policy):
    folder = RunFolder(shutil.copytree(trained_run, tmp_path / "run"))
    make_model("seqlevel", dtype=policy).save(folder.best)
    features = make_features(3, SEQ_LEN)
    rebuilt = load_run(folder, in_float32=True)
    assert rebuilt.model.compute_dtype == "float32"
    model = make_model("seqlevel")
    found, half, expected = (
        RawSequences(one, rebuilt.inputs).outputs(features)["score"]
        for one in (rebuilt.model, load_run(folder).model, model)
    )
    np.testing.assert_array_equal(found, expected)
    assert np.abs(half - expected).max() > 1e-5


def test_half_precision_of_a_table_is_rebuilt_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = make_table_model("moe")
    copy = model_in_float32(model)
    assert copy.compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    np.testing.assert_allclose(copy(make_batch()), model(make_batch()), atol=0.05)


def test_the_file_says_what_it_is(trained_run, exported):
    model = OnnxModel(exported, ("sequences",))
    metadata = model.metadata
    assert metadata["quantization"] == "none"
    assert metadata["model"] == "seqlevel"
    assert metadata["modalities"] == ["text", "audio", "video"]
    assert metadata["widths"] == {"text": 5, "audio": 4, "video": 3}
    assert metadata["seq_len"] == {"text": 6, "audio": 6, "video": 6}
    assert metadata["target"]["kind"] == "score" and metadata["target"]["high"] == 3
    assert metadata["opset"] == 18
    assert metadata["normalization"] == {"method": "standard", "clip": 0.0}
    assert set(metadata["data"]) >= {"y_train.h5", "text_train_emb.h5"}
    summary = json.loads((trained_run / "evaluation" / "test.json").read_text())
    assert metadata["metrics"]["test"] == summary["metrics"]
    assert model.shape("audio") == ["batch", "audio_steps", 4]


def test_metrics_of_other_modalities_are_not_taken_for_the_models(trained_run, tmp_path):
    folder = RunFolder(shutil.copytree(trained_run, tmp_path / "run"))
    path = folder.evaluation / "test.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "modalities": ["audio"]}))
    assert set(describe_run(folder)["metrics"]) == {"valid"}


def test_no_file_is_left_if_the_check_fails(trained_run, tmp_path, fails, monkeypatch):
    def wrong(path, *_):
        write_small(path, lambda inputs: {"y": inputs["x"]})

    graph = types.SimpleNamespace(
        inputs={}, described={}, compute=None, tolerance=1e-5, cases=lambda: cases([[1, 2, 3]])
    )
    monkeypatch.setattr("experiments.runs.exporting.write_onnx", wrong)
    monkeypatch.setattr("experiments.runs.exporting.GRAPHS", {"sequences": lambda *_, **__: graph})
    monkeypatch.setattr("experiments.runs.exporting.reference", lambda _, __, x: {"y": x + 1})
    message = fails(main, trained_run, "--output", tmp_path / "model.onnx", code=1)
    assert "does not agree with Keras" in message and "No file was written" in message
    assert not any(tmp_path.iterdir())


def test_a_table_is_exported_with_its_encoding(exported_tickets, tickets_run, tickets):
    onnx_run = open_onnx(exported_tickets)
    metadata = onnx_run.model.metadata
    assert metadata["kind"] == "tables" and metadata["metrics"]["valid"]["accuracy"]
    assert metadata["target"]["names"] == ["0", "1"]
    assert onnx_run.model.outputs == ["probabilities", "modality_weights"]
    run = load_run(tickets_run)
    samples = run.read(tickets, "test")
    with without_graphs():
        expected = run.predict(samples)
    for batch_size in (1, 5):
        found = onnx_run.predict(samples, batch_size=batch_size)
        np.testing.assert_allclose(found.outputs, expected.outputs, atol=1e-5)
        np.testing.assert_allclose(found.shares, np.asarray(expected.shares), atol=1e-5)


@pytest.mark.slow
def test_int8_of_a_table_tells_what_it_changes(tickets_run, tmp_path, capsys):
    call(main, tickets_run, "--output", tmp_path / "small.onnx", "--quantize", "int8")
    output = capsys.readouterr().out
    assert "int8 against Keras on valid (12)" in output and "macro_f1" in output
    assert [path.name for path in tmp_path.iterdir()] == ["small.onnx"]


def test_options_for_sequences_are_refused_for_tables(tickets_run, tmp_path, fails):
    message = fails(main, tickets_run, "--output", tmp_path / "model.onnx", "--masks")
    assert "Leave them out" in message
    assert not any(tmp_path.iterdir())


def test_names_of_inputs_are_allowed_and_different():
    names = ["age (years)", "age [years]", "_x", "plain"]
    assert input_names(names) == ["age__years_", "age__years__1", "x_x", "plain"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--opset", 20), "--opset must be from 13 to 18"),
        (("--opset", "new"), "--opset must be a whole number"),
        (("--quantize", "int4"), "--quantize must be int8. Received: 'int4'"),
        (("--data", "nowhere"), "No data at nowhere"),
    ],
)
def test_wrong_arguments(arguments, expected, trained_run, tmp_path, fails):
    assert expected in fails(main, trained_run, "--output", tmp_path / "model.onnx", *arguments)
    assert not any(tmp_path.iterdir())


def test_wrong_run_and_taken_output(trained_run, tmp_path, fails):
    path = tmp_path / "model.onnx"
    assert "not a run folder" in fails(main, tmp_path, "--output", path)
    path.write_text("mine")
    message = fails(main, trained_run, "--output", path)
    assert "exists" in message and "--overwrite" in message
    assert path.read_text() == "mine"


def test_data_that_has_moved(trained_run, tmp_path, fails):
    folder = RunFolder(shutil.copytree(trained_run, tmp_path / "run"))
    folder.save_config({**folder.load_config(), "data": str(tmp_path / "gone")})
    message = fails(main, folder.path, "--output", tmp_path / "model.onnx")
    assert "No data at" in message and "Say by --data where it is now" in message


def test_samples_of_another_width(trained_run, own_data_dir, tmp_path, fails):
    from tests.utils.test_hdf5 import replace

    replace(own_data_dir / "audio_valid.h5", np.ones((12, 6, 9)))
    path = tmp_path / "model.onnx"
    message = fails(main, trained_run, "--output", path, "--data", own_data_dir)
    assert "The audio features" in message and "must have 4 columns" in message
    assert not path.exists()
