"""Show what each model can fuse, on tasks with a known best result."""

import statistics
from pathlib import Path

from experiments.comparison.model_settings import CONSTANT
from utils.command_line import CommandParser, console, run_command
from utils.csv_rows import read_rows
from utils.files import write_text
from utils.options import command_line

EXAMPLE = "python -m experiments.ability --results results --picture ability.svg"
TASKS = ("text_only", "additive", "missing", "sarcasm", "late_event", "long_range")
TITLE = "What each model can fuse, on tasks with a known best result"
COLUMNS = ("model", "split", "seed", "MAE", "constant_MAE", "best_reachable_MAE")


def main():
    """Parse the command line, read the tasks' results, write the table and the picture."""
    arguments = make_parser().parse_args()
    folder = Path(arguments.results)
    rows = {task: read_results(folder / f"{task}.csv") for task in arguments.tasks}
    shares = ability(rows)
    table = ability_table(shares, rows)
    console.print(table, markup=False, soft_wrap=True)
    write_text(folder / "ability.md", f"# {TITLE}\n\nMade by `{command_line()}`. {table}")
    if arguments.picture:
        from experiments.pages import figures

        Path(arguments.picture).parent.mkdir(parents=True, exist_ok=True)
        write_text(arguments.picture, figures.ability_map(shares))
    console.print(f"Table: {folder / 'ability.md'}", f"Picture: {arguments.picture or 'none'}")


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.ability",
        "Make one table and one picture from the results of `experiments.compare --results "
        "RESULTS/TASK` for each task: the share of the reachable error reduction, (MAE of a "
        "constant - MAE) / (MAE of a constant - best reachable MAE), mean over the seeds.",
        EXAMPLE,
    )
    parser.add_argument(
        "--results", type=str, required=True, help="folder of TASK.csv; ability.md goes there too"
    )
    parser.add_argument(
        "--tasks",
        type=str,
        nargs="+",
        default=list(TASKS),
        help="tasks to show",
        suggestions=TASKS,
    )
    parser.add_argument("--picture", type=str, default=None, help="write a heat map, as SVG")
    return parser


def read_results(path):
    """Return the rows of a task's results, one a run; the constant predictor is left out.

    Raises:
        FileNotFoundError: If the file is not there.
        ValueError: If it lacks a column, a row, or a figure.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing. Make it: python -m experiments.compare --models ... "
            f"--data DIR --results {path.with_suffix('')}, or leave the task out of --tasks."
        )
    rows = [row for row in read_rows(path) if row.get("model") != CONSTANT]
    missing = [name for name in COLUMNS if not rows or not all(row.get(name) for row in rows)]
    if missing:
        raise ValueError(
            f"{path} must have a row a run, with {', '.join(COLUMNS)} in each. Received: no "
            f"{', '.join(missing)}. Make the data again by `python -m data.synthetic`, and "
            "compare the models on it."
        )
    return rows


def ability(rows):
    """Compute the share of the reachable error reduction, mean over the seeds.

    Args:
        rows: From each task to its rows.

    Returns:
        From each model to a dict from each task to a share: 1 is the best possible predictor, 0
        a constant. Models come in the order of their means over the tasks, the best first.

    Raises:
        ValueError: If the tasks' models differ.
    """
    models = {task: {row["model"] for row in runs} for task, runs in rows.items()}
    union = set().union(*models.values())
    for task, known in models.items():
        if known != union:
            raise ValueError(
                f"All tasks must have the same models. Received: {task} without "
                f"{', '.join(sorted(union - known))}. Compare them on it too."
            )
    shares = {
        model: {
            task: statistics.mean(_share(row) for row in runs if row["model"] == model)
            for task, runs in rows.items()
        }
        for model in union
    }
    return dict(sorted(shares.items(), key=lambda item: (-_mean(item[1]), item[0])))


def ability_table(shares, rows):
    """Return the shares as Markdown, with the split and the seeds they come from."""
    tasks = list(rows)
    splits = sorted({row["split"] for runs in rows.values() for row in runs})
    lines = [
        "Share of the reachable error reduction: 1 is the best possible predictor, 0 a constant. "
        f"Split {', '.join(splits)}; {_seeds(rows)}.",
        "",
        f"| model | {' | '.join(f'`{task}`' for task in tasks)} | mean |",
        f"|---|{'---:|' * (len(tasks) + 1)}",
    ]
    for model, values in shares.items():
        cells = [f"{value:z.2f}" for value in (*values.values(), _mean(values))]
        lines.append(f"| `{model}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _seeds(rows):
    """Say which seeds the figures are of, and of which tasks where these differ."""
    tasks = {}
    for task, runs in rows.items():
        seeds = sorted({row["seed"] for row in runs})
        mean = "mean over the seeds" if len(seeds) > 1 else "seed"
        tasks.setdefault(f"{mean} {', '.join(seeds)}", []).append(task)
    if len(tasks) == 1:
        return next(iter(tasks))
    return "; ".join(f"{seeds} in {', '.join(names)}" for seeds, names in tasks.items())


def _share(row):
    mae, constant, best = (float(row[n]) for n in ("MAE", "constant_MAE", "best_reachable_MAE"))
    return (constant - mae) / (constant - best)


def _mean(values):
    return statistics.mean(values.values())


if __name__ == "__main__":
    run_command(main)
