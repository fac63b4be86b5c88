import dataclasses
import json
import sys

import keras
import pytest

from experiments.benchmark import main
from experiments.benchmarks import growth, growth_curves, step_memory
from experiments.benchmarks.growth_curves import CURVES, make_points, measure_step
from experiments.benchmarks.sizes import SIZES
from experiments.training.distribution import make_distribution
from tests.conftest import call
from tests.experiments.benchmarks.conftest import TINY
from utils.command_line import RunFailed


def known_cost(module, options, what):
    """A step of 1 ms a step of time, batch 32 and member, and 100 MB."""
    assert module == "step_memory"
    size = options["size"]
    area = size["seq_len"] * options["batch_size"] * options["members"]
    return [1e-3 * area / 32 * size["model_dim"] / 256, 1e8]


@pytest.fixture
def no_processes(monkeypatch):
    monkeypatch.setattr(growth_curves, "measure_in_own_process", known_cost)
    monkeypatch.setattr(growth_curves, "measure_epoch", lambda folder, *_, stream: [1.0, 2e8])
    monkeypatch.setattr(growth, "write_random", lambda *_: None)


def test_the_command_prints_formulas_and_draws_them(no_processes, tmp_path, capsys):
    results, picture, figures = (tmp_path / name for name in ("growth", "new/a.svg", "a.json"))
    options = ("--results", results, "--picture", picture, "--json", figures)
    call(main, *"--only growth --size M --rounds 1".split(), *options)
    table = " ".join((tmp_path / "growth.md").read_text().split())
    assert "│ length │ 0.250 T │ 0% │ 100 │ 0% │" in table
    assert "│ batch │ 1.56 B │ 0% │ 100 │ 0% │" in table
    assert "│ width │ 0.195 d │ 0% │ 100 │ 0% │" in table
    assert "│ clips │ 1,000 │ 0% │ 200 │ 0% │" in table
    assert "│ T 200, B 8, d 128, m 2 │ 50 │ 50 │ 1.00 │" in table
    # 511 steps of 50 ms.
    assert "511 batches of 32) by these formulas: 0.4 CPU minutes of training steps" in table
    curves = json.loads(figures.read_text())["figures"]["growth"]["M"]["curves"]
    assert curves["length"][0] == [20, pytest.approx(0.005), 1e8]
    assert picture.read_text().startswith("<svg")


def test_points_are_the_size_but_for_what_grows():
    points = make_points(SIZES["M"], 32)
    assert {name: tuple(by) for name, by in points.items()} == {
        name: curve.amounts for name, curve in CURVES.items() if name != growth_curves.CLIPS
    }
    same = points["batch"][32]
    assert same == points["width"][256] == points["members"][1] == points["devices"][1]
    assert points["width"][512].size == dataclasses.replace(SIZES["M"], model_dim=512, ff_dim=1024)
    assert points["length"][1000].size == dataclasses.replace(SIZES["M"], seq_len=1000)


def test_a_point_on_several_curves_is_measured_once(monkeypatch):
    taken = []
    monkeypatch.setattr(
        growth_curves, "measure_step", lambda point, rounds: taken.append(point) or [1.0, 1.0]
    )
    points = make_points(SIZES["M"], 32)
    found = growth_curves.measure_points(points, 1)
    assert len(taken) == len(set(taken)) == sum(map(len, points.values())) - 3
    assert {name: [*by] for name, by in found.items()} == {n: [*by] for n, by in points.items()}


@pytest.mark.parametrize("members", [1, 2])
def test_a_measured_step_trains_all_members(members, eagerly):
    keras.utils.set_random_seed(0)
    size = dataclasses.replace(TINY, n_layers=1, dropout_rate=0.0)
    step = step_memory.own_step(size, 3, members, make_distribution("cpu"))
    losses = [step() for _ in range(5)]
    assert losses[-1] < losses[0]


def test_members_are_as_many_as_asked_for():
    counts = [step_memory.make_model(TINY, members).count_params() for members in (1, 3)]
    assert counts[1] == 3 * counts[0]


@pytest.mark.slow
def test_a_step_on_several_devices_is_measured_in_its_own_process():
    point = growth_curves.Point(dataclasses.replace(TINY, n_layers=1), 4, devices=2)
    seconds, peak = measure_step(point, 1)
    assert seconds > 0
    assert 1e6 < peak < 2e9


def test_a_step_that_ends_early_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(RunFailed, match="T 6, model_dim 8, batch 4, 1 members and 1 devices ended"):
        measure_step(growth_curves.Point(TINY, 4), 1)


def test_a_picture_needs_its_part(fails):
    message = fails(main, "--only", "imports", "--picture", "a.svg")
    assert "--picture draws the curves of --only growth. Received: --only imports." in message


def test_an_expected_step_is_a_product_of_ratios():
    curves = {
        name: [[x, 1e-3 * (1 + x), 1e6] for x in curve.amounts] for name, curve in CURVES.items()
    }
    point = growth_curves.Point(dataclasses.replace(SIZES["M"], seq_len=101), 63, members=3)
    found = growth.expected_step(growth.fit_curves(curves), SIZES["M"], point)
    assert found == pytest.approx(64 * 102 / 51 * 4 / 2)
