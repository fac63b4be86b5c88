"""Draw the architecture of a model from the model itself, as SVG."""

from pathlib import Path
from typing import Any

from models import MODELS
from utils.command_line import CommandParser, announce, console, run_command

EXAMPLE = "python -m experiments.architecture --model seqlevel --output model.svg"


def main():
    """Parse the command line, build the model, write its drawing."""
    options = make_parser().parse_args()
    if options.model not in MODELS:
        raise ValueError(
            f"--model must be one of {', '.join(MODELS)}. Received: {options.model!r}."
        )
    if len(options.seq_len) not in (1, 3) or len(options.widths) != 3:
        raise ValueError(
            "--seq-len takes one number or three, --widths three: of text, audio and video. "
            f"Received: {len(options.seq_len)} and {len(options.widths)}."
        )
    lengths = options.seq_len[0] if len(options.seq_len) == 1 else options.seq_len
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from utils.files import write_text

    announce(f"Building the model {options.model}, and following its graph")
    try:
        model = MODELS[options.model](lengths, *options.widths, **options.model_args)
    except TypeError as error:
        raise ValueError(f"--model-args must be arguments of the model: {error}.") from error
    model.build()
    Path(options.output).parent.mkdir(parents=True, exist_ok=True)
    write_text(options.output, draw(model))
    console.print(f"Architecture: {options.output}", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.architecture",
        "Draw a model as SVG: its parts with their numbers of parameters, and what flows between "
        "them in a prediction. Shapes are without the batch.",
        EXAMPLE,
    )
    add = parser.add_argument
    add(
        "--model",
        type=str,
        default="seqlevel",
        help=f"one of {', '.join(MODELS)}",
        suggestions=MODELS,
    )
    add(
        "--model-args",
        type=dict[str, Any],
        default={},
        help="arguments of the model's class; a single one as --model-args.NAME VALUE",
    )
    add("--seq-len", type=int, nargs="+", default=[20], help="steps, one number or one a modality")
    add(
        "--widths",
        type=int,
        nargs="+",
        default=[300, 74, 47],
        help="features of text, audio and video",
    )
    add("--output", type=str, required=True, help="SVG file to write")
    return parser


def draw(model):
    """Return the architecture of a built model as SVG text.

    Args:
        model: A `MultimodalModel`; it is of no use afterwards.
    """
    from experiments.pages.architecture_diagram import read_dataflow
    from experiments.pages.diagram_layout import draw_steps

    steps, unused = read_dataflow(model)
    return draw_steps(type(model).__name__, steps, unused, model.count_params())


if __name__ == "__main__":
    run_command(main)
