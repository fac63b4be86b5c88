"""Compare models: equal tuning, several seeds, paired statistics."""

import dataclasses
import sys
from pathlib import Path
from typing import Any

from experiments.comparison.misplaced_keys import explain_key
from experiments.comparison.model_settings import CONSTANT, model_of, settings_by_model
from experiments.comparison.processes import set_threads
from experiments.comparison.recipes import (
    COMPARABLE,
    RECIPES,
    own_settings,
    recipe_named,
    use_recipe,
    with_published,
)
from experiments.comparison.spaces import read_spaces
from experiments.settings import TrainSettings
from experiments.settings.command_line import parse_settings
from experiments.settings.model import NAMES
from utils.command_line import CommandParser, announce, console, run_command
from utils.options import add_settings

EXAMPLE = "python -m experiments.compare --models seqlevel msa constant --data DIR"


def main():
    """Parse the command line, run the comparison, print and write its results."""
    parser = make_parser()
    use_recipe(parser, sys.argv[1:])
    arguments, base = parse_settings(parser, first_model)
    check(arguments, base)
    options = protocol_options(arguments, base)
    set_threads(arguments.threads)
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.comparison.comparison import run_comparison
    from experiments.comparison.protocol import Protocol
    from experiments.runs.shared_samples import check_measured, training_samples
    from experiments.runs.start import recorded
    from experiments.runs.training import open_checked, tell

    protocol = Protocol(**options)
    announce(f"Reading {protocol.base.data}")
    task = open_checked(protocol.base)
    tell(task, training_samples(task))
    check_measured(task)
    folder = protocol.claim(task)
    for model, names in protocol.left_out.items():
        if names:
            console.print(f"{model} has no {', '.join(names)}: left out.", markup=False)
    with recorded(folder):
        comparison = run_comparison(protocol, task, arguments.processes)
    show(comparison, arguments.results)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.compare",
        "Tune each model in the same number of trials, by valid alone; train each with the best "
        "settings on several seeds; then, once, measure the test split, or valid where there is "
        "no test, or with --folds all samples, each predicted held out. Differences from a "
        "reference model are tested by a paired bootstrap. All models are of one family. The same "
        "command goes on with a comparison that was stopped.",
        EXAMPLE,
    )
    parser.explain_key = explain_key
    add_settings(parser, TrainSettings)
    parser.add_argument(
        "--recipe",
        type=str,
        default=None,
        help="repeat the field's protocol on a corpus: take models, settings and seeds, unless "
        "given, from the config of that name, and show published numbers beside the measured "
        f"ones; one of {', '.join(RECIPES)}",
        suggestions=RECIPES,
    )
    parser.add_argument(
        "--models",
        type=str,
        nargs="+",
        default=[],
        help=f"models to compare, required without a --recipe; {CONSTANT} predicts the median "
        "score, the shares of the classes or the rates of the labels in the training; names of "
        "your own are variants of models, which --model-settings describes",
        suggestions=[*NAMES, CONSTANT],
    )
    parser.add_argument(
        "--model-settings",
        type=dict[str, Any],
        default={},
        help="settings of single models, by model, which win over the shared ones: "
        '\'{"msa": {"learning_rate": 0.001, "model_args": {"num_heads": 2}}}\'; a name of your '
        "own is a variant of the model that its settings name: "
        '\'{"deep": {"model": "msa", "model_args": {"n_layers_mod": 4}}}\'',
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="trainings of each model, on seeds from --seed on"
    )
    parser.add_argument(
        "--average-seeds",
        type=bool,
        default=False,
        help="compare ensembles: the average of what the seeds of each model predict, "
        "probabilities where it predicts classes. The trainings are the same as without it",
    )
    parser.add_argument("--trials", type=int, default=0, help="trials of each model; 0: no tuning")
    parser.add_argument(
        "--space",
        type=str,
        default=None,
        help="YAML file of values to try, as for experiments.tune; settings of one model alone "
        "stand below `models: {NAME: ...}`",
    )
    parser.add_argument(
        "--reference",
        type=str,
        default=None,
        help="model to compare with; default: the first",
        suggestions=[*NAMES, CONSTANT],
    )
    parser.add_argument(
        "--resamples",
        type=int | None,
        default=None,
        help="resamples of the paired bootstrap; default: 10,000, of classes and labels 2,000",
    )
    parser.add_argument(
        "--processes", type=int, default=1, help="trainings at a time; changes no result"
    )
    parser.add_argument(
        "--threads", type=int, default=1, help="threads of each process; changes last digits"
    )
    parser.add_argument(
        "--results",
        type=str,
        default=None,
        help="write RESULTS.md, .csv, .html, .tex for LaTeX, and figures as RESULTS_*.pdf",
    )
    return parser


def first_model(arguments):
    """Return the name of the first model that is trained."""
    names = trained_models(arguments)
    return model_of(names[0], arguments.model_settings) if names else arguments.model


def trained_models(arguments):
    """Return the names of the models that are trained."""
    return [name for name in arguments.models if name != CONSTANT]


def protocol_options(arguments, base):
    """Return the arguments of a `Protocol`.

    Raises:
        ValueError: If settings of a model, or values of the search space, are wrong.
    """
    base = dataclasses.replace(base, group=base.group if base.folds else None)
    own = arguments.model_settings
    if arguments.recipe:
        own = own_settings(arguments.recipe, own, arguments.models, base, sys.argv[1:])
    settings, left_out = settings_by_model(base, trained_models(arguments), own)
    return {
        "root": Path(base.run_dir or default_folder(arguments.recipe, base.data)),
        "base": base,
        "settings": settings,
        "left_out": left_out,
        "own": own,
        "seeds": arguments.seeds,
        "trials": arguments.trials,
        "spaces": read_spaces(arguments.space, settings) if arguments.trials else {},
        "threads": arguments.threads,
        "group": arguments.group,
        "constant": CONSTANT in arguments.models,
        "reference": arguments.reference or arguments.models[0],
        "resamples": arguments.resamples,
        "recipe": arguments.recipe,
        "average_seeds": arguments.average_seeds,
    }


def default_folder(recipe, data):
    """Name the comparison's folder, the same one each time, so that the same command goes on."""
    return "-".join(filter(None, ["runs/compare", recipe, Path(data or "").resolve().name]))


def check(arguments, base):
    """Check the options together.

    Raises:
        ValueError: Naming every fault.
    """
    if not arguments.models:
        raise ValueError("--models is missing: name models, or a --recipe, which has its own.")
    faults = [*_faults(arguments, base, arguments.reference or arguments.models[0])]
    if faults:
        raise ValueError(" ".join(faults))


def _faults(arguments, base, reference):
    if arguments.recipe != recipe_named(sys.argv[1:]):
        yield "--recipe must stand on the command line, not in a config file."
    for name, low in (
        ("seeds", 1),
        ("trials", 0),
        ("resamples", 100),
        ("processes", 1),
        ("threads", 1),
    ):
        value = getattr(arguments, name)
        if value is not None and value < low:
            yield f"--{name} must be at least {low}. Received: {value}."
    if arguments.average_seeds and arguments.seeds == 1:
        yield "--average-seeds needs --seeds of 2 or more. Received: --seeds 1."
    if bool(arguments.trials) != (arguments.space is not None):
        yield "--trials and --space belong together: the number of trials, and what they vary."
    if reference not in arguments.models:
        yield (
            f"--reference must be one of the models, {', '.join(arguments.models)}. "
            f"Received: {reference}."
        )
    if base.strategy in ("multiworker", "ray"):
        yield (
            f"--strategy must be auto, cpu or mirrored: each run needs one process. "
            f"Received: --strategy {base.strategy}."
        )


def show(comparison, results):
    """Print the most important figures, and write all of them to files named `results`."""
    from experiments.comparison.descriptions import describe_unit
    from experiments.comparison.findings import describe_few
    from experiments.comparison.results import write_results
    from experiments.comparison.tables import summary_table
    from utils.measures.table import fitting_tables

    recipe, criterion = comparison.protocol.recipe, comparison.criterion.name
    content, sources = with_published(summary_table(comparison), recipe, [criterion])
    for table in fitting_tables(content.columns, content.rows, console.width):
        console.print(table)
    few = describe_few(comparison, describe_unit(comparison))
    for line in [*([few] if few else []), *([COMPARABLE, *sources] if sources else [])]:
        console.print(line, markup=False)
    console.print(f"Runs: {comparison.protocol.root}", markup=False)
    if results:
        announce("Writing the results")
        write_results(results, comparison)
        written = ", ".join(f"{results}.{suffix}" for suffix in ("md", "csv", "html", "tex"))
        console.print(f"Results: {written}; figures: {results}_*.pdf", markup=False)


if __name__ == "__main__":
    run_command(main)
