"""A comparison from its first study to its last figure."""

import dataclasses

from experiments.comparison.compared import Compared, compare_outcomes
from experiments.comparison.outcomes import read_groups, read_outcome
from experiments.comparison.processes import run_jobs
from experiments.comparison.protocol import Protocol
from experiments.comparison.runs import evaluate, read_splits, train, tune
from utils.command_line import console


@dataclasses.dataclass(frozen=True)
class Comparison(Compared):
    """What came out of a comparison.

    Attributes:
        protocol: The `Protocol`.
        tuned: From each model to the best values of its study, and their validation MAE; empty
            without studies.
    """

    protocol: Protocol
    tuned: dict[str, tuple[dict, float]]


def run_comparison(protocol, processes):
    """Tune all models, then train all, then read the test split once; what is done stays done.

    Args:
        protocol: The `Protocol`, claimed.
        processes: Number of processes that share the work.

    Returns:
        The `Comparison`.

    Raises:
        RunFailed: If a study or a training failed.
        RunStopped: If a signal came.
    """
    tuned = _tune_all(protocol, processes)
    runs = protocol.runs({model: values for model, (values, _) in tuned.items()})
    jobs = {name: (train, settings) for name, settings in runs.items()}
    _run("trained", jobs, processes)
    split = None
    if not protocol.base.folds:
        reader, _, _ = read_splits(protocol.base)
        split = "test" if "test" in reader.splits() else "valid"
        jobs = {name: (evaluate, settings, split) for name, settings in runs.items()}
        _run(f"evaluated on {split}", jobs, processes)
    outcomes = [read_outcome(settings, split) for settings in runs.values()]
    groups = read_groups(protocol.base, split, protocol.group)
    found = compare_outcomes(outcomes, protocol.reference, groups, protocol.resamples)
    return Comparison(**vars(found), protocol=protocol, tuned=tuned)


def _tune_all(protocol, processes):
    if not protocol.trials:
        return {}
    jobs = {
        model: (tune, settings, protocol.spaces[model], protocol.trials, str(protocol.study(model)))
        for model, settings in protocol.settings.items()
    }
    return _run("tuned", jobs, processes)


def _run(what, jobs, processes):
    """Run jobs, with a line for each that ends."""
    ended = []

    def tell(name, outcome):
        ended.append(name)
        told = what if outcome == "done" else outcome
        console.print(f"{name} {told} ({len(ended)} of {len(jobs)})", markup=False, highlight=False)

    return run_jobs(jobs, processes, tell)
