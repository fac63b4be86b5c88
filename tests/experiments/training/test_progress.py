import io
import re
from types import SimpleNamespace

import pytest
from rich.console import Console

import experiments.training.progress
import utils.command_line
from experiments.training.progress import TrainingProgress
from utils.batches.batch_plan import BatchPlan
from utils.command_line import announce
from utils.progress import TimeLeft


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def console(request, monkeypatch):
    """A console in the place of the commands' own, a terminal or not."""
    console = Console(file=io.StringIO(), force_terminal=request.param, width=80)
    for module in (experiments.training.progress, utils.command_line):
        monkeypatch.setattr(module, "console", console)
    monkeypatch.setitem(experiments.training.progress.REDRAWN, "console", console)
    return console


@pytest.fixture
def training():
    """A training of 3 epochs, 20 batches each, that goes on at batch 10 of the second."""
    state = SimpleNamespace(
        epoch=2, step=10, validation=SimpleNamespace(criterion=SimpleNamespace(name="MAE"))
    )
    return TrainingProgress("training", 3, BatchPlan(100, 5), state), state


def test_a_wait_is_announced_on_a_terminal_alone(console):
    announce("Reading [data]")
    assert ("Reading [data] ..." in console.file.getvalue()) == console.is_terminal


def test_the_bar_moves_inside_an_epoch(console, training):
    progress, state = training
    with progress:
        task = progress.bar.tasks[0]
        assert (task.completed, task.total) == (150, 300)
        state.step = 11
        progress.advance()
        assert task.completed == 155
        state.step = 20
        progress.advance()
        now = {"epoch": 2, "loss": 0.5, "learning_rate": 1.2345e-3, "valid_MAE": 0.75}
        progress.show(now, now)
        assert task.completed == 200
    told = console.file.getvalue()
    learned = "loss 0.5000, learning rate 0.00123"
    measured = "  valid MAE 0.7500, best 0.7500 in epoch 2"
    if console.is_terminal:
        assert re.search(r"epoch 2/3 .*samples/s .* left", told)
        assert f"training: {learned}" in told
        assert measured in told
    else:
        lines = re.escape(f"training: epoch 2 of 3, {learned}\n{measured}")
        assert re.fullmatch(rf"{lines}; \S+ samples/s, \S+ left\n", told)


def test_the_time_left_comes_from_pieces_that_were_not_done_before():
    times = iter([0, 0.1, 60.1, 60.2, 1e4])
    left = TimeLeft(4, clock=lambda: next(times))
    assert left.count() == "1 of 4"  # finished by an earlier command
    assert left.count() == "2 of 4, about 2 minutes left"
    assert left.count().startswith("3 of 4, about 60 seconds")
    assert left.count() == "4 of 4"


def test_the_time_left_counts_what_had_ended_before():
    times = iter([0, 600])
    left = TimeLeft(5, ended=3, clock=lambda: next(times))
    assert left.count() == "4 of 5, about 10 minutes left"


def test_the_time_left_knows_that_pieces_run_side_by_side():
    times = iter([0, 3600, 3602])
    left = TimeLeft(6, processes=2, clock=lambda: next(times))
    assert left.count() == "1 of 6, about 2.0 hours left"
    assert left.count() == "2 of 6, about 2.0 hours left"
