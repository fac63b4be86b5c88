"""Command line: `python -m data.synthetic --task TASK --output DIR`, or `--like NAME`."""

from rich.table import Table

from data.synthetic import generation, tickets
from data.synthetic.corpora import CORPORA
from data.synthetic.folder import write_folder
from data.synthetic.likeness import write_like
from data.synthetic.tasks import TASKS
from utils.command_line import CommandParser, announce, console, run_command

TICKETS = "tickets"
OPTIONS = ("samples", "seed", "seq_len", "noise")


def main():
    """Parse the command line, write the data, print what is in it."""
    options = make_parser().parse_args()
    if (options.task is None) == (options.like is None):
        received = "neither" if options.task is None else f"--task {options.task} and --like"
        raise ValueError(f"Give one of --task and --like. Received: {received}.")
    values = {name: options[name] for name in OPTIONS if options[name] is not None}
    announce("Generating the samples")
    try:
        if options.like is not None:
            table = _write_like(options.output, options.like, values)
        elif options.task == TICKETS:
            table = _write_tickets(options.output, values)
        else:
            table = _write_sequences(options.output, options.task, values)
    except ValueError as error:
        raise ValueError(_name_options(str(error))) from error
    console.print(table)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.synthetic",
        "Generate a built-in data set with planted structure and known label noise, so that the "
        "best possible result is known (--task), or a file with the layout and the shapes of a "
        "published corpus (--like). The task tickets makes texts with a table; all others make "
        "multimodal sequences. data/README.md describes them.",
        "python -m data.synthetic --task sarcasm --output runs/sarcasm",
    )
    add = parser.add_argument
    names = (*TASKS, TICKETS)
    add("--task", help=f"one of {', '.join(names)}", suggestions=names)
    add("--like", help=f"corpus to imitate: {', '.join(CORPORA)}", suggestions=[*CORPORA])
    add("--output", required=True, help="folder to make; it must be new or empty")
    sequences, texts = generation.DEFAULTS, tickets.DEFAULTS
    add(
        "--samples",
        type=int,
        help="training samples; validation and test have a quarter of it each, with --like their "
        f"published proportion (unless given: {sequences['samples']}, for tickets "
        f"{texts['samples']}, with --like the published number)",
    )
    add("--seed", type=int, default=0, help="seed of the samples, at least 0")
    add(
        "--seq-len",
        type=int,
        help=f"padded length in steps, at least {generation.MIN_SEQ_LEN} "
        f"({sequences['seq_len']} unless given); only for sequences of --task",
    )
    add(
        "--noise",
        type=float,
        help="standard deviation of the label noise, on the scale of scores in [-3, 3] "
        f"({sequences['noise']} unless given); for tickets the share of wrong labels, below 0.5 "
        f"({texts['noise']} unless given)",
    )
    return parser


def _name_options(text):
    """Replace the names of arguments in an error message by the names of the options."""
    for name in ("task", "like", *OPTIONS):
        text = text.replace(f"`{name}`", f"--{name.replace('_', '-')}")
    return text


def _write_sequences(output, task, values):
    if task not in TASKS:
        raise ValueError(
            f"`task` must be one of {', '.join((*TASKS, TICKETS))}. Received: {task!r}."
        )
    description = write_folder(output, task, **values)
    table = Table(title=f"{task}, seed {description['seed']}, in {output}", title_justify="left")
    for heading in ("split", "samples", "best reachable MAE", "expected", "constant MAE"):
        table.add_column(heading, justify="left" if heading == "split" else "right")
    for name, split in description["splits"].items():
        errors = (split["best_mae"], split["expected_best_mae"], split["constant_mae"])
        table.add_row(name, str(split["samples"]), *(f"{error:.3f}" for error in errors))
    return table


def _write_like(output, name, values):
    for option in ("seq_len", "noise"):
        if option in values:
            raise ValueError(
                f"`{option}` has no meaning with --like. Received: {values[option]}. Leave it out."
            )
    path, groups = write_like(output, name, **values)
    table = Table(title=f"{CORPORA[name].title}: {path}", title_justify="left")
    for heading in ("split", "samples", *groups["train"]):
        table.add_column(heading, justify="left" if heading == "split" else "right")
    for split, counts in groups.items():
        table.add_row(split, str(sum(counts.values())), *map(str, counts.values()))
    return table


def _write_tickets(output, values):
    if "seq_len" in values:
        raise ValueError(
            f"`seq_len` has no meaning for tickets. Received: {values['seq_len']}. Leave it out."
        )
    best = tickets.write_tickets(output, **values)
    table = Table(title=f"Best possible accuracy, {output}", title_justify="left")
    table.add_column("split")
    for side in best["valid"]:
        table.add_column(side, justify="right")
    for split, accuracies in best.items():
        table.add_row(split, *(f"{accuracy:.3f}" for accuracy in accuracies.values()))
    return table


if __name__ == "__main__":
    run_command(main)
