"""Write one self-contained HTML page about a run of a text-and-table model."""

import csv

import numpy as np
import yaml
from matplotlib.figure import Figure

from experiments.figures import COLOURS, to_svg
from experiments.page import page_template
from experiments.text_tabular.validation import ClassValidation
from experiments.validation import kept_epoch
from utils.formats.split import SPLITS
from utils.run_folder import read_json, write_text
from utils.text_tabular_data import Schema


def write_report(folder):
    """Write `report.html` into a run folder, from the files that are there.

    The page holds the columns, learning curves and, for each evaluated split, metrics, the
    confusion matrix and the share of the text by class.

    Args:
        folder: A `RunFolder`.
    """
    history, config = folder.load_metrics(), folder.load_config()
    evaluated = [s for s in SPLITS if (folder.evaluation / f"{s}.json").exists()]
    processing = read_json(folder.processing)
    page = page_template("text_tabular_report.html.j2").render(
        name=folder.path.name,
        config=config,
        config_text=yaml.safe_dump(config, sort_keys=False),
        metadata=folder.load_metadata(),
        schema=list(Schema.from_json(processing["schema"]).rows()),
        history=history,
        kept=kept_epoch(history, config["keep"], ClassValidation.criterion),
        learning_curves=learning_curves(history),
        splits=[
            _split_section(folder, split, processing["classes"]) for split in reversed(evaluated)
        ],
    )
    write_text(folder.report, page)


def _split_section(folder, split, classes):
    summary = read_json(folder.evaluation / f"{split}.json")
    with (folder.evaluation / f"{split}_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    index = {label: i for i, label in enumerate(classes)}
    labels, predicted = (
        np.array([index[row[key]] for row in rows]) for key in ("label", "prediction")
    )
    section = {**summary, "confusion": confusion_matrix(labels, predicted, classes)}
    if "mixture" in summary:
        shares = np.array([float(row["weight_text"]) for row in rows])
        section["shares"] = shares_by_class(shares, labels, classes)
        if "gate_by_class" in summary["mixture"]:
            section["gate"] = gate_by_class(summary["mixture"]["gate_by_class"])
    return section


def learning_curves(history):
    """Draw cross-entropy and validation accuracy by epoch.

    Args:
        history: The lines of `metrics.jsonl`; epoch 0 is the untrained model.
    """
    figure = Figure(figsize=(8, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    trained = [entry for entry in history if entry.get("loss") is not None]
    epochs = [entry["epoch"] for entry in history]
    left.plot(
        [entry["epoch"] for entry in trained],
        [entry["loss"] for entry in trained],
        color="#555",
        label="training",
    )
    left.plot(
        epochs,
        [entry["valid_log_loss"] for entry in history],
        color=COLOURS["text"],
        label="validation",
    )
    left.set(xlabel="epoch", ylabel="cross-entropy")
    left.legend(frameon=False)
    right.plot(epochs, [entry["valid_accuracy"] for entry in history], color=COLOURS["text"])
    right.set(xlabel="epoch", ylabel="validation accuracy")
    return to_svg(figure)


def confusion_matrix(labels, predicted, classes):
    """Draw the counts of true by predicted class.

    Args:
        labels: Index of the true class, `(N,)`.
        predicted: Index of the predicted class, `(N,)`.
        classes: Their names.
    """
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, (labels, predicted), 1)
    figure = Figure(figsize=(4, 4), layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(classes) <= 20:
        for (row, column), count in np.ndenumerate(counts):
            shade = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=shade)
        axes.set(xticks=range(len(classes)), yticks=range(len(classes)))
        axes.set(xticklabels=classes, yticklabels=classes)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.spines[["left", "bottom"]].set_visible(False)
    return to_svg(figure)


def shares_by_class(shares, labels, classes):
    """Draw how the share of the text is spread over the samples of each class.

    Args:
        shares: `(N,)`, in [0, 1].
        labels: Index of the true class, `(N,)`.
        classes: Their names.
    """
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    present = [i for i in range(len(classes)) if (labels == i).any()]
    parts = axes.boxplot(
        [shares[labels == i] for i in present], widths=0.5, patch_artist=True, showfliers=False
    )
    for box, median in zip(parts["boxes"], parts["medians"], strict=True):
        box.set(facecolor=COLOURS["text"], alpha=0.6)
        median.set(color="black")
    axes.set(ylabel="share of the text", xlabel="true class", ylim=(-0.02, 1.02))
    axes.set_xticks(range(1, len(present) + 1), [classes[i] for i in present])
    return to_svg(figure)


def gate_by_class(means):
    """Draw the mean gate of each class in each dimension, those that differ most on the right.

    Args:
        means: From each class to its mean, `(fusion_dim,)`.
    """
    values = np.array([*means.values()])
    order = np.argsort(np.ptp(values, axis=0), kind="stable")
    figure = Figure(figsize=(4, 1 + 0.35 * min(len(values), 10)), layout="constrained")
    axes = figure.subplots()
    drawn = axes.imshow(
        values[:, order], cmap="RdBu", vmin=0, vmax=1, aspect="auto", interpolation="nearest"
    )
    figure.colorbar(drawn, ax=axes, label="share of the text")
    axes.set(xlabel="dimension, by difference between classes", ylabel="true class", xticks=[])
    if len(means) <= 20:
        axes.set_yticks(range(len(means)), [*means])
    axes.spines[["left", "bottom"]].set_visible(False)
    return to_svg(figure)
