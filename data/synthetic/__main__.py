"""Command line: `python -m data.synthetic --task TASK --output DIR`."""

import re
import sys

from jsonargparse import ArgumentError, ArgumentParser
from rich.console import Console
from rich.table import Table

from data.synthetic.folder import write_folder
from data.synthetic.generation import DEFAULTS, MIN_SAMPLES, MIN_SEQ_LEN
from data.synthetic.tasks import TASKS


def main(arguments=None):
    """Run the command.

    Args:
        arguments: The command line without the program's name; `None` takes the real one.

    Returns:
        The exit code: 0, or 2 where an option's value is refused.
    """
    try:
        options = make_parser().parse_args(arguments)
        description = write_folder(
            options.output,
            options.task,
            options.samples,
            options.seed,
            options.seq_len,
            options.noise,
        )
    except (ArgumentError, ValueError, OSError) as error:
        Console(stderr=True, soft_wrap=True).print(_explain(error), markup=False, style="red")
        return 2
    _print_result(options.output, description)
    return 0


def make_parser():
    """Return the parser of the command's options."""
    parser = ArgumentParser(
        prog="python -m data.synthetic",
        description="Generate a built-in diagnostic data set: multimodal sequences with planted "
        "structure and label noise of known size, so that the best reachable error is known. "
        "data/README.md says what each task plants.",
        exit_on_error=False,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--task", required=True, help=f"what to plant: {', '.join(TASKS)}")
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


def _explain(error):
    """Return an error's text in one paragraph, with arguments named as the options they are."""
    text = " ".join(str(error).split())
    if refused := re.match(r"Parser key \"(\w+)\": .*<class '(\w+)'>.* Got value: (.*)", text):
        name, kind, value = refused.groups()
        expected = {"int": "a whole number", "float": "a number"}.get(kind, kind)
        text = f"`{name}` must be {expected}. Received: {value!r}. Pass {expected}."
    elif isinstance(error, ArgumentError):
        text = f"{text[:1].upper()}{text[1:]}. `python -m data.synthetic --help` lists the options."
    for name in ("task", "output", *DEFAULTS):
        text = text.replace(f"`{name}`", f"--{name.replace('_', '-')}")
    return f"error: {text}"


def _print_result(output, description):
    console = Console()
    task, seed = description["task"], description["seed"]
    table = Table(title=f"{task}, seed {seed}, in {output}", title_justify="left")
    for heading in ("split", "samples", "best reachable MAE", "expected"):
        table.add_column(heading, justify="left" if heading == "split" else "right")
    for name, split in description["splits"].items():
        table.add_row(
            name,
            str(split["samples"]),
            f"{split['best_mae']:.3f}",
            f"{split['expected_best_mae']:.3f}",
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
