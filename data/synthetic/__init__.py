"""Built-in diagnostic data: planted structure, known label noise, known best reachable error."""

from data.synthetic.folder import write_folder
from data.synthetic.generation import (
    SyntheticSplit,
    best_mae,
    constant_mae,
    expected_best_mae,
    generate,
)
from data.synthetic.tasks import TASKS

__all__ = [
    "TASKS",
    "SyntheticSplit",
    "best_mae",
    "constant_mae",
    "expected_best_mae",
    "generate",
    "write_folder",
]
