"""Measure what missing inputs, missing steps and noise cost a run."""

from utils.command_line import CommandParser, announce, console, run_command
from utils.options import add_label_file
from utils.progress import progress_bar

EXAMPLE = "python -m experiments.robustness runs/my-run --data DIR --split test"
LEVELS = [i / 10 for i in range(10)]


def main():
    """Parse the command line, evaluate every run, print tables and write files."""
    arguments = make_parser().parse_args()
    _check(arguments)
    from experiments.runs.run_folder import RunFolder
    from experiments.runs.seed_groups import group_lines

    baseline = [RunFolder.open(path) for path in arguments.baseline]
    folders = [*map(RunFolder.open, arguments.run_dirs), *baseline]
    target = _common_target(folders)
    measures = _chosen_measures(target, arguments.measures)
    lines = group_lines(folders, arguments.labels)
    late_fusion = _baseline_label(lines, baseline)
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.robustness_curves.imperfections import imperfections_of
    from experiments.robustness_curves.results import RobustnessResults

    imperfections, left_out = imperfections_of(
        folders, tuple(arguments.levels), arguments.largest_shift
    )
    for sentence in left_out:
        console.print(sentence, markup=False)
    runs, samples = _evaluate(lines, imperfections, arguments)
    results = RobustnessResults(
        split=arguments.split,
        data=arguments.data,
        samples=samples,
        target=target,
        imperfections=imperfections,
        runs=runs,
        baseline=late_fusion,
        draws=arguments.draws,
        seed=arguments.seed,
    )
    output = arguments.output or folders[0].robustness
    announce("Writing the curves")
    results.save(output)
    for measure in measures:
        console.print(results.printed(measure))
    console.print(f"Curves: {output}/{arguments.split}.html, .csv, .json", markup=False)
    if arguments.results:
        results.save_results(arguments.results, measures)
        console.print(f"Results: {arguments.results}.md, {arguments.results}.csv", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.robustness",
        "Evaluate runs with inputs or steps missing, noise, unknown tokens and shifted audio; "
        "runs whose configs differ by the seed alone are one line of the plots.",
        EXAMPLE,
    )
    parser.add_argument(
        "run_dirs", type=str, nargs="+", help="folders that experiments.train has written"
    )
    parser.add_argument("--data", type=str, required=True, help="data folder or file")
    add_label_file(parser)
    parser.add_argument(
        "--split",
        type=str,
        default="test",
        help="train, valid or test",
        suggestions=("train", "valid", "test"),
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
        "--measures",
        type=str,
        nargs="+",
        default=[],
        help="measures to tabulate here and in RESULTS.md; default: the first two of the target",
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


def _common_target(folders):
    """Return the target of all runs.

    Raises:
        ValueError: If two runs have no common curves.
    """
    first = folders[0]
    for folder in folders[1:]:
        for what, mine, other in (
            ("kind of sample", first.family, folder.family),
            ("target", first.load_target(), folder.load_target()),
        ):
            if mine != other:
                received = other if isinstance(other, str) else other.describe()
                raise ValueError(
                    f"{folder.path} must have the {what} of {first.path}. Received: {received}. "
                    "Test it alone."
                )
    return first.load_target()


def _chosen_measures(target, names):
    """Return the measures to tabulate.

    Raises:
        ValueError: If there is no such measure.
    """
    unknown = [name for name in names if name not in target.overall]
    if unknown:
        raise ValueError(
            f"--measures must be of {', '.join(target.overall)}. Received: {', '.join(unknown)}."
        )
    by_name = {measure.name: measure for measure in target.measures}
    return [by_name[name] for name in names or target.overall[:2]]


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


def _evaluate(lines, imperfections, arguments):
    """Return from each line's label to its `RunCurves`, and the number of samples."""
    from experiments.robustness_curves.evaluation import (
        RunCurves,
        evaluate_curves,
        prediction_count,
    )
    from experiments.runs.loaded_run import load_run
    from experiments.runs.training import warn

    curves, warned, samples = {}, False, []
    for line in lines:
        curves[line.label] = []
        for folder in line.folders:
            run = load_run(folder)
            samples = run.read(arguments.data, arguments.split, label_file=arguments.label_file)
            warn(() if warned else run.inputs.notes(samples))
            warned = True
            with progress_bar("predictions") as progress:
                total = prediction_count(samples, imperfections, arguments.draws)
                task = progress.add_task(str(folder.path), total=total)
                found = evaluate_curves(
                    run,
                    samples,
                    imperfections,
                    arguments.draws,
                    arguments.seed,
                    on_predicted=lambda count, p=progress, task=task: p.advance(task, count),
                )
            seed = folder.load_config()["seed"]
            curves[line.label].append(RunCurves(str(folder.path), seed, *found))
    return curves, len(samples)


if __name__ == "__main__":
    run_command(main)
