"""Command line: `python -m data.prepare RECIPE --source PATH --output DIR`."""

from rich.console import Console
from rich.table import Table

from data.prepare.mosi_context import DEFAULTS as CONTEXT_DEFAULTS
from data.prepare.mosi_context import prepare_mosi_context
from data.prepare.movie_reviews import DEFAULTS as REVIEW_DEFAULTS
from data.prepare.movie_reviews import prepare_movie_reviews
from utils.command_line import CommandParser, announce, console, run_command

# Each recipe, with its options and their defaults.
RECIPES = {
    "mosi_context": (prepare_mosi_context, CONTEXT_DEFAULTS),
    "movie_reviews": (prepare_movie_reviews, REVIEW_DEFAULTS),
}


def main():
    """Parse the command line, convert the data, print a table and the warning of the recipe."""
    options = make_parser().parse_args()
    if options.recipe not in RECIPES:
        raise ValueError(
            f"The first argument must be one of {', '.join(RECIPES)}. "
            f"Received: {options.recipe!r}. See `python -m data.prepare --help`."
        )
    prepare, defaults = RECIPES[options.recipe]
    given = _given(options, defaults)
    announce(f"Reading {options.source}")
    try:
        description = prepare(options.source, options.output, **given)
    except ValueError as error:
        raise ValueError(_name_options(str(error), defaults)) from error
    _print_result(options.output, description)
    if "warning" in description:
        warning = f"warning: {description['warning']}"
        Console(stderr=True, soft_wrap=True).print(warning, style="yellow")


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.prepare",
        "Convert a published data set of a special form into a data folder of this repository. "
        "mosi_context: utterance-level CMU-MOSI, each utterance with the utterances before it in "
        "its video. movie_reviews: rated sentences, to train a text encoder.",
        "python -m data.prepare mosi_context --source raw --output runs/mosi_context",
    )
    add = parser.add_argument
    add("recipe", help=f"what to prepare: {', '.join(RECIPES)}", suggestions=RECIPES)
    add("--source", required=True, help="folder or file that was published")
    add("--output", required=True, help="folder to make; it must be new or empty")
    add(
        "--context",
        type=int,
        default=None,
        help="of mosi_context: steps of a sample, the scored utterance at the last step, and the "
        "ones before it; default: 20",
    )
    add(
        "--valid-share",
        type=float,
        default=None,
        help="share of the training videos, or texts, for validation, if the source names no valid "
        "split; default: 0.1 of videos, 0.05 of texts",
    )
    add("--seed", type=int, default=0, help="seed of the draw of these videos or texts, from 0")
    return parser


def _given(options, defaults):
    """Return the options of a recipe that the command line gives."""
    given = {name: value for name, value in vars(options).items() if name in CONTEXT_DEFAULTS}
    given = {name: value for name, value in given.items() if value is not None}
    for name in given.keys() - defaults.keys():
        raise ValueError(
            f"--{name} is no option of {options.recipe}. Received: {given[name]}. Leave it out."
        )
    return given


def _name_options(text, names):
    """Replace the names of arguments in an error message by the names of the options."""
    for name in names:
        text = text.replace(f"`{name}`", f"--{name.replace('_', '-')}")
    return text


def _print_result(output, description):
    splits = description["splits"]
    table = Table(title=f"{description['recipe']}, in {output}", title_justify="left")
    table.add_column("split")
    for heading in next(iter(splits.values())):
        shown = "share of positive scores" if heading == "positive" else heading
        table.add_column(shown, justify="right")
    for name, split in splits.items():
        table.add_row(name, *(_cell(value) for value in split.values()))
    console.print(table)


def _cell(value):
    return f"{value:.0%}" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    run_command(main)
