"""Built-in data with planted structure and known label noise: the best possible result is known."""

from data.synthetic.folder import write_folder
from data.synthetic.generation import (
    SyntheticSplit,
    best_mae,
    constant_mae,
    expected_best_mae,
    generate,
)
from data.synthetic.tasks import TASKS
from data.synthetic.tickets import generate_tickets, write_tickets

__all__ = [
    "TASKS",
    "SyntheticSplit",
    "best_mae",
    "constant_mae",
    "expected_best_mae",
    "generate",
    "generate_tickets",
    "write_folder",
    "write_tickets",
]
