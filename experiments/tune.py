"""Search for hyperparameters with Optuna, in a study that several processes can share."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import dataclasses
from pathlib import Path

import yaml
from rich.markup import escape
from rich.table import Table

from utils.options import add_settings, command_line, settings_from
from experiments.runs.start import data_checksums, warn_of_repairs
from experiments.training.settings import TrainSettings
from experiments.tuning.kinds import PLACE
from experiments.tuning.objective import Objective
from experiments.tuning.search_space import SearchSpace, with_values
from experiments.tuning.storage import StudyStorage
from experiments.tuning.study import Study, is_complete
from utils.command_line import CommandParser, RunFailed, announce, console, run_command
from utils.data_loader import load_split
from utils.formats import open_data
from utils.files import write_text

EXAMPLE = "python -m experiments.tune --space SPACE.yaml --data DIR --trials 50"
SHOWN = 5


def main():
    """Parse the command line, work on the study, print its best trials."""
    arguments = make_parser().parse_args()
    settings = settings_from(arguments, TrainSettings)
    _check(arguments, settings)
    space = SearchSpace.read(arguments.space, settings)
    announce(f"Reading {settings.data}")
    data = open_data(settings.data, settings.feature_files)
    splits = [load_split(data, name, settings.stream) for name in ("train", "valid")]
    objective = Objective(settings, splits, arguments.seeds)
    warn_of_repairs(splits)
    folder = Path(settings.run_dir or _default_folder(arguments.space, data.path))
    if arguments.storage is None:
        _make(folder)
    url = arguments.storage or f"sqlite:///{folder / 'study.db'}"
    with StudyStorage(url, arguments.study or folder.name, arguments.heartbeat) as storage:
        _make(folder)
        description = {
            "space": space.content,
            "seeds": arguments.seeds,
            "data": data_checksums(data, splits),
            **{k: v for k, v in dataclasses.asdict(settings).items() if k not in PLACE},
        }
        study = Study(storage, description, settings.seed, arguments.startup, arguments.pruning)
        _search(study, arguments, settings, space, objective, folder)


def _search(study, arguments, settings, space, objective, folder):
    """Work on the study, print its best trials, write the best settings."""
    best = folder / "best.yaml"

    def on_trial(trial):
        trials = study.trials()
        ended = sum(one.state.is_finished() for one in trials)
        told = f"Trial {trial.number}: {_outcome(trial)}. {ended} of {arguments.trials}."
        console.print(told, markup=False)
        _write_best(best, trials[0], settings, arguments.seeds)

    study.run(arguments.trials, space, settings, objective, on_trial)
    trials = study.trials()
    with study.storage.lock():
        _write_best(best, trials[0], settings, arguments.seeds)
    _show(trials, settings, arguments.seeds)
    console.print(f"Best settings: {best}", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.tune",
        "Search for the settings with the lowest validation MAE. Any other process that is given "
        "the same command takes part, and the same command goes on with a study.",
        EXAMPLE,
    )
    add_settings(parser, TrainSettings)
    parser.add_argument("--space", type=str, required=True, help="YAML file of values to try")
    parser.add_argument(
        "--trials", type=int, default=50, help="trials of the study, over all processes"
    )
    parser.add_argument(
        "--seeds", type=int, default=1, help="trainings a trial; the mean of their MAE counts"
    )
    parser.add_argument(
        "--storage",
        type=str,
        default=None,
        help="postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE; default RUN_DIR/study.db",
    )
    parser.add_argument(
        "--study", type=str, default=None, help="name in the database; default: that of RUN_DIR"
    )
    parser.add_argument(
        "--startup", type=int, default=10, help="trials drawn at random, before any is pruned"
    )
    parser.add_argument(
        "--pruning", type=bool, default=True, help="stop trials whose MAE is above the median"
    )
    parser.add_argument(
        "--heartbeat",
        type=int,
        default=60,
        help="seconds between signs of life; without three of them a trial is run again",
    )
    return parser


def _check(arguments, settings):
    """Check all options together."""
    faults = settings.faults()
    for name in ("trials", "seeds", "heartbeat", "startup"):
        value = getattr(arguments, name)
        if value < 1:
            faults.append(f"--{name} must be at least 1. Received: {value}.")
    if faults:
        raise ValueError(" ".join(faults))


def _default_folder(space, data):
    """Name the study's folder, the same one each time, so that the same command goes on."""
    return f"runs/tune-{Path(space).stem}-{data.resolve().name}"


def _make(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            f"The study's folder {folder} cannot be written: {error.strerror}. Expected: a place "
            "with room and permission. Choose another --run-dir."
        ) from error


def _write_best(path, trial, settings, seeds):
    """Write the settings of a trial as a config of `experiments.train`, if it was completed."""
    if not is_complete(trial):
        return
    best = with_values(settings, trial.user_attrs["values"])
    # Folds measure the last epoch; a training that keeps it does what was measured.
    best = dataclasses.replace(
        best,
        keep="last" if settings.folds else best.keep,
        folds=0,
        group=None,
        run_dir=None,
    )
    config = {name: value for name, value in dataclasses.asdict(best).items() if value is not None}
    lines = [
        f"# Trial {trial.number}: {_measured(settings, seeds)} {trial.value:.4f}, the lowest of",
        f"#   {command_line()}",
        yaml.safe_dump(config, sort_keys=False),
    ]
    write_text(path, "\n".join(lines))


def _show(trials, settings, seeds):
    """Print the best trials."""
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
    table.add_row(_measured(settings, seeds), *(f"{trial.value:.4f}" for trial in best))
    for name in best[0].user_attrs["values"]:
        table.add_row(name, *(_cell(trial.user_attrs["values"][name]) for trial in best))
    console.print(table)
    if faults:
        console.print(f"The first fault: {faults[0]}", style="yellow", markup=False)


def _measured(settings, seeds):
    split = f"{settings.folds} folds" if settings.folds else "valid"
    return f"MAE, {split}" + (f", mean of {seeds} seeds" if seeds > 1 else "")


def _outcome(trial):
    if is_complete(trial):
        return f"MAE {trial.value:.4f}"
    if "fault" in trial.user_attrs:
        return f"failed, {trial.user_attrs['fault']}"
    return f"pruned after {len(trial.intermediate_values)} epochs"


def _cell(value):
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))


if __name__ == "__main__":
    run_command(main)
