"""Measure what missing modalities, missing steps, noise and the like cost a run."""

import utils.quiet_tensorflow  # noqa: F401  (before anything that imports TensorFlow)
from experiments.robustness_curves.evaluation import (
    RunCurves,
    evaluate_curves,
    prediction_count,
)
from experiments.robustness_curves.imperfections import all_imperfections
from experiments.robustness_curves.results import RobustnessResults
from experiments.runs.run_folder import RunFolder
from experiments.runs.run_model import RunModel
from experiments.runs.seed_groups import group_lines
from experiments.runs.start import check_family, warn_of_repairs
from utils.command_line import CommandParser, announce, console, run_command
from utils.data_loader import load_split
from utils.formats import SPLITS, open_data
from utils.measures.sentiment import METRIC_NAMES
from utils.progress import progress_bar

EXAMPLE = "python -m experiments.robustness runs/my-run --data DIR --split test"
LEVELS = [i / 10 for i in range(10)]


def main():
    """Parse the command line, evaluate every run, print tables and write files."""
    arguments = make_parser().parse_args()
    _check(arguments)
    baseline = [_open(path) for path in arguments.baseline]
    folders = [*map(_open, arguments.run_dirs), *baseline]
    lines = group_lines(folders, arguments.labels)
    late_fusion = _baseline_label(lines, baseline)
    announce(f"Reading {arguments.data}")
    split = load_split(open_data(arguments.data), arguments.split)
    warn_of_repairs([split])
    imperfections = all_imperfections(tuple(arguments.levels), arguments.largest_shift)
    results = RobustnessResults(
        split=split,
        imperfections=imperfections,
        runs=_evaluate(lines, split, imperfections, arguments),
        baseline=late_fusion,
        draws=arguments.draws,
        seed=arguments.seed,
    )
    output = arguments.output or folders[0].robustness
    announce("Writing the curves")
    results.save(output)
    for metric in arguments.metrics:
        console.print(results.printed(metric))
    console.print(f"Curves: {output}/{split.name}.html, .csv, .json", markup=False)
    if arguments.results:
        results.save_results(arguments.results, arguments.metrics)
        console.print(f"Results: {arguments.results}.md, {arguments.results}.csv")


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.robustness",
        "Evaluate runs with modalities or steps missing, noise, unknown tokens and shifted audio; "
        "runs whose configs differ by the seed alone are one line of the plots.",
        EXAMPLE,
    )
    parser.add_argument(
        "run_dirs", type=str, nargs="+", help="folders that experiments.train has written"
    )
    parser.add_argument("--data", type=str, required=True, help="data folder")
    parser.add_argument(
        "--split", type=str, default="test", help="train, valid or test", suggestions=SPLITS
    )
    parser.add_argument(
        "--baseline",
        type=str,
        nargs="+",
        default=[],
        help="runs of one late fusion, against which effective robustness is measured",
    )
    parser.add_argument(
        "--labels",
        type=str,
        nargs="+",
        default=None,
        help="a name for each line, by its first run; default: the model, or that run's path",
    )
    parser.add_argument(
        "--metrics",
        type=str,
        nargs="+",
        default=["MAE", "Has0_acc_2"],
        help=f"those to tabulate here and in RESULTS.md, of {', '.join(METRIC_NAMES)}",
        suggestions=METRIC_NAMES,
    )
    parser.add_argument(
        "--levels",
        type=float,
        nargs="+",
        default=LEVELS,
        help="shares of missing steps and unknown tokens, and noise in standard deviations",
    )
    parser.add_argument(
        "--largest-shift", type=int, default=5, help="audio is shifted by up to so many steps"
    )
    parser.add_argument("--draws", type=int, default=3, help="draws to average random levels over")
    parser.add_argument("--seed", type=int, default=0, help="seed of the draws")
    parser.add_argument(
        "--output", type=str, default=None, help="folder to write; default RUN_DIR/robustness"
    )
    parser.add_argument(
        "--results", type=str, default=None, help="write RESULTS.md and RESULTS.csv too"
    )
    return parser


def _check(arguments):
    """Refuse options that make no curve.

    Raises:
        ValueError: Naming the first that is wrong.
    """
    levels = arguments.levels
    if len(levels) < 2 or levels[0] != 0 or levels != sorted(set(levels)) or levels[-1] > 1:
        received = " ".join(f"{level:g}" for level in levels)
        raise ValueError(
            f"--levels must rise from 0 to at most 1, two or more of them. Received: {received}."
        )
    for name, low in (("largest_shift", 1), ("draws", 1), ("seed", 0)):
        value = getattr(arguments, name)
        if value < low:
            option = name.replace("_", "-")
            raise ValueError(f"--{option} must be at least {low}. Received: {value}.")
    unknown = [name for name in arguments.metrics if name not in METRIC_NAMES]
    if unknown:
        raise ValueError(
            f"--metrics must be of {', '.join(METRIC_NAMES)}. Received: {', '.join(unknown)}."
        )


def _open(path):
    folder = RunFolder.open(path)
    check_family(folder)
    return folder


def _baseline_label(lines, baseline):
    """Return the label of the one line that holds all baseline runs, or `None`.

    Raises:
        ValueError: If several lines do.
    """
    paths = {folder.path for folder in baseline}
    labels = [line.label for line in lines if paths & {folder.path for folder in line.folders}]
    if len(labels) > 1:
        raise ValueError(
            "--baseline must name runs whose configs differ by the seed alone. Received: runs of "
            f"{', '.join(labels)}."
        )
    return labels[0] if labels else None


def _evaluate(lines, split, imperfections, arguments):
    """Return from each line's label to its `RunCurves`."""
    count = prediction_count(split, imperfections, arguments.draws)
    curves = {}
    with progress_bar("predictions") as progress:
        for line in lines:
            curves[line.label] = []
            for folder in line.folders:
                task = progress.add_task(str(folder.path), total=count)
                found = evaluate_curves(
                    RunModel.load(folder),
                    split,
                    imperfections,
                    arguments.draws,
                    arguments.seed,
                    on_predicted=lambda count, task=task: progress.advance(task, count),
                )
                seed = folder.load_config()["seed"]
                curves[line.label].append(RunCurves(str(folder.path), seed, *found))
    return curves


if __name__ == "__main__":
    run_command(main)
