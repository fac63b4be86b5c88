import pytest
from rich.console import Console

from experiments.benchmarks import model_steps
from experiments.benchmarks.contenders import own_step, steps_a_call
from experiments.benchmarks.model_steps import measure_model_steps
from experiments.benchmarks.sizes import Size
from experiments.benchmarks.timing import Seconds


@pytest.fixture
def console():
    return Console(record=True, width=100)


def test_times_each_model_beside_its_peer(console, monkeypatch):
    made = []

    def make_step(model, batch, xla):
        made.append((type(model).__name__, xla))
        return lambda: None

    one_step = {"ours": 0.2, "ours, XLA": 0.1, "PyTorch": 0.3}
    times = {
        name: [Seconds(steps_a_call(name) * seconds, 2 * steps_a_call(name) * seconds)]
        for name, seconds in one_step.items()
    }
    monkeypatch.setattr(model_steps, "own_step", make_step)
    monkeypatch.setattr(model_steps, "_peer_step", lambda name, *_: None if name == "lmf" else 1)
    monkeypatch.setattr(
        model_steps, "measure_in_turn", lambda steps, rounds: {name: times[name] for name in steps}
    )
    figures = measure_model_steps(console, ["lf_dnn", "lmf"], 2, 1)
    assert made == [("LFDNN", False), ("LFDNN", True), ("LMF", False), ("LMF", True)]
    assert figures["lf_dnn"] == {
        name: {"elapsed": [seconds], "processor": [2 * seconds]}
        for name, seconds in one_step.items()
    }
    assert list(figures["lmf"]) == ["ours", "ours, XLA"]
    rows = [line.split("│")[1:-1] for line in console.export_text().splitlines() if "│" in line]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["lf_dnn", "200.0", "1.50", "100.0", "3.00", "300.0"],
        ["lmf", "200.0", "", "100.0", "", ""],
        ["lf_dnn", "400.0", "1.50", "200.0", "3.00", "600.0"],
        ["lmf", "400.0", "", "200.0", "", ""],
    ]


def test_a_step_of_a_model_learns():
    size = Size(4, 8, 8, widths=(5, 4, 3))
    model = model_steps._make_model("lf_dnn", size)
    step = own_step(model, model_steps.make_batch(size, 8))
    first = step()
    assert min(step() for _ in range(200)) < 0.7 * first
