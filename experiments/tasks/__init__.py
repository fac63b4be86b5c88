"""What depends on the kind of sample and of label; everything else is written once.

A family's code is imported when it is used: texts with tables need packages of their own.
"""

import importlib

FAMILIES = {
    "sequences": ("experiments.tasks.sequences", "SequenceTask", "SequenceInputs"),
    "tables": ("experiments.tasks.tables", "TableTask", "TableInputs"),
}


def task_class(family):
    """Return the `Task` class of a family of models, `"sequences"` or `"tables"`."""
    module, task, _ = FAMILIES[family]
    return getattr(importlib.import_module(module), task)


def inputs_class(family):
    """Return the `Inputs` class of a family of models."""
    module, _, inputs = FAMILIES[family]
    return getattr(importlib.import_module(module), inputs)


def open_task(settings):
    """Return the `Task` of checked `TrainSettings`.

    Raises:
        FileNotFoundError: If the data is missing.
        ValueError: If the data is wrong, or what is needed for it is not installed.
    """
    return task_class(settings.family)(settings)
