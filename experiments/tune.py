"""Search for hyperparameters with Optuna, in one or more processes."""

import dataclasses
from pathlib import Path

from experiments.comparison.misplaced_keys import explain_key
from experiments.settings import TrainSettings
from experiments.settings.command_line import parse_settings
from experiments.tuning.search_space import SearchSpace, with_values
from utils.command_line import CommandParser, RunFailed, announce, console, run_command
from utils.files import write_text
from utils.options import add_settings, command_line
from utils.progress import in_words

EXAMPLE = "python -m experiments.tune --space SPACE.yaml --data DIR --trials 50"
SHOWN = 5


def main():
    """Parse the command line, work on the study, print its best trials."""
    arguments, settings = parse_settings(make_parser())
    check(arguments, settings)
    space = SearchSpace.read(arguments.space, settings)
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.runs.shared_samples import training_samples
    from experiments.runs.training import open_checked, tell
    from experiments.tuning.objective import Objective
    from experiments.tuning.storage import StudyStorage
    from experiments.tuning.study import Study, describe

    announce(f"Reading {settings.data}")
    task = open_checked(settings)
    objective = Objective(task, arguments.seeds)
    tell(task, training_samples(task))
    folder = Path(settings.run_dir or default_folder(arguments.space, settings.data))
    if arguments.storage is None:
        make_folder(folder)
    url = arguments.storage or f"sqlite:///{folder / 'study.db'}"
    with StudyStorage(url, arguments.study or folder.name, arguments.heartbeat) as storage:
        make_folder(folder)
        description = {"space": space.content, "seeds": arguments.seeds, **describe(task)}
        criterion, pruning = task.target.criterion, arguments.pruning
        study = Study(storage, description, criterion, settings.seed, arguments.startup, pruning)
        search(study, arguments, settings, space, objective, folder)


def search(study, arguments, settings, space, objective, folder):
    """Work on the study, print its best trials, write the best settings."""
    best = folder / "best.yaml"
    measured = describe_measure(study.criterion, settings, arguments.seeds)

    def on_trial(trial):
        trials = study.trials()
        told = f"{outcome(trial, study.criterion)}. {position(trials, arguments.trials)}"
        console.print(f"Trial {trial.number}: {told}.", markup=False)
        write_best(best, trials[0], settings, measured)

    study.run(arguments.trials, space, settings, objective, on_trial)
    trials = study.trials()
    with study.storage.lock():
        write_best(best, trials[0], settings, measured)
    show(trials, measured)
    console.print(f"Best settings: {best}", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.tune",
        "Search for the settings with the best first measure on valid: the lowest MAE of scores, "
        "the highest macro F1 of classes, the highest accuracy of labels. Any other process that "
        "is given the same command takes part, and the same command goes on with a study.",
        EXAMPLE,
    )
    parser.explain_key = explain_key
    add_settings(parser, TrainSettings)
    parser.add_argument("--space", type=str, required=True, help="YAML file of values to try")
    parser.add_argument(
        "--trials", type=int, default=50, help="trials of the study, over all processes"
    )
    parser.add_argument(
        "--seeds",
        type=int,
        default=1,
        help="trainings of a trial, on seeds from --seed on, whose mean counts",
    )
    parser.add_argument(
        "--storage",
        type=str,
        default=None,
        help="postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE; default RUN_DIR/study.db",
    )
    parser.add_argument(
        "--study", type=str, default=None, help="name in the database; default: the name of RUN_DIR"
    )
    parser.add_argument(
        "--startup", type=int, default=10, help="trials drawn at random, before any is pruned"
    )
    parser.add_argument(
        "--pruning", type=bool, default=True, help="stop trials that are worse than the median"
    )
    parser.add_argument(
        "--heartbeat",
        type=int,
        default=60,
        help="seconds between signs of life; without three of them a trial is run again",
    )
    return parser


def check(arguments, settings):
    """Check all options together.

    Raises:
        ValueError: Naming every fault.
    """
    faults = settings.faults()
    for name in ("trials", "seeds", "heartbeat", "startup"):
        value = getattr(arguments, name)
        if value < 1:
            faults.append(f"--{name} must be at least 1. Received: {value}.")
    if faults:
        raise ValueError(" ".join(faults))


def default_folder(space, data):
    """Name the study's folder, the same one each time, so that the same command goes on."""
    return f"runs/tune-{Path(space).stem}-{Path(data).resolve().name}"


def make_folder(folder):
    """Make the study's folder.

    Raises:
        OSError: If it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"The study's folder {folder} cannot be written: {error.strerror}. Expected: a place "
            "with room and permission. Choose another --run-dir."
        ) from error


def write_best(path, trial, settings, measured):
    """Write the settings of a trial as a config of `experiments.train`, if it was completed.

    Args:
        path: The file.
        trial: The trial of Optuna.
        settings: `TrainSettings` of everything that the study does not vary.
        measured: What was measured, in words.
    """
    import yaml

    from experiments.tuning.study import is_complete

    if not is_complete(trial):
        return
    best = with_values(settings, trial.user_attrs["values"])
    # Folds measure the last epoch; a training that keeps it does what was measured.
    best = dataclasses.replace(
        best.without_folds(),
        keep="last" if settings.cross_validates else best.keep,
        run_dir=None,
    )
    config = {name: value for name, value in dataclasses.asdict(best).items() if value is not None}
    lines = [
        f"# Trial {trial.number}: {measured} {trial.value:.4f}, the best of",
        f"#   {command_line()}",
        yaml.safe_dump(config, sort_keys=False),
    ]
    write_text(path, "\n".join(lines))


def show(trials, measured):
    """Print the best trials."""
    from rich.table import Table

    from experiments.tuning.study import is_complete

    faults = [trial.user_attrs["fault"] for trial in trials if "fault" in trial.user_attrs]
    complete = [trial for trial in trials if is_complete(trial)]
    if not complete:
        raise RunFailed(f"none of {len(trials)} trials was completed. The first fault: {faults[0]}")
    pruned = len(trials) - len(complete) - len(faults)
    table = Table(
        title=f"{len(trials)} trials: {len(complete)} completed, {pruned} pruned, "
        f"{len(faults)} failed. The best:"
    )
    best = complete[:SHOWN]
    table.add_column("trial")
    for trial in best:
        table.add_column(str(trial.number), justify="right", overflow="fold")
    table.add_row(measured, *(f"{trial.value:.4f}" for trial in best))
    for name in best[0].user_attrs["values"]:
        table.add_row(name, *(cell(trial.user_attrs["values"][name]) for trial in best))
    console.print(table)
    if faults:
        console.print(f"The first fault: {faults[0]}", style="yellow", markup=False)


def describe_measure(criterion, settings, seeds):
    """Return the name of a trial's value, in words."""
    split = settings.folds_in_words if settings.cross_validates else "valid"
    return f"{criterion.name}, {split}" + (f", mean of {seeds} seeds" if seeds > 1 else "")


def position(trials, total):
    """Say how many trials have ended, and how long the others take with as many processes as now.

    Args:
        trials: The trials of the study so far.
        total: Number of trials that the study shall have.
    """
    ended = [trial.duration.total_seconds() for trial in trials if trial.state.is_finished()]
    left, processes = total - len(ended), 1 + len(trials) - len(ended)
    told = f"{len(ended)} of {total}"
    if left <= 0:
        return told
    return f"{told}, {in_words(sum(ended) / len(ended) * left / processes)} left"


def outcome(trial, criterion):
    """Say how a trial ended."""
    from experiments.tuning.study import is_complete

    if is_complete(trial):
        return f"{criterion.name} {trial.value:.4f}"
    if "fault" in trial.user_attrs:
        return f"failed, {trial.user_attrs['fault']}"
    return f"pruned after {len(trial.intermediate_values)} epochs"


def cell(value):
    """Return a value as a cell of a table."""
    from rich.markup import escape

    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))


if __name__ == "__main__":
    run_command(main)
