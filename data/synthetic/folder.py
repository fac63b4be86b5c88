"""Write a generated task as a data folder, completely or not at all."""

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
from utils.measures.inference import write_target
from utils.measures.score_target import ScoreTarget
from utils.new_file import check_free, new_folder

DESCRIPTION_FILE = "task.json"


def write_folder(
    directory,
    task,
    samples=DEFAULTS["samples"],
    seed=DEFAULTS["seed"],
    seq_len=DEFAULTS["seq_len"],
    noise=DEFAULTS["noise"],
):
    """Generate a task and write HDF5 files, `task.json` and `target.json`.

    Args:
        directory: The folder to make; it must be new or empty.
        task: A name from `TASKS`.
        samples: See `generate`.
        seed: See `generate`.
        seq_len: See `generate`.
        noise: See `generate`.

    Returns:
        The content of `task.json`, a dict.

    Raises:
        FileExistsError: If `directory` is a file or not empty.
        ValueError: If an argument is wrong; see `generate`.
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
        write_target(partial, ScoreTarget())
    return description
