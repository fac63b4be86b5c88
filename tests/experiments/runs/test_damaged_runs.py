"""Damaged run folders end every command with one paragraph that names the file."""

import json
import random
import shutil
import zipfile

import keras
import pytest
import yaml

from experiments.evaluate import main as evaluate
from experiments.export import main as export
from experiments.predict import main as predict
from experiments.report import main as report
from experiments.robustness import main as robustness
from experiments.runs.loaded_run import load_run
from experiments.runs.run_folder import RunFolder
from experiments.settings import TrainSettings
from experiments.train import main as train

DEEP = "[" * 100_000
CONTENTS = {
    "config.yaml": [
        "",
        "- a\n- b\n",
        "seed: !!python/object/apply:os.system ['true']\n",
        "model: [a\n",
        "model: seqlevel\nsmell: 3\n",
        "model: nobody\n",
        "model: seqlevel\nmodalities: text\n",
        "model: seqlevel\ndata: x\nmodalities: [text, smell]\n",
        "model: seqlevel\nepochs: three\n",
        DEEP,
    ],
    "metadata.json": ["", "{}", "[]", "null", DEEP, '{"target": 3}'],
    "normalization.npz": ["", "PK", "text"],
    "best.keras": ["", "PK", "text"],
}


@pytest.fixture
def folder(trained_run, tmp_path):
    return RunFolder(shutil.copytree(trained_run, tmp_path / "run"))


def commands(path, data):
    """Return the commands that read a run, as pairs of a function and its arguments."""
    options = ("--data", data, "--split", "valid")
    return [
        (evaluate, (path, *options)),
        (predict, (path, *options, "--output", path.parent / "p.csv")),
        (export, (path, "--output", path.parent / "m.onnx")),
        (robustness, (path, *options, "--results", path.parent / "r")),
        (report, (path,)),
    ]


@pytest.mark.parametrize("name", CONTENTS)
def test_each_command_names_the_damaged_file(folder, data_dir, fails, name):
    path = folder.path / name
    for i, content in enumerate(CONTENTS[name]):
        path.write_text(content)
        run, arguments = commands(folder.path, data_dir)[i % 4]
        message = fails(run, *arguments)
        assert name in message and ".. Write" not in message
    if name in ("config.yaml", "metadata.json"):
        assert name in fails(report, folder.path)


@pytest.mark.parametrize("name", ["metrics.jsonl", "evaluation/test.json"])
def test_a_report_names_the_damaged_file(folder, fails, name):
    for content in ("", "[]", "{}", DEEP):
        (folder.path / name).write_text(content or "x")
        assert name.rsplit("/", 1)[-1] in fails(report, folder.path)


@pytest.mark.parametrize("content", ["", "id,label\na,1\n", "id,label,prediction\na,b,c\n"])
def test_a_report_names_damaged_predictions(folder, fails, content):
    (folder.evaluation / "test_predictions.csv").write_text(content)
    assert "test_predictions.csv" in fails(report, folder.path)


def test_an_unknown_option_of_a_stopped_run_is_named(folder, data_dir, fails):
    folder.set_status("failed: stopped")
    config = folder.load_config()
    (folder.path / "config.yaml").write_text(yaml.safe_dump({**config, "smell": 1}))
    assert "the unknown keys smell" in fails(train, "--run-dir", folder.path, "--resume")
    del config["epochs"]
    (folder.path / "config.yaml").write_text(yaml.safe_dump(config))
    assert folder.load_config()["epochs"] == TrainSettings().epochs


def test_a_target_that_is_none_is_named(folder):
    metadata = folder.load_metadata()
    folder.save_metadata({**metadata, "target": {"kind": "smell"}})
    with pytest.raises(ValueError, match=r"metadata\.json, key target: .*smell"):
        folder.load_target()


def test_a_model_of_another_class_is_refused(folder):
    keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)]).save(folder.best)
    with pytest.raises(ValueError, match=r"best\.keras cannot be read.*seqlevel.*Sequential"):
        load_run(folder)


def test_a_model_without_its_config_is_refused(folder):
    with zipfile.ZipFile(folder.best) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    del contents["config.json"]
    with zipfile.ZipFile(folder.best, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=r"best\.keras cannot be read"):
        load_run(folder)


def test_damaged_bytes_never_give_another_error(folder):
    generator = random.Random(0)
    for name in ("config.yaml", "metadata.json", "metrics.jsonl"):
        path = folder.path / name
        whole = path.read_bytes()
        for _ in range(60):
            content = bytearray(whole)
            for _ in range(generator.randint(1, 4)):
                content[generator.randrange(len(content))] = generator.randrange(256)
            path.write_bytes(content[: generator.choice([None, generator.randrange(len(content))])])
            for read in (folder.load_config, folder.load_target, folder.load_metrics):
                try:
                    read()
                except (ValueError, OSError) as error:
                    assert name in str(error), error
        path.write_bytes(whole)
    assert json.loads((folder.path / "metadata.json").read_text()) == folder.load_metadata()
