"""What stands on the cards of a run's data and model."""

from experiments.pages.score_figures import label_histogram
from utils.command_line import console
from utils.formats import open_data
from utils.formats.split import SPLITS
from utils.leakage import find_overlaps
from utils.split_statistics import describe


def data_card(data):
    """Describe the splits of a data set, and what they share.

    Args:
        data: The reader of the data.

    Returns:
        A dict: `splits`, from a name to counts and figures of its labels and modalities;
        `histogram`, an SVG; `leakage`, a sentence for each two splits.
    """
    splits = {name: data.read(name) for name in SPLITS if name in data.splits()}
    statistics = {name: describe(split) for name, split in splits.items()}
    overlaps = find_overlaps(statistics, {name: split.index for name, split in splits.items()})
    return {
        "splits": {name: _split_rows(one) for name, one in statistics.items()},
        "histogram": label_histogram({n: one.labels.histogram for n, one in statistics.items()}),
        "leakage": [_leakage(one) for one in overlaps],
    }


def open_run_data(config, path=None):
    """Open the data of a run, or that at `path`.

    Returns:
        A reader, or `None`, after a warning, if the run's data cannot be read any more.

    Raises:
        FileNotFoundError: If there is nothing at `path`.
        ValueError: If it is no data.
    """
    if path is not None:
        return open_data(path)
    try:
        return open_data(config["data"], config["feature_files"])
    except (FileNotFoundError, ValueError) as error:
        console.print(
            f"warning: The report has neither attention nor ablations: {error} Name the run's "
            "data by --data.",
            style="yellow",
            markup=False,
        )
        return None


def model_card(model):
    """Describe a model.

    Returns:
        A dict: `class`, `summary` (the first sentence of its documentation), `parameters` (all),
        `parts` (from the name of each part to its parameters).
    """
    parts = {}
    for layer in model.layers:
        parts[layer.name] = parts.get(layer.name, 0) + layer.count_params()
    return {
        "class": type(model).__name__,
        "summary": (type(model).__doc__ or "").strip().split("\n\n")[0],
        "parameters": model.count_params(),
        "parts": {name: count for name, count in parts.items() if count},
    }


def _split_rows(one):
    labels = one.labels
    rows = {
        "samples": f"{one.samples:,}",
        "score, mean ± sd": f"{labels.mean:.2f} ± {labels.sd:.2f}",
        "negative, zero, positive": (
            f"{labels.negative:.0%}, {labels.zero:.0%}, {labels.positive:.0%}"
        ),
    }
    for name, modality in one.modalities.items():
        steps = modality.summarize_steps()
        rows[f"{name}: steps, median and most"] = f"{steps['median']:g}, {steps['max']}"
        rows[f"{name}: absent"] = f"{modality.absent:,}"
    return rows


def _leakage(one):
    counts = {
        "ids": None if one.ids is None else len(one.ids),
        "videos": None if one.videos is None else len(one.videos),
        "texts": one.texts,
        "samples with the same features": one.content,
    }
    return leakage_sentence(one.first, one.second, counts)


def leakage_sentence(first, second, counts):
    """Say what two splits share.

    Args:
        first: Name of a split.
        second: Name of another.
        counts: From what may be shared to how much is; `None` where the data does not tell.
    """
    shared = [f"{count:,} {what}" for what, count in counts.items() if count]
    unknown = [what for what, count in counts.items() if count is None]
    sentence = f"{first} and {second} share {', '.join(shared) or 'nothing'}"
    return sentence + (f" (not known: {', '.join(unknown)})." if unknown else ".")
