import pytest
from rich.console import Console

from experiments.benchmarks import model_steps
from experiments.benchmarks.contenders import own_step, steps_a_call
from experiments.benchmarks.model_steps import measure_model_steps
from experiments.benchmarks.sizes import Size


@pytest.fixture
def console():
    return Console(record=True, width=100)


def test_times_each_model_beside_its_peer(console, monkeypatch):
    made = []

    def make_step(model, batch, xla):
        made.append((type(model).__name__, xla))
        return lambda: None

    times = {"ours": [0.2], "ours, XLA": [0.1 * steps_a_call("ours, XLA")], "PyTorch": [0.3]}
    monkeypatch.setattr(model_steps, "own_step", make_step)
    monkeypatch.setattr(model_steps, "_peer_step", lambda name, *_: None if name == "lmf" else 1)
    monkeypatch.setattr(
        model_steps, "time_in_turn", lambda steps, rounds: {name: times[name] for name in steps}
    )
    figures = measure_model_steps(console, ["lf_dnn", "lmf"], 2, 1)
    assert made == [("LFDNN", False), ("LFDNN", True), ("LMF", False), ("LMF", True)]
    assert figures["lf_dnn"] == {"ours": [0.2], "ours, XLA": [0.1], "PyTorch": [0.3]}
    assert figures["lmf"] == {"ours": [0.2], "ours, XLA": [0.1]}
    rows = [line.split("│")[1:-1] for line in console.export_text().splitlines() if "│" in line]
    cells = [[cell.strip() for cell in row] for row in rows]
    assert cells[-2] == ["lf_dnn", "200.0", "1.50", "100.0", "3.00", "300.0"]
    assert cells[-1] == ["lmf", "200.0", "", "100.0", "", ""]


def test_a_step_of_a_model_learns():
    size = Size(4, 8, 8, widths=(5, 4, 3))
    model = model_steps._make_model("lf_dnn", size)
    step = own_step(model, model_steps.make_batch(size, 8))
    first = step()
    assert min(step() for _ in range(200)) < 0.7 * first
