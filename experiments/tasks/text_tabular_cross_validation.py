"""Cross-validation of text-and-table models over train and valid."""

import dataclasses

from experiments.tasks.text_tabular_evaluation import encode_texts
from experiments.tasks.text_tabular_training import build_model, fit_processing, fit_text_tabular
from experiments.tasks.text_tabular_validation import ClassValidation
from experiments.training.folds import assign_folds, fit_folds, summarize_folds
from experiments.training.loop import set_up
from utils.files import write_rows
from utils.measures.classification import classification_metrics
from utils.tables.schema import sorted_classes


def cross_validate(settings, table, schema, folder):
    """Train on all folds but one, predict that one, for each fold in turn.

    Scaling, categories and a vocabulary that is learned are fitted to the rows that a fold trains
    on. Where a pretrained BERT is frozen, the texts are encoded once for all folds.

    Args:
        settings: `TextTabularSettings`, checked; `folds` and `group` say how to cut.
        table: The `Table` of all rows.
        schema: Its `Schema`.
        folder: The `RunFolder` that receives `folds.json` and `folds_predictions.csv`.

    Returns:
        From the heading of a column to its metrics by name.

    Raises:
        ValueError: If there is no column `group`, or there are fewer groups than folds.
    """
    assignment = assign_folds(len(table), table.columns, settings.folds, settings.group)
    classes = settings.classes or sorted_classes(table.columns[schema.label])
    settings = dataclasses.replace(settings, classes=list(classes))
    processing = fit_processing(settings, table, schema)
    everything = processing.read(table)
    encoded = _encode_once(settings, everything)

    def fit(rows, held_out, name, checkpoints):
        samples = fit_processing(settings, table.take(rows), schema).read(table)
        train, valid = samples.take(rows), samples.take(held_out)
        parts = None if encoded is None else [encoded[rows], encoded[held_out]]
        return fit_text_tabular(
            settings, train, valid, label=name, checkpoints=checkpoints, encoded=parts
        )

    scores = fit_folds(fit, assignment, folder)
    columns, _ = summarize_folds(
        folder,
        lambda rows, found: classification_metrics(everything.labels[rows], found),
        scores,
        assignment,
        ClassValidation.criterion.removeprefix("valid_"),
    )
    rows = [
        {"id": everything.ids[i], "fold": assignment[i] + 1, "label": classes[label]}
        | {f"probability_{name}": p for name, p in zip(classes, scores[-1, i], strict=True)}
        for i, label in enumerate(everything.labels)
    ]
    write_rows(folder.path / "folds_predictions.csv", rows)
    return columns


def _encode_once(settings, samples):
    """Return what `encode_texts` makes of all samples, or `None` if folds differ in it."""
    if settings.tokenizer is None:
        return None
    set_up(settings)
    model = build_model(settings, samples)
    if not model.text_encoder.frozen:
        return None
    return encode_texts(model, samples)
