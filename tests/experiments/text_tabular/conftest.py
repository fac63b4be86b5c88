import csv

import pytest

from data.synthetic import write_tickets
from tests.conftest import call, without_graphs

TINY = ("--vocabulary-size", 300, "--chunk-tokens", 16, "--chunks", 3, "--overlap", 2)
TINY += ("--model-args.hidden_common_dim", 8, "--bert.num_layers", 2, "--bert.hidden_dim", 8)
TINY += (
    "--bert.num_heads",
    2,
    "--bert.intermediate_dim",
    8,
    "--learning-rate",
    0.01,
    "--batch-size",
    16,
)
BINS = ("--numeric-bins", 3, "--numeric-edges", "tree")


def read_rows(path, **options):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, **options))


@pytest.fixture(scope="session")
def tickets(tmp_path_factory):
    """A folder of small tables that no test changes."""
    path = tmp_path_factory.mktemp("tickets") / "data"
    write_tickets(path, samples=48)
    return path


@pytest.fixture(scope="session")
def tickets_run(tickets, tmp_path_factory):
    """The folder of a finished run of the gate, that no test changes."""
    from experiments.train import main

    path = tmp_path_factory.mktemp("runs") / "tickets"
    arguments = (
        "--model",
        "gate",
        "--target",
        "class",
        "--data",
        tickets,
        "--run-dir",
        path,
        "--epochs",
        2,
        *BINS,
    )
    with without_graphs():
        call(main, *arguments, "--mixed-precision", "none", *TINY)
    return path


def count_encoded(monkeypatch, module):
    """Return a list that gets the number of texts of each call of a module's `encode_texts`."""
    counts, encode_texts = [], module.encode_texts

    def counted(model, samples):
        counts.append(len(samples))
        return encode_texts(model, samples)

    monkeypatch.setattr(module, "encode_texts", counted)
    return counts
