"""A comparison from its first study to its last figure."""

import dataclasses

from experiments.comparison.compared import Compared, compare_outcomes
from experiments.comparison.constant import constant_outcome
from experiments.comparison.outcomes import average_outcome, read_outcome
from experiments.comparison.processes import run_jobs
from experiments.comparison.protocol import Protocol
from experiments.comparison.runs import evaluate, train, tune
from experiments.runs.resuming import is_finished
from experiments.runs.shared_samples import shared_join
from experiments.tasks.folds import group_values
from utils.command_line import console
from utils.progress import TimeLeft


@dataclasses.dataclass(frozen=True)
class Comparison(Compared):
    """Result of a comparison.

    Attributes:
        protocol: The `Protocol`.
        tuned: From each model to the best values of its study, and their criterion on valid; empty
            without studies.
        splits: Names of the splits that the trainings read.
    """

    protocol: Protocol
    tuned: dict[str, tuple[dict, float]]
    splits: tuple[str, ...]


def run_comparison(protocol, task, processes):
    """Tune all models, then train all, then read the test split once; repeat no finished work.

    Args:
        protocol: The `Protocol`, claimed.
        task: The `Task` of the settings that all models share.
        processes: Number of processes that share the work.

    Returns:
        The `Comparison`.

    Raises:
        RunFailed: If a study or a training failed.
        RunStopped: If a signal came.
    """
    tuned = _tune_all(protocol, processes)
    runs = protocol.runs({model: values for model, (values, _) in tuned.items()})
    jobs = {name: (train, one) for name, one in runs.items() if not is_finished(one.run_dir)}
    _run("trained", jobs, processes, ended=len(runs) - len(jobs))
    split = None
    if not protocol.base.cross_validates:
        split = "test" if "test" in task.splits() else "valid"
        jobs = {name: (evaluate, settings, split) for name, settings in runs.items()}
        _run(f"evaluated on {split}", jobs, processes)
    outcomes = []
    for model in protocol.settings:
        folders = [runs[protocol.run_name(model, seed)].run_dir for seed in protocol.seed_range]
        found = [dataclasses.replace(read_outcome(path, split), model=model) for path in folders]
        outcomes += [average_outcome(found)] if protocol.average_seeds else found
    if protocol.constant:
        outcomes.append(constant_outcome(task, outcomes[0]))
    groups = _read_groups(protocol, task, split)
    compared = compare_outcomes(outcomes, protocol.reference, groups, protocol.resamples)
    splits = task.training_splits()
    return Comparison(**vars(compared), protocol=protocol, tuned=tuned, splits=splits)


def _read_groups(protocol, task, split):
    """Return the group of each sample in the order of the outcomes, or `None` without groups."""
    if protocol.group is None:
        return None
    samples = shared_join(task, (split,)) if split else shared_join(task)
    return group_values(task, samples, protocol.group)


def _tune_all(protocol, processes):
    if not protocol.trials:
        return {}
    jobs = {
        model: (tune, settings, protocol.spaces[model], protocol.trials, str(protocol.study(model)))
        for model, settings in protocol.settings.items()
    }
    return _run("tuned", jobs, processes)


def _run(what, jobs, processes, ended=0):
    """Run jobs, with a line for each that ends; `ended` of their kind have ended before."""
    if not jobs:
        return {}
    time_left = TimeLeft(ended + len(jobs), processes, ended)

    def tell(name, outcome):
        told = what if outcome == "done" else outcome
        console.print(f"{name} {told} ({time_left.count()})", markup=False, highlight=False)

    return run_jobs(jobs, processes, tell)
