"""A comparison in sentences."""

from experiments.comparison.model_settings import CONSTANT
from utils.environment import PACKAGES, describe_environment
from utils.options import command_line


def describe_origin():
    """Say what made the results: command, machine, versions, code."""
    about = describe_environment()
    versions = ", ".join(
        f"{name} {about['packages'][name]}" for name in PACKAGES if name in about["packages"]
    )
    return (
        f"Made by `{command_line()}` on {about['machine']}; Python {about['python']}, {versions}; "
        f"commit {about['git']}."
    )


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
    measured = _describe_folds(comparison) if protocol.base.folds else _describe_split(comparison)
    spread = "Of one training each"
    if protocol.seeds > 1:
        spread = f"Mean ± sd over the seeds {', '.join(map(str, range(protocol.seeds)))}"
    order = "highest" if criterion.greater_is_better else "lowest"
    sentences = [
        f"Labels: {comparison.target.describe()}.",
        tuned,
        measured,
        f"{spread}; the {order} {criterion.name} first.",
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
    labels = "labels of the other folds" if comparison.protocol.base.folds else "training labels"
    return f"The model `{CONSTANT}` knows the {labels} alone and always predicts {predicted}."


def describe_statistics(comparison):
    """Say how differences were tested."""
    protocol = comparison.protocol
    unit = f"whole groups by {protocol.group}" if protocol.group else "samples"
    return (
        f"Differences from {comparison.reference}, by a paired bootstrap of {comparison.resamples} "
        f"resamples of {unit}: in each, all models are measured on the same samples, as the mean "
        "over their seeds. Percentile intervals; two-sided p-values, then those after Holm's "
        f"correction for the {len(comparison.differences)} models compared."
    )


def describe_cost(comparison):
    """Say what the figures of the cost mean."""
    protocol = comparison.protocol
    measured = "all folds together" if protocol.base.folds else "one training"
    return (
        f"Mean of the runs. Seconds of {comparison.outcomes[0].cost['clock']} time with --threads "
        f"{protocol.threads}; a run is {measured}, with the building of graphs where an earlier "
        "run has not left them, validation and checkpoints; an epoch is the median. Memory is the "
        "largest resident set of the process in the training, with TensorFlow, the data, and what "
        "earlier trainings in the process have left."
    )


def _describe_folds(comparison):
    protocol = comparison.protocol
    cut = f", no {protocol.group} in two of them" if protocol.group else ""
    epoch = {
        "last": "of the last epoch",
        "best": "of the epoch that is best over all folds of a run together, which these samples "
        "have chosen",
    }[protocol.base.keep]
    chosen = "Valid, by which the settings were chosen, is among these samples."
    return (
        f"Figures are of {len(comparison.outcomes[0].labels)} samples of train and valid in "
        f"{protocol.base.folds} folds{cut}, each predicted by a training without its fold; {epoch}."
        + (f" {chosen}" if protocol.trials else "")
    )


def _describe_split(comparison):
    first, name, protocol = comparison.outcomes[0], comparison.criterion.name, comparison.protocol
    keep = protocol.base.keep
    epoch = {"last": "the last epoch", "best": f"the epoch with the best {name} on valid"}[keep]
    if first.split == "test":
        note = "The test split was read once, after all trainings of all models."
    elif keep == "best" or protocol.trials:
        note = "The data has no test split: valid has chosen the models that it measures."
    else:
        note = "The data has no test split."
    return f"Figures are of {first.split}, {len(first.labels)} samples, {epoch}. {note}"
