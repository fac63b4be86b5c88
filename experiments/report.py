"""Write one self-contained HTML page about a run."""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)

import yaml

from experiments.pages import figures
from experiments.pages.page import page_template
from experiments.pages import score_figures, weight_figures
from experiments.pages.cards import data_card, model_card, open_run_data
from experiments.pages.explanation import ablations, attention_maps
from experiments.pages.predictions import (
    EvaluatedSplit,
    evaluated_splits,
    extremes,
    page_data,
)
from experiments.pages.runs_page import read_scores, write_runs_page
from experiments.runs.run_model import RunModel
from experiments.training.validation import kept_epoch
from utils.command_line import CommandParser, announce, console, run_command
from utils.data_loader import load_split
from utils.formats import MODALITIES
from experiments.runs.run_folder import RunFolder
from utils.files import read_json, write_text

EXAMPLE = "python -m experiments.report runs/my-run"


def main():
    """Parse the command line and write a page into each run folder."""
    arguments = make_parser().parse_args()
    folders = [RunFolder.open(run_dir) for run_dir in arguments.run_dirs]
    tables = [folder for folder in folders if folder.processing.exists()]
    sequences = [folder for folder in folders if folder not in tables]
    if len(tables) > 1 and len(sequences) > 1:
        raise ValueError(
            "Runs of one family are compared with each other. Received: "
            f"{len(sequences)} of sentiment models and {len(tables)} of text-and-table models. "
            "Name them in two commands."
        )
    for folder in folders:
        announce(f"Writing the report of {folder.path}")
        if folder in tables:
            # What this family needs is not always installed.
            from experiments.pages.text_tabular_report import write_report as write

            write(folder, arguments.data)
        else:
            write_report(folder, open_run_data(folder.load_config(), arguments.data))
        console.print(f"Report: {folder.report}", markup=False)
    if len(sequences) > 1:
        _compare(sequences, arguments.output, read_scores)
    if len(tables) > 1:
        from experiments.pages.text_tabular_outcome import read_classes

        _compare(tables, arguments.output, read_classes)


def _compare(folders, output, read):
    path = output or folders[0].path.parent / "comparison.html"
    announce("Comparing the runs")
    write_runs_page(folders, path, read)
    console.print(f"Comparison: {path}", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.report",
        "Write an HTML page about each run, and about several runs one that compares them.",
        EXAMPLE,
    )
    parser.add_argument("run_dirs", type=str, nargs="+", help="folders of runs")
    parser.add_argument(
        "--data",
        type=str,
        default=None,
        help="data for what the page shows of single samples, such as attention, and of the worth "
        "of each input; default: the run's own, if it is still there",
    )
    parser.add_argument(
        "--output",
        type=str,
        default=None,
        help="page that compares several runs; default: comparison.html beside the first run",
    )
    return parser


def write_report(folder, data=None):
    """Write `report.html` into a run folder.

    The page holds learning curves; for each evaluated split the metrics and how predictions,
    errors and modality weights are spread; the best and worst samples; a table of all predictions;
    a card of the model. With the data it also holds what each modality is worth, attention, and a
    card of the data.

    Args:
        folder: A `RunFolder`.
        data: The reader of the run's data, or `None`.

    Raises:
        FileNotFoundError: If no split has been evaluated.
        ValueError: If the data holds other samples than were evaluated.
    """
    evaluated = evaluated_splits(folder)
    splits = {
        name: EvaluatedSplit(folder.evaluation / f"{name}_predictions.csv") for name in evaluated
    }
    config, history, run_model = folder.load_config(), folder.load_metrics(), RunModel.load(folder)
    shown = evaluated[0]
    ablation, attention = None, None
    if data is not None and shown in data.splits():
        split = load_split(data, shown)
        _check_samples(split, splits[shown].ids)
        ablation = ablations(run_model, split)
        attention = attention_maps(run_model, split, splits[shown].errors)
    model = run_model.model
    page = page_template("sequence_report.html.j2").render(
        name=folder.path.name,
        config=config,
        config_text=yaml.safe_dump(config, sort_keys=False),
        metadata=folder.load_metadata(),
        history=history,
        kept=kept_epoch(history, config["keep"]),
        learning_curves=figures.learning_curves(history),
        splits=[_split_section(folder, name, one) for name, one in splits.items()],
        shown=shown,
        classes=figures.CLASSES,
        examples=_examples(splits[shown]),
        ablation=ablation,
        ablation_bars=score_figures.ablation_bars(ablation) if ablation else None,
        page_data=page_data(splits[shown], attention),
        data=data_card(data) if data is not None else None,
        model=model_card(model),
        inputs=zip(MODALITIES, model.seq_lens, model.widths, strict=True),
    )
    write_text(folder.report, page)


def _check_samples(split, ids):
    if list(split.ids) != ids:
        raise ValueError(
            f"The split {split.name} of {split.source} must hold the samples that were evaluated. "
            f"Received: {len(split)} samples, against {len(ids)}, or others. Name the data of the "
            "evaluation by --data."
        )


def _split_section(folder, name, split):
    labels, scores, weights = split.labels, split.scores, split.weights
    drawn = {
        "Predicted against true scores": score_figures.prediction_scatter(labels, scores),
        "Calibration": score_figures.calibration(labels, scores),
        "Confusion matrix of the seven classes": figures.confusion_matrix(
            figures.confusion_counts(labels, scores)
        ),
        "Residuals by score": score_figures.residuals_by_score(labels, scores),
        "Residuals by length": score_figures.residuals_by_length(split.lengths, scores - labels),
        "Error by length": figures.error_by_length(split.lengths, split.errors),
    }
    if weights is not None:
        drawn |= {
            "Modality weights": figures.modality_weights(weights),
            "Modality weights by class": weight_figures.weights_by_class(weights, labels),
            "Modality weights of each sample": weight_figures.weights_by_sample(weights),
        }
    return {**read_json(folder.evaluation / f"{name}.json"), "figures": drawn}


def _examples(split):
    """Return for each heading the samples to show, as dicts."""
    return {
        heading: [
            {
                "id": split.ids[i],
                "label": f"{split.labels[i]:.2f}",
                "prediction": f"{split.scores[i]:.2f}",
                "text": split.texts[i] if split.texts else "",
            }
            for i in rows
        ]
        for heading, rows in extremes(split.errors).items()
    }


if __name__ == "__main__":
    run_command(main)
