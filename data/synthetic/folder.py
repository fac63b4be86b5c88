"""Write a generated task as a data folder, whole or not at all."""

import json
import shutil
import tempfile
from pathlib import Path

from data.synthetic.generation import DEFAULTS, best_mae, expected_best_mae, generate
from utils.formats.hdf5 import write_split

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
            }
            for name, split in splits.items()
        },
    }
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        for name, split in splits.items():
            write_split(partial, name, split.sequences, split.labels)
        text = json.dumps(description, indent=2) + "\n"
        (partial / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
        partial.chmod(0o755)  # mkdtemp lets the owner alone in.
        partial.rename(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return description


def check_free(directory):
    """Refuse a folder that holds something already.

    Raises:
        FileExistsError: Saying what to do.
    """
    if directory.is_dir() and not any(directory.iterdir()):
        return
    if directory.exists():
        raise FileExistsError(
            "The output folder must be new or empty. "
            f"Received: {directory}, which {'holds files' if directory.is_dir() else 'is a file'}. "
            "Name another folder, or remove this one first."
        )
