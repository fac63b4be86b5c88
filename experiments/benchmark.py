"""Measure speed and memory on this machine, all ratios in one run."""

import importlib.metadata
import importlib.util
import os
from pathlib import Path

from models import MODELS
from utils.command_line import CommandParser, run_command

# Each part's minutes on two cores: those that are spent once, and those of a round; of size S and
# M together, or of a part without sizes.
MINUTES = {
    "training": (3.0, 0.3),
    "inference": (1.0, 0.2),
    "gemm": (0.2, 0.2),
    "growth": (14.0, 0.5),
    "padding": (3.0, 2.0),
    "imports": (0.0, 0.1),
    "commands": (0.6, 0.8),
    "first_step": (8.0, 0.0),
    "models": (12.0, 0.5),
    "text_encoder": (0.5, 0.1),
    "data": (0.5, 0.2),
    "extraction": (0.0, 1.0),
}
# The part that needs files of the user.
WITH_CLIPS = "extraction"
# The part whose curves `--picture` draws.
WITH_PICTURE = "growth"
SIZE_NAMES = ("S", "M")
# The models are those of the parts `first_step` and `models`.
CHOICES = {"only": (*MINUTES,), "size": SIZE_NAMES, "models": (*MODELS,)}


def main():
    """Parse the command line, measure, print tables, write them if asked."""
    options = make_parser().parse_args()
    _check(options)
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401, I001
    import tensorflow as tf
    from rich.console import Console

    from experiments.benchmarks.parts import measure
    from experiments.benchmarks.results import write_results
    from utils.environment import describe_environment
    from utils.files import write_json, write_text
    from utils.options import command_line

    # It takes contenders for one function that is traced again and again, and warns.
    tf.get_logger().setLevel("ERROR")
    console = Console(record=True, width=100)
    parts = [MINUTES[part] for part in options.only]
    minutes = sum(once + options.rounds * each for once, each in parts)
    console.print(f"This takes about {max(1, round(minutes))} minutes on two idle cores.")
    about = {"command": command_line(), "threads": _threads(), **describe_environment()}
    about["packages"] |= _contenders_versions()
    console.print(_description(about), soft_wrap=True, markup=False, highlight=False)
    figures: dict = {part: measure(part, console, options) for part in options.only}
    if options.json:
        write_json(Path(options.json), {**about, "figures": figures})
    if options.picture:
        from experiments.benchmarks.growth_figure import draw_curves

        curves = figures[WITH_PICTURE][options.size[0]]["curves"]
        write_text(options.picture, draw_curves(curves))
    if options.results:
        tables = console.export_text().split("\n", 2)[2]
        title = f"Speed and memory: {', '.join(options.only)}"
        write_results(options.results, title, _description(about), tables)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.benchmark",
        "Measure speed and memory. Run nothing beside it; times differ from machine to machine, "
        "ratios of one run less. PyTorch is measured too where it is installed "
        "(requirements-torch.txt).",
        "python -m experiments.benchmark --only training inference --size S",
    )
    for name, known in CHOICES.items():
        parser.add_argument(
            f"--{name}",
            type=str,
            nargs="+",
            default=[one for one in known if one != WITH_CLIPS],
            help=", ".join(known),
            suggestions=known,
        )
    parser.add_argument(
        "--clips",
        type=str,
        nargs="+",
        default=[],
        help=f"recordings for --only {WITH_CLIPS}; it needs requirements-clips.txt",
    )
    parser.add_argument("--samples", type=int, default=20_000, help="samples of the data to read")
    parser.add_argument("--batch-size", type=int, default=32, help="samples in a batch")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each")
    parser.add_argument("--json", type=str, default=None, help="write all figures to this file")
    parser.add_argument("--results", type=str, default=None, help="write RESULTS.md")
    parser.add_argument(
        "--picture",
        type=str,
        default=None,
        help=f"draw the curves of --only {WITH_PICTURE} of the first size, as SVG",
    )
    return parser


def _check(options):
    """Refuse what cannot be measured, and make the folders of the files to write.

    Raises:
        ValueError: Naming the first option that is wrong.
    """
    for name, known in CHOICES.items():
        unknown = sorted(set(getattr(options, name)) - set(known))
        if unknown:
            raise ValueError(f"--{name} takes {', '.join(known)}. Received: {', '.join(unknown)}.")
    if (WITH_CLIPS in options.only) != bool(options.clips):
        raise ValueError(
            f"--only {WITH_CLIPS} and --clips belong together: the part, and the recordings. "
            "Give both or none."
        )
    if options.picture and WITH_PICTURE not in options.only:
        raise ValueError(
            f"--picture draws the curves of --only {WITH_PICTURE}. Received: --only "
            f"{' '.join(options.only)}. Add the part, or leave --picture out."
        )
    for name in ("samples", "batch_size", "rounds"):
        value = getattr(options, name)
        if value < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be at least 1. Received: {value}.")
    for path in (options.json, options.results, options.picture):
        if path:
            Path(path).parent.mkdir(parents=True, exist_ok=True)


def _threads():
    """Return the number of threads that this process may run at a time."""
    allowed = getattr(os, "sched_getaffinity", None)  # On Linux; `taskset` restricts it.
    return len(allowed(0)) if allowed else os.cpu_count()


def _contenders_versions():
    names = ("onnxruntime", "torch", "transformers")
    installed = [name for name in names if importlib.util.find_spec(name)]
    return {name: importlib.metadata.version(name) for name in installed}


def _description(about):
    versions = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    return (
        f"Made by `{about['command']}` on {about['machine']}, threads: {about['threads']}; "
        f"Python {about['python']}, {versions}; commit {about['git']}."
    )


if __name__ == "__main__":
    run_command(main)
