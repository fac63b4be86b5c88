"""Training in several processes that Ray starts, on one machine or on a cluster."""

import dataclasses
import importlib.abc
import logging
import os
import shutil
import sys
import tempfile
import typing
from pathlib import Path

from experiments.runs.run_folder import RunFolder, default_run_path
from utils.command_line import RunFailed, console
from utils.files import read_json
from utils.formats.split import SPLITS
from utils.installed import import_extra
from utils.ray_start import start_ray

ROOT = Path(__file__).parents[2]
RAY = ("--strategy ray", "-r requirements-ray.txt")
# How often Ray starts all workers again after one was lost; they go on from the last checkpoint.
RESTARTS = 3


def train_on_ray(settings, report, resume=False):
    """Train in `settings.workers` processes of a Ray cluster.

    It is the cluster that `RAY_ADDRESS` names, or else a new one on this machine. The data and
    the run folder must be at the same path on all its machines.

    Args:
        settings: `TrainSettings`, checked.
        report: Writes the page of a finished run, as for `experiments.runs.training.train`.
        resume: Whether to go on with a run that was stopped.

    Returns:
        The run folder, and the evaluations on valid and, where there is one, test.

    Raises:
        ValueError: If Ray is not installed.
        FileExistsError: If the run folder is taken.
        RunFailed: If Ray cannot start, or the training fails.
    """
    ray = import_ray()
    path = Path(settings.run_dir or default_run_path(settings.model, settings.data)).absolute()
    if not resume:
        RunFolder(path).check_new()
    config = {
        "options": dataclasses.asdict(settings) | {"run_dir": str(path)},
        "folder": str(Path.cwd()),
        "report": report,
    }
    folders = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"PYTHONPATH": os.pathsep.join(folders)}
    hook = {"worker_process_setup_hook": quiet_process}
    start_ray(ray, runtime_env={"env_vars": environment, **hook})
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f"{path.name}.ray-", dir=path.parent))
    trainer = ray.train.tensorflow.TensorflowTrainer(
        train_worker,
        train_loop_config=config,
        scaling_config=ray.train.ScalingConfig(
            num_workers=settings.workers, use_gpu=ray.cluster_resources().get("GPU", 0) > 0
        ),
        run_config=ray.train.RunConfig(
            name=scratch.name,
            storage_path=str(scratch.parent),
            failure_config=ray.train.FailureConfig(max_failures=RESTARTS),
            # The error that ends a training is told below; all others, Ray gets over.
            logging_config=ray.train.LoggingConfig(log_level="CRITICAL"),
            callbacks=[loss_notice(ray.train.UserCallback)],
        ),
    )
    try:
        result = trainer.fit()
    except Exception as error:
        raise RunFailed(f"Ray could not go on: {error}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        ray.shutdown()
    if "error" in (result.metrics or {}):
        raise RunFailed(result.metrics["error"])
    evaluations = [path / "evaluation" / f"{split}.json" for split in SPLITS]
    return RunFolder(path), [read_json(file) for file in evaluations if file.exists()]


class QuietTensorFlow(importlib.abc.MetaPathFinder):
    """Imports TensorFlow without its messages, before a module of Ray imports it."""

    def find_spec(self, fullname, path, target=None):
        if fullname == "ray.train.tensorflow":
            import utils.quiet_tensorflow  # noqa: F401
        return None  # The module is found as ever.


def quiet_process():
    """Hide what is not for the user, in one of the processes of Ray."""
    sys.meta_path.insert(0, QuietTensorFlow())
    # It repeats each second that there is no dashboard.
    cleaner = "ray.train.v2._internal.execution.controller.placement_group_cleaner"
    logging.getLogger(cleaner).setLevel(logging.ERROR)


def loss_notice(callback_class):
    """Return the callback that tells the user, from a process of Ray, that a worker was lost.

    Args:
        callback_class: `ray.train.UserCallback`.
    """

    class LossNotice(callback_class):
        def after_exception(self, run_context, worker_exceptions):
            print(
                "A worker was lost. Ray starts all workers again, from the last checkpoint, at "
                f"most {RESTARTS} times."
            )

    return LossNotice()


def train_worker(config):
    """Train, as one of the processes that Ray has started."""
    import utils.quiet_tensorflow  # noqa: F401  (before anything that imports TensorFlow)
    from experiments.runs.training import train
    from experiments.settings import TrainSettings
    from experiments.training.distribution import WorkerLost

    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    ray = import_ray()
    console.quiet = ray.train.get_context().get_world_rank() > 0
    if Path(config["folder"]).is_dir():
        os.chdir(config["folder"])  # where the command's relative paths start
    settings = TrainSettings(**config["options"])
    try:
        # A second start, after a worker was lost, goes on with the run of the first.
        train(settings, resume=True, report=config["report"])
    except WorkerLost:
        raise  # Ray starts all again.
    except (ValueError, OSError, RunFailed) as error:
        ray.train.report({"error": " ".join(str(error).split())})


def import_ray() -> typing.Any:
    """Return the module `ray`, with what trains TensorFlow.

    Raises:
        ValueError: If it is not installed.
    """
    import_extra("ray.train.tensorflow", *RAY)
    return import_extra("ray", *RAY)
