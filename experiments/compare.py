"""Train several models on several seeds, and write a table of what each reaches."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import csv
import dataclasses
import io
from pathlib import Path

from experiments.metrics_table import mean_and_sd, metrics_table
from experiments.options import add_settings, command_line, settings_from
from experiments.settings import TrainSettings
from experiments.train import cross_validate_run, train_run
from utils.command_line import CommandParser, console, run_command
from utils.environment import PACKAGES, describe_environment
from utils.run_folder import default_run_path, write_text

EXAMPLE = "python -m experiments.compare --models seqlevel msa --data DIR --seeds 3"


def main():
    """Parse the command line, train every model on every seed, print and write the table."""
    parser = CommandParser(
        "experiments.compare",
        "Train each model on seeds 0 to N-1, with the same options; tabulate the test split, or "
        "valid where there is no test, or with --folds all samples, each predicted held out.",
        EXAMPLE,
    )
    add_settings(parser, TrainSettings)
    parser.add_argument("--models", type=str, nargs="+", required=True, help="models to train")
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds")
    parser.add_argument(
        "--results", type=str, default=None, help="write RESULTS.md and RESULTS.csv"
    )
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        raise ValueError(f"--seeds must be at least 1. Received: {arguments.seeds}.")
    base = settings_from(arguments, TrainSettings)
    if base.strategy in ("multiworker", "ray"):
        raise ValueError(
            f"Several runs need one process. Received: --strategy {base.strategy}. "
            "Choose auto, cpu or mirrored."
        )
    settings = [
        dataclasses.replace(base, model=model, seed=seed)
        for model in arguments.models
        for seed in range(arguments.seeds)
    ]
    for one in settings:
        one.check()
    root = Path(base.run_dir or default_run_path("compare", base.data))
    rows = [_train_one(one, root) for one in settings]
    console.print(metrics_table(_columns(rows)))
    if arguments.results:
        write_results(arguments.results, rows)
        console.print(f"Results: {arguments.results}.md, {arguments.results}.csv")


def _train_one(settings, root):
    name = f"{settings.model}-seed{settings.seed}"
    settings = dataclasses.replace(settings, run_dir=str(root / name))
    row = {"model": settings.model, "seed": settings.seed}
    if settings.folds:
        _, columns = cross_validate_run(settings, label=name)
        heading, metrics = next(iter(columns.items()))
        return row | {"split": f"{settings.folds} folds, {heading}", **metrics}
    _, summaries = train_run(settings, label=name)
    summary = summaries[-1]
    row |= {"split": summary["split"], **summary["metrics"]}
    reachable = summary.get("best_reachable_MAE")
    if reachable is not None:
        row |= {"best_reachable_MAE": reachable, "MAE_over_best": row["MAE"] / reachable}
    return row


def _columns(rows):
    """Return, for each model, mean and standard deviation over its seeds of every figure."""
    columns = {}
    figures = [name for name in rows[0] if name not in ("model", "seed", "split")]
    for model in dict.fromkeys(row["model"] for row in rows):
        chosen = [row for row in rows if row["model"] == model]
        columns[model] = {f: mean_and_sd([row[f] for row in chosen]) for f in figures}
    return columns


def write_results(path, rows):
    """Write `path.csv`, one row a run, and `path.md`, a table and what made it."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_text(f"{path}.csv", buffer.getvalue())
    columns = _columns(rows)
    environment = describe_environment()
    versions = ", ".join(f"{name} {environment['packages'][name]}" for name in PACKAGES)
    seeds = sorted({row["seed"] for row in rows})
    lines = [
        f"# {Path(path).name}",
        "",
        f"Made by `{command_line()}` on {environment['machine']}; Python {environment['python']}, "
        f"{versions}. Split {rows[0]['split']}; mean ± sd over the seeds "
        f"{', '.join(map(str, seeds))}.",
        "",
        f"| metric | {' | '.join(columns)} |",
        f"|---|{'---:|' * len(columns)}",
    ]
    for name in next(iter(columns.values())):
        lines.append(f"| {name} | {' | '.join(column[name] for column in columns.values())} |")
    write_text(f"{path}.md", "\n".join(lines) + "\n")


if __name__ == "__main__":
    run_command(main)
