"""Write a generated task as a data folder, whole or not at all."""

import json
from pathlib import Path

from data.synthetic.generation import (
    DEFAULTS,
    best_mae,
    constant_mae,
    expected_best_mae,
    generate,
)
from utils.formats.hdf5 import write_split
from utils.new_folder import check_free, new_folder

DESCRIPTION_FILE = "task.json"


def write_folder(
    directory,
    task,
    samples=DEFAULTS["samples"],
    seed=DEFAULTS["seed"],
    seq_len=DEFAULTS["seq_len"],
    noise=DEFAULTS["noise"],
):
    """Generate a task and write it in the HDF5 layout, with `task.json` beside.

    Args:
        directory: The folder to make; it must not exist, or be empty.
        task: A name from `TASKS`.
        samples: As for `generate`, and so are the others.
        seed: Seed of the samples.
        seq_len: Padded length in steps.
        noise: Standard deviation of the label noise.

    Returns:
        The description that `task.json` holds.

    Raises:
        FileExistsError: If `directory` is a file or not empty.
        ValueError: If an argument makes no data; see `generate`.
    """
    directory = Path(directory)
    check_free(directory)
    splits = generate(task, samples, seed, seq_len, noise)
    description = {
        "task": task,
        "samples": samples,
        "seed": seed,
        "seq_len": seq_len,
        "noise": noise,
        "splits": {
            name: {
                "samples": len(split.labels),
                "best_mae": best_mae(split),
                "expected_best_mae": expected_best_mae(split, noise),
                "constant_mae": constant_mae(split, splits["train"]),
            }
            for name, split in splits.items()
        },
    }
    with new_folder(directory) as partial:
        for name, split in splits.items():
            write_split(partial, name, split.sequences, split.labels)
        text = json.dumps(description, indent=2) + "\n"
        (partial / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
    return description
