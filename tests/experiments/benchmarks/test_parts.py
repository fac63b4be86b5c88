import dataclasses

import numpy as np
import pytest
from rich.console import Console

from experiments.benchmarks import commands, contenders, gemm, padding, timing, training
from experiments.benchmarks.gemm import measure_gemm
from experiments.benchmarks.growth_curves import Point, measure_step
from experiments.benchmarks.imports import measure_imports
from experiments.benchmarks.inference import export_onnx, prediction_routes
from experiments.benchmarks.padding import make_split, measure_padding, mosi_like_lengths
from experiments.benchmarks.sizes import SIZES, make_batch, make_model
from experiments.benchmarks.timing import measure_in_turn, medians, time_in_turn
from experiments.benchmarks.training import measure_training
from experiments.benchmarks.weights import export_weights
from experiments.training import grouped_steps
from experiments.training.grouped_steps import GroupedSteps
from tests.experiments.benchmarks.conftest import TINY
from utils.command_line import RunFailed
from utils.data_loader import end_of_samples


@pytest.fixture
def console():
    return Console(record=True, width=120)


@pytest.fixture
def small_products(monkeypatch):
    monkeypatch.setattr(gemm, "REPEATED_FLOPS", 1e5)
    for module in (gemm, training):
        monkeypatch.setattr(module, "SQUARE", 16)


def test_contenders_take_turns():
    order = []
    seconds = time_in_turn({name: lambda name=name: order.append(name) for name in "ab"}, 3)
    turns = "".join(name for i, name in enumerate(order) if i == 0 or order[i - 1] != name)
    assert turns == "ab" * 4  # once to see how long a call takes
    assert all(len(values) == 3 for values in seconds.values())
    assert medians({"a": [3, 1, 2]}) == {"a": 2}


def test_elapsed_and_processor_time_come_from_their_own_clocks(monkeypatch):
    done = []
    monkeypatch.setattr(timing.time, "perf_counter", lambda: 3.0 * len(done))
    monkeypatch.setattr(timing.time, "process_time", lambda: 5.0 * len(done))
    (found,) = measure_in_turn({"one": lambda: done.append(1)}, 1)["one"]
    assert found == (3.0, 5.0)


def test_products_are_computed_and_counted(console, small_products):
    function = gemm.matrix_product(4, 3, 2, "float32")
    rng = np.random.default_rng(0)
    product = rng.normal(size=(4, 3)) @ rng.normal(size=(3, 2))
    np.testing.assert_allclose(function(), product[0, 0], rtol=1e-5)
    assert gemm.gflops((100, 50, 20)) == pytest.approx(2e-9 * 100 * 50 * 20)
    assert gemm.gflops((10, 5, 2)) == pytest.approx(1e-4)  # repeated

    rates = measure_gemm(console, {"XS": TINY}, 3, 1)
    assert "XS: 18 × 8 × 16" in console.export_text()
    assert all(rate > 0 for by_dtype in rates.values() for rate in by_dtype.values())


def test_training_compares_all_contenders(console, small_products, monkeypatch, batch, eagerly):
    monkeypatch.setattr(contenders, "has_torch", lambda: False)
    ours = {"ours, bfloat16": ("mixed_bfloat16", False)}
    monkeypatch.setattr(contenders, "OURS", ours)
    for module in (contenders, grouped_steps):
        monkeypatch.setattr(module, "TOGETHER", 2)
    figures = measure_training(console, "XS", TINY, 3, 1)
    assert list(figures["seconds"]) == [contenders.PLAIN, *ours]
    text = console.export_text()
    assert "ours, bfloat16" in text
    assert "PyTorch: torch is not installed." in text


def test_our_step_and_torch_optimize_alike(eagerly):
    pytest.importorskip("torch")
    from experiments.benchmarks.torch_reference import torch_training_step

    size = dataclasses.replace(TINY, dropout_rate=0.0)
    model, data = make_model(size), make_batch(size, 3)
    weights = export_weights(model)
    theirs = torch_training_step(size, data, contenders.SETTINGS, weights=weights)
    ours = contenders.own_step(model, data)
    losses = []
    for _ in range(6):
        losses.append(ours())
        assert losses[-1] == pytest.approx(theirs(), abs=2e-4)
    assert losses[-1] < losses[0] - 2e-3


@pytest.mark.slow
def test_all_routes_predict_the_same(model, batch, tmp_path):
    paths = export_onnx(model, TINY, tmp_path)
    routes = prediction_routes(model, TINY, paths, batch)
    expected = model(batch[0])
    for name, predict in routes.items():
        np.testing.assert_allclose(predict(), expected, atol=0.1 if "int8" in name else 1e-5)


def test_padding_takes_whole_epochs_of_shorter_batches(console, monkeypatch):
    taken = []

    def record(batch, samples, last):
        inputs, labels, *packs = batch
        taken.append((len(labels), (len(packs[0]) if packs else len(labels)) * inputs[0].shape[1]))
        return 0.0

    monkeypatch.setattr(
        padding, "make_steps", lambda model, signature, xla: GroupedSteps(record, signature)
    )
    monkeypatch.setattr(timing, "MOST_CALLS", 1)
    seconds = measure_padding(console, "XS", TINY, 4, 1, samples=40)
    assert list(seconds) == list(padding.PLANS)
    assert "An epoch of 40 samples" in console.export_text()
    # Each plan takes two epochs at first, then each takes two in its turn.
    epochs = np.array([taken[i : i + 10] for i in range(0, len(taken), 10)]).sum(axis=1)
    assert (epochs[:, 0] == 40).all()
    steps = dict(zip(padding.PLANS, epochs[: 2 * len(padding.PLANS) : 2, 1], strict=True))
    assert steps["full length"] == steps["full length, XLA"] == 40 * padding.SEQ_LEN
    buckets = [size for plan, size in steps.items() if "buckets" in plan]
    assert max(buckets) < steps["trimmed"] < steps["full length"]
    assert steps["packed"] == steps["packed, XLA"] <= steps["full length"] / 2


def test_lengths_are_like_those_of_mosi():
    lengths = mosi_like_lengths(1000, 50)
    assert np.median(lengths) == pytest.approx(12, abs=1)
    assert lengths.min() >= 1
    assert lengths.max() == 50
    short = np.minimum(lengths[:5], TINY.seq_len)
    assert (end_of_samples(make_split(TINY, short)) == short).all()


@pytest.mark.slow
def test_memory_of_a_step_holds_weights_gradients_and_moments():
    size = dataclasses.replace(SIZES["S"], seq_len=4, n_layers=1)
    seconds, peak = measure_step(Point(size, 2), 1)
    assert seconds > 0
    assert 4 * 4 * 7.4e5 < peak < 2e9


def test_whole_commands_are_measured_once_or_in_each_round(console, monkeypatch):
    once, again = "make data", "inspect"
    made = "data.synthetic --task text_only --samples {samples} --output made"
    monkeypatch.setattr(commands, "SAMPLES", 16)
    monkeypatch.setattr(commands, "COMMANDS", {once: made, again: "data.inspect made"})
    seconds = commands.measure_commands(console, 2)
    assert {name: len(pairs) for name, pairs in seconds.items()} == {once: 1, again: 2}
    assert all(0 < value for pairs in seconds.values() for pair in pairs for value in pair)
    monkeypatch.setattr(commands, "COMMANDS", {again: "data.inspect nowhere"})
    with pytest.raises(RunFailed, match="nowhere ended with code 2"):
        commands.measure_commands(console, 1)


def test_imports_are_measured_in_new_processes(console):
    seconds = measure_imports(console, 1)
    assert all(value[0] > 0 for value in seconds.values())
    assert "import models" in console.export_text()
