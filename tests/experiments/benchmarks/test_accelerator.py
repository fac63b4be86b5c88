import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from experiments.benchmarks import accelerator, accelerator_tasks
from experiments.benchmarks.sizes import Size, make_batch, make_model

TINY = Size(4, 8, 8, widths=(5, 4, 3), num_heads=2, n_layers=1, dropout_rate=0.0)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(accelerator_tasks.SIZES, "XS", TINY)


def test_gradients_are_those_of_the_squared_error(tiny, tmp_path):
    path = tmp_path / "found.npz"
    accelerator_tasks.save_gradients("XS", 3, str(path))
    found = np.load(path)
    model, rng = make_model(TINY), np.random.default_rng(1)
    for weight in model.trainable_variables:
        if len(weight.shape) > 1:
            weight.assign(rng.normal(size=weight.shape) / weight.shape[0] ** 0.5)
    sequences, scores = make_batch(TINY, 3)
    with tf.GradientTape() as tape:
        outputs = model(sequences)
        loss = tf.reduce_mean((outputs - scores) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    np.testing.assert_allclose(found["outputs"], outputs, atol=1e-5)
    flat = np.concatenate([np.ravel(gradient) for gradient in gradients])
    np.testing.assert_allclose(found["gradients"], flat, atol=1e-5)


def test_a_step_is_timed(tiny, monkeypatch):
    monkeypatch.setattr(accelerator_tasks, "SECONDS", 0.0)
    figures = accelerator_tasks.step("XS", "float32", 2, 1)
    assert figures["samples"] == 2
    assert 0 < figures["seconds"] < 60
    assert 1e3 < figures["flops"] < 1e6
    assert figures["bytes"] > 1e8


def test_tasks_need_no_other_requirement():
    needed = "import sys\nsys.modules.update(dict.fromkeys(['jsonargparse', 'psutil', 'h5py']))\n"
    program = needed + "import experiments.benchmarks.accelerator_tasks"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_differences_are_shares_of_the_largest_value(monkeypatch):
    def write(task, arguments, environment):
        on_cpu = environment["NVIDIA_TF32_OVERRIDE"] == "0" and "JAX_PLATFORMS" in environment
        values = np.array([1.0, -4.0]) + 0.01 * (not on_cpu)
        np.savez(arguments[2], outputs=values, gradients=2 * values)
        return {}

    monkeypatch.setattr(accelerator, "measure", write)
    assert accelerator.compare_with_cpu("S") == pytest.approx(
        {"outputs": 0.0025, "gradients": 0.0025}
    )
    monkeypatch.setattr(accelerator, "measure", lambda *_: {"error": "code 1"})
    assert accelerator.compare_with_cpu("S") == {}


@pytest.mark.parametrize(("error", "code"), [(1e-4, 0), (1e-2, 1)])
def test_prints_one_table(monkeypatch, capsys, tmp_path, error, code):
    def measure(task, arguments, environment=None):
        if task == "torch_step":
            return {"error": "code -9: out of memory"}
        found = {"seconds": 0.02, "flops": 1e9, "bytes": 3e8, "samples": 8}
        return {"describe": {"backend": "jax", "device": "Chip"}, "product": {"flops": 1e11}}.get(
            task, found
        )

    monkeypatch.setattr(accelerator, "measure", measure)
    monkeypatch.setattr(
        accelerator, "compare_with_cpu", lambda size: {"outputs": 0.0, "gradients": error}
    )
    monkeypatch.setattr(accelerator.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(accelerator.importlib.metadata, "version", lambda name: "1.0")
    results = str(tmp_path / "new" / "accelerator")
    monkeypatch.setattr(sys, "argv", ["accelerator.py", "--size", "S", "--results", results])
    assert accelerator.main() == code
    output = capsys.readouterr().out
    assert "device Chip" in output
    assert "S, bfloat16: ours" in output and "400" in output and "50%" in output
    assert "out of memory" in output
    assert f"gradients differ by {error:.1e}" in output
    assert "S, float32: ours" in (tmp_path / "new" / "accelerator.md").read_text()


def test_a_failed_process_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    assert accelerator.measure("describe", []) == {"error": "code 1: it printed nothing"}


def test_wrong_numbers_are_named(capsys):
    with pytest.raises(SystemExit) as stopped:
        accelerator.make_parser().parse_args(["--rounds", "0"])
    assert stopped.value.code == 2
    assert "--rounds: must be a whole number from 1. Received: 0." in capsys.readouterr().err


def test_describes_the_device():
    about = accelerator_tasks.describe()
    assert about["backend"] == keras.backend.backend()
    assert json.dumps(about)
