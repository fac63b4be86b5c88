"""Command line: `python -m data.prepare mosi_context --source DIR --output DIR`."""

from rich.console import Console
from rich.table import Table

from data.prepare.mosi_context import DEFAULTS, LEAK_WARNING, prepare_mosi_context
from utils.command_line import CommandParser, announce, console, run_command

RECIPES = {"mosi_context": prepare_mosi_context}


def main():
    """Parse the command line, convert the data, print a table and the warning of the recipe."""
    options = make_parser().parse_args()
    if options.recipe not in RECIPES:
        raise ValueError(
            f"The first argument must be one of {', '.join(RECIPES)}. "
            f"Received: {options.recipe!r}. See `python -m data.prepare --help`."
        )
    announce(f"Reading {options.source}")
    try:
        description = RECIPES[options.recipe](
            options.source, options.output, options.context, options.valid_share, options.seed
        )
    except ValueError as error:
        raise ValueError(_name_options(str(error))) from error
    _print_result(options.output, description)
    Console(stderr=True, soft_wrap=True).print(f"warning: {LEAK_WARNING}", style="yellow")


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.prepare",
        "Convert a published data set of a special form into this repository's HDF5 layout. "
        "mosi_context: utterance-level CMU-MOSI, each utterance with the utterances before it in "
        "its video.",
        "python -m data.prepare mosi_context --source raw --output runs/mosi_context",
    )
    add = parser.add_argument
    add("recipe", help=f"what to prepare: {', '.join(RECIPES)}", suggestions=RECIPES)
    add("--source", required=True, help="folder with the published files")
    add("--output", required=True, help="folder to make; it must be new or empty")
    add(
        "--context",
        type=int,
        default=DEFAULTS["context"],
        help="steps of a sample: the scored utterance at the last step, and the ones before it",
    )
    add(
        "--valid-share",
        type=float,
        default=DEFAULTS["valid_share"],
        help="share of the training videos for validation, if the source names no valid split",
    )
    add(
        "--seed",
        type=int,
        default=DEFAULTS["seed"],
        help="seed of the draw of these videos, at least 0",
    )
    return parser


def _name_options(text):
    """Replace the names of arguments in an error message by the names of the options."""
    for name in DEFAULTS:
        text = text.replace(f"`{name}`", f"--{name.replace('_', '-')}")
    return text


def _print_result(output, description):
    table = Table(title=f"{description['recipe']}, in {output}", title_justify="left")
    for heading in ("split", "samples", "videos", "share of positive scores"):
        table.add_column(heading, justify="left" if heading == "split" else "right")
    for name, split in description["splits"].items():
        table.add_row(name, str(split["samples"]), str(split["videos"]), f"{split['positive']:.0%}")
    console.print(table)


if __name__ == "__main__":
    run_command(main)
