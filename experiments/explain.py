"""Explain a prediction: what each input, word and step contributed."""

from pathlib import Path

from utils.command_line import CommandParser, announce, console, run_command

EXAMPLE = "python -m experiments.explain runs/my-run --data DIR --split test --id 12"
ENDINGS = (".html", ".json")


def main():
    """Parse the command line, explain a sample, print it or write a page or JSON."""
    arguments = make_parser().parse_args()
    output = _checked(arguments)
    from experiments.runs.run_folder import RunFolder

    folder = RunFolder.open(arguments.run_dir)
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.pages.explained_sample import write_explanation
    from experiments.pages.explained_text import explanation_tables
    from experiments.runs.loaded_run import load_run
    from experiments.runs.sample_explanation import explain_sample
    from experiments.runs.training import warn
    from utils.new_file import new_file

    run = load_run(folder, in_float32=True)
    run.inputs.use(arguments.modalities)
    announce(f"Explaining {arguments.id} of {arguments.data}")
    data, split = arguments.data, arguments.split
    found = explain_sample(run, data, split, arguments.id, arguments.of)
    warn(found.notes)
    if output is None:
        for part in explanation_tables(run, found, arguments.top):
            console.print(part, markup=False)
        return
    with new_file(output, arguments.overwrite) as partial:
        write_explanation(run, found, partial)
    console.print(f"Explanation: {output}", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.explain",
        "Explain the prediction of one sample, which needs no label: what each input, and each "
        "word or step, contributed by occlusion and by integrated gradients; weights; attention.",
        EXAMPLE,
    )
    parser.add_argument("run_dir", type=str, help="folder that experiments.train has written")
    parser.add_argument("--data", type=str, required=True, help="data folder or file")
    parser.add_argument(
        "--id",
        type=str,
        required=True,
        help="id of the sample; without ids in the data its number from 0",
    )
    parser.add_argument(
        "--split",
        type=str,
        default="test",
        help="split of the sample; any name",
        suggestions=("train", "valid", "test"),
    )
    parser.add_argument(
        "--of",
        type=str,
        default=None,
        help="class, label or score to explain; default: the predicted class, or each label or "
        "score",
    )
    parser.add_argument(
        "--modalities",
        type=str,
        nargs="+",
        default=None,
        help="modalities to use, the others are fed as absent; default: as in training",
        suggestions=("text", "audio", "video"),
    )
    parser.add_argument(
        "--output", type=str, default=None, help="page (.html) or data (.json) to write"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    parser.add_argument(
        "--top", type=int, default=10, help="steps to print, the largest contributions first"
    )
    return parser


def _checked(arguments):
    """Return the path of the output, or `None`.

    Raises:
        ValueError: If its ending is unknown, or `--top` is below 1.
    """
    if arguments.top < 1:
        raise ValueError(f"--top must be at least 1. Received: {arguments.top}.")
    if arguments.output is None:
        return None
    output = Path(arguments.output)
    if output.suffix not in ENDINGS:
        raise ValueError(
            f"--output must end with {' or '.join(ENDINGS)}. Received: {arguments.output}."
        )
    return output


if __name__ == "__main__":
    run_command(main)
