"""Extracting clips on the machines of a Ray cluster."""

import os
import typing
from pathlib import Path

from data.extract.clip_runner import THREADS
from utils.command_line import RunFailed
from utils.installed import import_extra
from utils.ray_start import start_ray

ROOT = Path(__file__).parents[2]
# How often Ray starts a runner again, and gives it its clip again, after its machine was lost.
RESTARTS = 3


def ray_outcomes(clips, arguments, processes, make_runner):
    """Extract clips in processes of a Ray cluster.

    It is the cluster that `RAY_ADDRESS` names, or else a new one on this machine. Recordings and
    output must be at the same path on all its machines. A runner stands beside each process and
    keeps to the time limit.

    Args:
        clips: A list of `Clip`s with absolute paths.
        arguments: Those of a `ClipRunner`.
        processes: Number of processes.
        make_runner: The class `ClipRunner`.

    Yields:
        Pairs of a `Clip` and its `Outcome`.

    Raises:
        OSError: If the disk is full.
        RunFailed: If Ray cannot start or go on.
        ValueError: If Ray is not installed.
    """
    ray: typing.Any = import_extra("ray", "--strategy ray", "-r requirements-ray.txt")
    folders = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"PYTHONPATH": os.pathsep.join(folders), **dict.fromkeys(THREADS, "1")}
    start_ray(ray, runtime_env={"env_vars": environment}, log_to_driver=False)
    try:
        actor = ray.remote(max_restarts=RESTARTS, max_task_retries=RESTARTS)(make_runner)
        runners = [actor.remote(*arguments) for _ in range(processes)]
        yield from _outcomes(ray, clips, runners)
    except ray.exceptions.RayActorError as error:
        raise RunFailed(f"Ray could not go on: {error}") from error
    finally:
        ray.shutdown()


def _outcomes(ray, clips, runners):
    """Let each runner take the next clip when it is free."""
    left, pending = iter(clips), {}

    def give(runner):
        clip = next(left, None)
        if clip is not None:
            pending[runner.run.remote(clip)] = clip, runner

    for runner in runners:
        give(runner)
    while pending:
        [done], _ = ray.wait([*pending])
        clip, runner = pending.pop(done)
        yield clip, ray.get(done)
        give(runner)
