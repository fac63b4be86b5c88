import io
from types import SimpleNamespace

import pytest
from rich.console import Console

import experiments.training.progress
import utils.command_line
from experiments.training.progress import TrainingProgress
from utils.batches.batch_plan import BatchPlan
from utils.command_line import announce


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def console(request, monkeypatch):
    """A console in the place of the commands' own, a terminal or not."""
    console = Console(file=io.StringIO(), force_terminal=request.param, width=100)
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
        now = {"epoch": 2, "loss": 0.5, "valid_MAE": 0.75}
        progress.show(now, now)
        assert task.completed == 200
    told = console.file.getvalue()
    if console.is_terminal:
        assert "epoch 2/3" in told
        assert "samples/s" in told
    else:
        figures = "loss 0.5000, valid MAE 0.7500, best 0.7500 in epoch 2"
        assert told == f"training: epoch 2 of 3, {figures}\n"
