"""Command line: `python -m data.synthetic --task TASK --output DIR`."""

from rich.table import Table

from data.synthetic.folder import write_folder
from data.synthetic.generation import DEFAULTS, MIN_SAMPLES, MIN_SEQ_LEN
from data.synthetic.tasks import TASKS
from utils.command_line import CommandParser, announce, console, run_command


def main():
    """Parse the command line, generate and write the data, print the best reachable MAE."""
    options = make_parser().parse_args()
    announce("Generating the samples")
    try:
        description = write_folder(
            options.output,
            options.task,
            options.samples,
            options.seed,
            options.seq_len,
            options.noise,
        )
    except ValueError as error:
        raise ValueError(_name_options(str(error))) from error
    _print_result(options.output, description)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.synthetic",
        "Generate a built-in diagnostic data set: multimodal sequences with planted structure "
        "and label noise of known size, so that the best reachable error is known. "
        "data/README.md says what each task plants.",
        "python -m data.synthetic --task sarcasm --output runs/sarcasm",
    )
    add = parser.add_argument
    add("--task", required=True, help=f"what to plant: {', '.join(TASKS)}", suggestions=TASKS)
    add("--output", required=True, help="folder to make; it must be new or empty")
    add(
        "--samples",
        type=int,
        default=DEFAULTS["samples"],
        help=f"training samples, at least {MIN_SAMPLES}; "
        "validation and test have a quarter of it each",
    )
    add("--seed", type=int, default=DEFAULTS["seed"], help="seed of the samples, at least 0")
    add(
        "--seq-len",
        type=int,
        default=DEFAULTS["seq_len"],
        help=f"padded length in steps, at least {MIN_SEQ_LEN}",
    )
    add(
        "--noise",
        type=float,
        default=DEFAULTS["noise"],
        help="standard deviation of the label noise, on the scale of scores in [-3, 3]",
    )
    return parser


def _name_options(text):
    """Name the arguments in an error's text as the options they are."""
    for name in ("task", *DEFAULTS):
        text = text.replace(f"`{name}`", f"--{name.replace('_', '-')}")
    return text


def _print_result(output, description):
    task, seed = description["task"], description["seed"]
    table = Table(title=f"{task}, seed {seed}, in {output}", title_justify="left")
    for heading in ("split", "samples", "best reachable MAE", "expected", "constant MAE"):
        table.add_column(heading, justify="left" if heading == "split" else "right")
    for name, split in description["splits"].items():
        table.add_row(
            name,
            str(split["samples"]),
            f"{split['best_mae']:.3f}",
            f"{split['expected_best_mae']:.3f}",
            f"{split['constant_mae']:.3f}",
        )
    console.print(table)


if __name__ == "__main__":
    run_command(main)
