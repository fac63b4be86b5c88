"""Train a model on a data set, evaluate it, and write a run folder."""

import dataclasses

from experiments.comparison.misplaced_keys import explain_key
from experiments.settings import TrainSettings
from experiments.settings.command_line import default_settings, parse_settings
from utils.command_line import CommandParser, console, run_command
from utils.options import add_settings

EXAMPLE = "python -m experiments.train --data DIR --epochs 20 --model-args.model_dim 64"


def main():
    """Parse the command line, then train or cross-validate."""
    arguments, settings = parse_settings(make_parser())
    settings = resumed(settings, arguments.seeds) if arguments.resume else settings
    settings.check()
    check_seeds(settings, arguments.seeds)
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.pages.report import write_own_report
    from experiments.runs.ray_workers import train_on_ray
    from experiments.runs.seeds import train_seeds
    from experiments.runs.training import cross_validate_run, is_over, train

    if arguments.seeds > 1:
        root, columns = train_seeds(settings, arguments.seeds, arguments.resume, write_own_report)
        print_seeds(settings, arguments.seeds, root, columns)
    elif settings.strategy == "ray":
        print_run(settings, *train_on_ray(settings, write_own_report, arguments.resume))
    elif is_over(settings, arguments.resume):
        console.print(f"The run in {settings.run_dir} is finished.", markup=False)
    elif settings.cross_validates:
        folder, columns = cross_validate_run(settings, resume=arguments.resume)
        print_folds(settings, folder, columns)
    else:
        print_run(settings, *train(settings, resume=arguments.resume, report=write_own_report))


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser("experiments.train", "Train, evaluate, write a run folder.", EXAMPLE)
    parser.explain_key = explain_key
    add_settings(parser, TrainSettings)
    parser.add_argument(
        "--seeds",
        type=int,
        default=1,
        help="trainings, on seeds from --seed on, each in a folder seed-N of --run-dir; several "
        "print mean ± sd, and write the measures of each to seeds.csv",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --run-dir, which needs no other option; start it if it is new",
    )
    return parser


def resumed(settings, seeds):
    """Return the settings of the run, or the runs on several seeds, to go on with."""
    from experiments.runs.resuming import resumed_settings

    defaults, root = default_settings(settings.model), settings.run_dir
    if seeds == 1 or root is None:
        return resumed_settings(settings, defaults)
    first = dataclasses.replace(settings, run_dir=f"{root}/seed-{settings.seed}")
    return dataclasses.replace(resumed_settings(first, defaults), run_dir=root)


def check_seeds(settings, seeds):
    """Check the number of seeds.

    Raises:
        ValueError: If it is below 1, or several seeds are asked of several processes.
    """
    if seeds < 1:
        raise ValueError(f"--seeds must be at least 1. Received: {seeds}.")
    if seeds > 1 and settings.strategy in ("multiworker", "ray"):
        raise ValueError(
            f"--seeds {seeds} needs one process. Received: --strategy {settings.strategy}. Start "
            "a command for each --seed."
        )


def print_run(settings, folder, summaries):
    """Print a table of a run's measures, and where its files are."""
    from experiments.runs.evaluation import table_column
    from utils.measures.table import metrics_table

    columns = {
        f"{s['split']} ({s['samples']})": table_column(s, settings.measures) for s in summaries
    }
    first = next(iter(summaries[0]["metrics"]))
    kept = {"best": f"the epoch with the best {first} on valid", "last": "the last epoch"}
    console.print(f"{settings.model}, {kept[settings.keep]}:", markup=False)
    console.print(metrics_table(columns))
    console.print(f"Run folder: {folder.path}", markup=False)
    console.print(f"Report: {folder.report}", markup=False)


def print_folds(settings, folder, columns):
    """Print a table of the measures of a cross-validation, and where its files are."""
    from experiments.runs.evaluation import shown_measures
    from utils.measures.table import metrics_table

    target = folder.load_target().to_json()
    shown = {k: shown_measures(v, target, settings.measures) for k, v in columns.items()}
    console.print(f"{settings.model}, {settings.folds_in_words}:", markup=False)
    console.print(metrics_table(shown))
    console.print(f"Run folder: {folder.path}", markup=False)


def print_seeds(settings, seeds, root, columns):
    """Print a table of mean ± sd over the seeds, and where the runs are."""
    from experiments.runs.evaluation import shown_measures
    from experiments.runs.run_folder import RunFolder
    from utils.measures.table import metrics_table

    target = RunFolder(root / f"seed-{settings.seed}").load_target().to_json()
    shown = {k: shown_measures(v, target, settings.measures) for k, v in columns.items()}
    last = settings.seed + seeds - 1
    console.print(f"{settings.model}, seeds {settings.seed} to {last}, mean ± sd:", markup=False)
    console.print(metrics_table(shown))
    console.print(f"Run folders: {root}/seed-*; each seed: {root}/seeds.csv", markup=False)


if __name__ == "__main__":
    run_command(main)
