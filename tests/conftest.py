import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import contextlib
import csv
import gc
import os
import shutil
import sys
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from filelock import FileLock

from utils.cache_folder import FOLDER_VARIABLE
from utils.command_line import run_command
from utils.formats.hdf5 import write_split

# To optimize graphs takes longer than to run those of tests.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
# To look for garbage among the million objects of TensorFlow's graphs takes a second each time.
gc.set_threshold(20_000, 10, 10)


def pytest_collection_finish():
    """Have nobody look for garbage among what was imported."""
    gc.freeze()


WIDTHS = {"text": 5, "audio": 4, "video": 3}
SIZES = {"train": 24, "valid": 12, "test": 10}
TINY_MODEL = (
    "--model-args",
    '{"model_dim": 8, "num_heads": 2, "ff_dim": 16, "n_layers_mod": 1}',
)
QUICK_MODEL = ("--model", "lf_dnn", "--model-args.model_dim", "8")  # where any model will do


@pytest.fixture(autouse=True)
def float32_policy():
    """Undo the global policy that a mixed-precision test has set."""
    yield
    keras.config.set_dtype_policy("float32")


@contextlib.contextmanager
def without_graphs():
    """Skip the tracing of graphs, which takes longer than a tiny training itself."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Even though the `tf.config.experimental_run_functions")
        tf.config.run_functions_eagerly(True)
        yield
    tf.config.run_functions_eagerly(False)


@contextlib.contextmanager
def without_report():
    """Train without a report, which takes longer than a tiny training itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("experiments.pages.report.write_own_report", lambda run: None)
        yield


@pytest.fixture
def eagerly():
    """Run a test `without_graphs`."""
    with without_graphs():
        yield


def make_samples(count, seed, length=6):
    """Return right-padded random sequences and labels that the text explains."""
    rng = np.random.default_rng(seed)
    valid = np.arange(length) < rng.integers(1, length + 1, size=(count, 1))
    sequences = {
        name: (rng.normal(2.0, 3.0, size=(count, length, width)) * valid[..., None])
        for name, width in WIDTHS.items()
    }
    labels = np.clip(sequences["text"][:, 0, :1], -3, 3)
    return sequences, labels


def write_data(directory):
    """Write a small data folder with an index."""
    directory.mkdir(parents=True, exist_ok=True)
    for seed, (split, count) in enumerate(SIZES.items()):
        write_split(directory, split, *make_samples(count, seed))
        with (directory / f"index_{split}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "video_id", "text"])
            rows = [(f"{split}_{i}", f"{split}{i // 4}", f"word, {i}") for i in range(count)]
            writer.writerows(rows)
    return directory


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Call `make(path)` for a path that all workers share, unless one of them has; return it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def make_once(name, make):
        path = folder / "shared" / name
        made = path.with_name(f"{path.name}.made")
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not made.exists():
                shutil.rmtree(path, ignore_errors=True)
                make(path)
                made.touch()
        return path

    return make_once


@pytest.fixture(scope="session", autouse=True)
def encoder_cache(once):
    """A cache folder for all tests and their processes: MiniLM is converted once.

    The user's own cache stays as it is.
    """
    with pytest.MonkeyPatch.context() as patch:
        folder = once("cache", os.mkdir)
        patch.setenv(FOLDER_VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="session")
def data_dir(once):
    """A data folder that no test changes."""
    return once("data/tiny", write_data)


@pytest.fixture
def own_data_dir(tmp_path):
    """A data folder to spoil."""
    return write_data(tmp_path / "own")


@pytest.fixture(scope="session")
def trained_run(data_dir, once):
    """The folder of a finished run, that no test changes."""
    from experiments.train import main

    options = ("--data", data_dir, "--epochs", 3, *TINY_MODEL)
    return once("runs/run", lambda path: call(main, "--run-dir", path, *options))


def call(main, *arguments):
    """Run a command in this process, as the command line would."""
    before = sys.argv
    sys.argv = ["command", *map(str, arguments)]
    try:
        run_command(main)
    finally:
        sys.argv = before


@pytest.fixture
def fails(capsys):
    """Run a command that must end with an exit code and one paragraph; return the paragraph."""

    def run(main, *arguments, code=2):
        with pytest.raises(SystemExit) as stopped:
            call(main, *arguments)
        message = capsys.readouterr().err
        assert stopped.value.code == code
        assert "Traceback" not in message
        assert message.startswith("error: ")
        assert message.count("\n") == 1
        return message

    return run
