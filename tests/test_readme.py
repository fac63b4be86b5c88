import re
import shlex
import shutil
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest

import data.synthetic.__main__
import experiments.compare
import experiments.evaluate
import experiments.export
import experiments.predict
import experiments.predict_text_tabular
import experiments.report
import experiments.robustness
import experiments.train
import experiments.train_text_tabular
import experiments.tune
from data.synthetic.folder import write_folder
from models import MODELS
from tests.conftest import call
from utils.formats import MODALITIES

ROOT = Path(__file__).parent.parent
COMMANDS = {
    module.__name__.removesuffix(".__main__"): module.main
    for module in (
        experiments.compare,
        experiments.evaluate,
        experiments.export,
        experiments.predict,
        experiments.predict_text_tabular,
        experiments.report,
        experiments.robustness,
        experiments.train,
        experiments.train_text_tabular,
        experiments.tune,
    )
}
QUICK = {
    "experiments.robustness": ("--levels", "0", "0.9", "--draws", "1"),
    "experiments.train": ("--epochs", "1"),
    "experiments.train_text_tabular": ("--epochs", "1"),
    "experiments.tune": ("--epochs", "1", "--trials", "1"),
}


def blocks(file, language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / file).read_text(), re.DOTALL)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder of its own, with the data that the README makes, but small."""
    monkeypatch.chdir(tmp_path)
    write_folder("runs/additive", "additive", samples=24)
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("file", ["README.md", "models/README.md"])
def test_python_blocks_run_in_order(file, workplace, eagerly):
    namespace = {}
    for block in blocks(file, "python"):
        exec(compile(block, file, "exec"), namespace)


def test_own_model_of_the_readme_trains_once_it_is_listed(workplace, eagerly, monkeypatch):
    [block] = [text for text in blocks("models/README.md", "python") if "LateFusion" in text]
    sequences = {
        name: np.ones((2, 20, d)) for name, d in zip(MODALITIES, (300, 74, 47), strict=True)
    }
    exec(block, namespace := {"keras": keras, **sequences})
    monkeypatch.setitem(MODELS, "late", namespace["LateFusion"])
    train = ("--model", "late", "--data", "runs/additive", "--run-dir", "runs/late", "--epochs", 1)
    call(experiments.train.main, *train)
    assert Path("runs/late/report.html").exists()


@pytest.mark.slow
def test_shell_blocks_run(workplace, eagerly):
    lines = "".join(blocks("README.md", "bash")).replace("\\\n", " ").splitlines()
    assert len(lines) >= 6
    for line in lines:
        words = shlex.split(line.replace("DIR", "runs/additive"))
        if words[0] == "make":
            subprocess.run(["make", "-n", "-C", ROOT, *words[1:]], check=True, capture_output=True)
            continue
        assert words[:2] == ["python", "-m"], line
        if words[2] == "data.synthetic":
            shutil.rmtree(words[words.index("--output") + 1], ignore_errors=True)
            call(data.synthetic.__main__.main, *words[3:], "--samples", "24")
            continue
        call(COMMANDS[words[2]], *words[3:], *QUICK.get(words[2], ()))
    assert Path("runs/first/report.html").exists()


def test_table_of_hyperparameters_has_the_real_defaults():
    import inspect

    from models import MSASeqLevelModel

    rows = re.findall(r"^\| `(\w+)` \| `?([^`|]+?)`? \|", (ROOT / "README.md").read_text(), re.M)
    documented = {name: value.strip('"') for name, value in rows}
    parameters = inspect.signature(MSASeqLevelModel.__init__).parameters
    for name, parameter in parameters.items():
        if name in ("self", "seq_len", "text_dim", "audio_dim", "video_dim", "kwargs"):
            continue
        assert documented[name] == str(parameter.default), name
