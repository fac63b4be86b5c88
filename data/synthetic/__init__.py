"""Make data with planted structure and a known best result."""

from data.synthetic.corpora import CORPORA
from data.synthetic.folder import write_folder
from data.synthetic.generation import (
    SyntheticSplit,
    best_mae,
    constant_mae,
    expected_best_mae,
    generate,
)
from data.synthetic.likeness import write_like
from data.synthetic.tasks import TASKS
from data.synthetic.tickets import generate_tickets, write_tickets

__all__ = [
    "CORPORA",
    "TASKS",
    "SyntheticSplit",
    "best_mae",
    "constant_mae",
    "expected_best_mae",
    "generate",
    "generate_tickets",
    "write_folder",
    "write_like",
    "write_tickets",
]
