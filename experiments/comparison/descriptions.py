"""A comparison in sentences."""

from pathlib import Path

from experiments.comparison.bootstrap import SIGNIFICANT
from experiments.comparison.compared import compared_measures
from experiments.comparison.findings import describe_correction, describe_repeated
from experiments.comparison.model_settings import CONSTANT
from utils.environment import PACKAGES, describe_environment


def describe_title(comparison):
    """Name the models, the data and the split of a comparison."""
    protocol = comparison.protocol
    compared = " compared" if len(protocol.settings) + protocol.constant > 1 else ""
    return (
        f"{_models(protocol)}{compared} on {Path(protocol.base.data).name} ({_split(comparison)})"
    )


def describe_caption(comparison):
    """Say in few words what a table for a paper shows; names of code stand in backticks."""
    protocol, first = comparison.protocol, comparison.outcomes[0]
    mean = " mean" if comparison.most_runs > 1 else ""
    sentences = [
        f"{_models(protocol)} on `{Path(protocol.base.data).name}` ({_split(comparison)}, "
        f"{len(first.labels)} samples). {_describe_seeds(protocol)}. Bold: the best{mean}."
    ]
    if comparison.differences:
        sentences.append(
            f"†: differs from `{comparison.reference}`, p < {SIGNIFICANT} by a paired "
            f"bootstrap of {describe_unit(comparison)}{describe_correction(comparison, ' with')}."
        )
    tested = [one.name for one in compared_measures(comparison.target)]
    repeated = {name: other for name, other in comparison.repeated.items() if name in tested}
    return " ".join([*sentences, *[describe_repeated(repeated)] * bool(repeated)])


def _models(protocol):
    """Name what is compared; the constant baseline is no model."""
    trained = [*protocol.settings]
    models = f"{len(trained)} models" if len(trained) > 1 else trained[0]
    return f"{models} and a constant baseline" if protocol.constant else models


def _split(comparison):
    base = comparison.protocol.base
    return base.folds_in_words if base.cross_validates else comparison.outcomes[0].split


def _describe_seeds(protocol):
    seeds = ", ".join(map(str, protocol.seed_range))
    if protocol.average_seeds:
        return f"Each model is an ensemble, the average of the predictions of the seeds {seeds}"
    if protocol.seeds > 1:
        return f"Mean ± sd over the seeds {seeds}"
    return f"One training each, seed {seeds}"


def describe_machine():
    """Say on which machine, with which versions and code the results were made."""
    about = describe_environment()
    versions = ", ".join(
        f"{name} {about['packages'][name]}" for name in PACKAGES if name in about["packages"]
    )
    return f"{about['machine']}; Python {about['python']}, {versions}; commit {about['git']}."


def describe_protocol(comparison):
    """Say how the models were tuned, trained and measured."""
    protocol, criterion = comparison.protocol, comparison.criterion
    given = f"recipe {protocol.recipe}" if protocol.recipe else "command"
    tuned = f"No model was tuned: all have the settings of the {given}."
    if protocol.trials:
        tuned = (
            f"Each model was tuned in {protocol.trials} trials, trained on the training split and "
            f"measured by {criterion.name} on valid; the best trial's settings were trained on all "
            "seeds."
        )
    measured = (
        _describe_folds(comparison)
        if protocol.base.cross_validates
        else _describe_split(comparison)
    )
    order = "highest" if criterion.greater_is_better else "lowest"
    sentences = [
        f"Labels: {comparison.target.describe()}.",
        *([f"The data was {protocol.base.partition.describe()}."] if protocol.base.shares else []),
        tuned,
        measured,
        f"{_describe_seeds(protocol)}; the {order} {criterion.name} first.",
    ]
    if protocol.constant:
        sentences.append(_describe_constant(comparison))
    return " ".join(sentences)


def _describe_constant(comparison):
    predicted = {
        "score": "their median",
        "scores": "the median of each score",
        "class": "the share of each class",
        "labels": "the rate of each label",
    }[comparison.target.kind]
    labels = (
        "labels of the other folds"
        if comparison.protocol.base.cross_validates
        else "training labels"
    )
    return f"The model `{CONSTANT}` knows only the {labels} and always predicts {predicted}."


def describe_unit(comparison):
    """Name what a resample draws."""
    group = comparison.protocol.group
    return f"groups by {group}" if group else "samples"


def describe_cost(comparison):
    """Say what the figures of the cost mean."""
    protocol = comparison.protocol
    measured = "all folds together" if protocol.base.cross_validates else "one training"
    shown = "Sums over the seeds" if protocol.average_seeds else "Mean of the runs"
    return (
        f"{shown}. Times are seconds of {comparison.outcomes[0].cost['clock']} time with --threads "
        f"{protocol.threads}. A run is {measured}. It includes validation, checkpoints, and the "
        "building of graphs, unless an earlier run has built them. The time of an epoch is the "
        "median. Memory is the largest memory of the process during the training. It includes "
        "TensorFlow, the data, and what earlier trainings in the process have left."
    )


def _describe_folds(comparison):
    protocol = comparison.protocol
    base = protocol.base
    cut = f", no {base.group} in two of them" if base.group else ""
    epoch = {
        "last": "of the last epoch",
        "best": "of the epoch that is best over all folds of a run together, which these samples "
        "have chosen",
    }[base.keep]
    chosen = "Valid, by which the settings were chosen, is among these samples."
    splits = " and ".join(comparison.splits)
    return (
        f"Figures are of {len(comparison.outcomes[0].labels)} samples of {splits} in "
        f"{base.folds_in_words}{cut}, each predicted by a training without its fold; {epoch}."
        + (f" {chosen}" if protocol.trials else "")
    )


def _describe_split(comparison):
    first, name, protocol = comparison.outcomes[0], comparison.criterion.name, comparison.protocol
    keep = protocol.base.keep
    epoch = {"last": "last epoch", "best": f"epoch with the best {name} on valid"}[keep]
    if first.split == "test":
        note = "The test split was read once, after all trainings of all models."
    elif keep == "best" or protocol.trials:
        note = "The data has no test split: valid has chosen the models that it measures."
    else:
        note = "The data has no test split."
    return (
        f"Figures are of the {len(first.labels)} samples of {first.split}, in the {epoch}. {note}"
    )
