"""Names without Keras, classes on first use, files that load by name."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import models
from models import MODELS, load_model
from models.registry import LazyClasses
from tests.models.tiny import make_model

PACKAGES = ("models", "models.baselines", "models.text_tabular")


def in_a_new_process(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return json.loads(done.stdout)


def test_names_need_no_keras():
    program = (
        "import json, sys, models; print(json.dumps([len(models.MODELS), 'keras' in sys.modules]))"
    )
    assert in_a_new_process(program) == [16, False]


def test_a_file_loads_in_a_process_that_has_used_nothing_else(tmp_path):
    make_model("mult").save(tmp_path / "model.keras")
    program = f"""
import json, models
print(json.dumps(type(models.load_model({str(tmp_path / "model.keras")!r})).__module__))
"""
    assert in_a_new_process(program) == "models.baselines.mult"


def test_options_of_keras_pass(tmp_path):
    model = make_model("lf_dnn")
    model.compile("sgd", "mae")
    model.save(tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").compiled
    assert not load_model(tmp_path / "model.keras", compile=False).compiled


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_of_the_stub_is_there(name):
    package = sys.modules[name] if name in sys.modules else __import__(name, fromlist=["_"])
    stub = ast.parse(Path(package.__file__).with_suffix(".pyi").read_text())
    names = {alias.asname for node in stub.body for alias in node.names}
    assert names == set(package.__all__) == set(dir(package))
    assert all(getattr(package, each) is not None for each in names)


def test_unknown_names():
    with pytest.raises(AttributeError, match="module 'models' has no attribute 'MulTT'"):
        _ = models.MulTT
    with pytest.raises(KeyError):
        MODELS["multt"]


def test_a_class_of_ones_own_can_be_added_and_taken_out():
    classes = LazyClasses({"mult": "baselines.mult:MulT"})
    classes["mine"] = int
    assert dict(classes) == {"mult": MODELS["mult"], "mine": int}
    assert repr(classes) == "LazyClasses(mult, mine)"
    del classes["mine"]
    assert list(classes) == ["mult"] and len(classes) == 1
