"""Write one self-contained HTML page about a run of a text-and-table model."""

import numpy as np
import yaml

from experiments.pages import class_figures, importance
from experiments.pages.cards import model_card
from experiments.pages.evaluated_classes import EvaluatedClasses, page_data
from experiments.pages.figures import confusion_matrix, error_by_length
from experiments.pages.page import page_template
from experiments.pages.predictions import evaluated_splits, extremes
from experiments.pages.score_figures import ablation_bars
from experiments.pages.text_tabular_cards import data_card, open_run_tables
from experiments.pages.weight_figures import weights_by_sample
from experiments.runs.text_tabular_runs import load_run
from experiments.tasks.text_tabular_validation import ClassValidation
from experiments.training.validation import kept_epoch
from utils.command_line import announce
from utils.files import write_text

# Fields that the figure of importance shows.
MOST_FIELDS = 12


def write_report(folder, data=None):
    """Write `report.html` into a run folder.

    The page holds the columns, learning curves and, for each evaluated split, metrics and figures
    of predictions and of how text and table were mixed; the best and worst samples; a table of all
    predictions; a card of the model. With the data it also holds texts and fields, what each of
    them is worth, and a card of the data.

    Args:
        folder: A `RunFolder`.
        data: Where the run's data is, as `--data` of training; `None`: where it was.

    Raises:
        FileNotFoundError: If no split has been evaluated, or there is nothing at `data`.
        ValueError: If `data` holds other samples.
    """
    history, config = folder.load_metrics(), folder.load_config()
    model, processing = load_run(folder)
    schema, classes = processing.schema, processing.classes
    tables = open_run_tables(config, data)
    evaluated = {
        name: EvaluatedClasses(folder, name, classes, schema, tables.get(name))
        for name in evaluated_splits(folder)
    }
    shown = next(iter(evaluated))
    measured = _importance(model, processing, tables.get(shown))
    page = page_template("text_tabular_report.html.j2").render(
        name=folder.path.name,
        config=config,
        config_text=yaml.safe_dump(config, sort_keys=False),
        metadata=folder.load_metadata(),
        schema=list(schema.rows()),
        history=history,
        kept=kept_epoch(history, config["keep"], ClassValidation.criterion),
        learning_curves=class_figures.learning_curves(history),
        splits=[_split_section(split) for split in evaluated.values()],
        shown=shown,
        classes=classes,
        examples=_examples(evaluated[shown]),
        page_data=_page_data(evaluated[shown]),
        data=data_card(tables, schema, classes, config.get("group")) if tables else None,
        model=model_card(model),
        processing=_processing_card(processing),
        **measured,
    )
    write_text(folder.report, page)


def _split_section(split):
    labels, probabilities, classes = split.labels, split.probabilities, split.classes
    counts = class_figures.confusion_counts(labels, split.predicted, len(classes))
    drawn = {
        "Confusion matrix": confusion_matrix(counts, classes),
        "Calibration": class_figures.class_calibration(labels, probabilities, classes),
    }
    if len(np.unique(labels)) > 1:
        drawn |= {
            "ROC": class_figures.roc_curves(labels, probabilities, classes),
            "Precision and recall": class_figures.precision_recall_curves(
                labels, probabilities, classes
            ),
        }
    if split.texts is not None:
        wrong = (split.predicted != labels).astype(float)
        drawn["Errors by length"] = error_by_length(split.words, wrong, "words", "share of errors")
    if split.shares is not None:
        both = np.stack([split.shares, 1 - split.shares], axis=1)
        drawn |= {
            "Share of the text by class": class_figures.shares_by_class(
                split.shares, labels, classes
            ),
            "Share of the text of each sample": weights_by_sample(both, ("text", "table")),
        }
    if split.gate is not None:
        drawn["The gate by class"] = class_figures.gate_by_class(_gate_means(split))
    return {**split.summary, "figures": drawn}


def _gate_means(split):
    return split.summary["mixture"]["gate_by_class"]


def _page_data(split):
    order = None if split.gate is None else class_figures.gate_order(_gate_means(split))
    return page_data(split, order)


def _importance(model, processing, table):
    """Return what the page shows of the importance of text and table."""
    if table is None or not processing.schema.fields:
        return {"ablation": None}
    announce("Measuring what text and fields are worth")
    samples = processing.read(table.take(importance.some_rows(len(table))))
    measured = importance.permutation_importance(model, samples)
    sides = [name for name in measured if not name.startswith("field ")]
    fields = sorted(measured.keys() - {*sides}, key=lambda name: -measured[name]["log_loss"])
    return {
        "ablation": {name: measured[name] for name in (*sides, *fields)},
        "ablation_bars": ablation_bars(
            {name: measured[name] for name in (*sides, *fields[:MOST_FIELDS])}, "log_loss"
        ),
        "ablation_draws": importance.DRAWS,
        "ablation_samples": len(samples),
    }


def _examples(split):
    """Return for each heading the samples to show, as dicts."""
    return {
        heading: [
            {
                "id": split.ids[i],
                "label": split.classes[split.labels[i]],
                "prediction": f"{split.classes[split.predicted[i]]}"
                f" ({split.probabilities[i].max():.2f})",
                "text": split.texts[i] if split.texts else "",
            }
            for i in rows
        ]
        for heading, rows in extremes(split.errors).items()
    }


def _processing_card(processing):
    return {
        "chunks": processing.chunks,
        "chunk_tokens": processing.chunk_tokens,
        "overlap": processing.overlap,
        "vocabulary": len(processing.tokenizer.vocabulary),
        "fields": len(processing.schema.fields),
        "width": sum(processing.transform.widths.values()),
    }
