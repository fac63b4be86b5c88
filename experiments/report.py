"""Write one self-contained HTML page about a run."""

import csv
from pathlib import Path

import jinja2
import numpy as np
import yaml

from experiments import figures
from utils.command_line import CommandParser, console, run_command
from utils.formats.split import MODALITIES, SPLITS
from utils.run_folder import RunFolder, read_json, write_text

EXAMPLE = "python -m experiments.report runs/my-run"
TEMPLATES = Path(__file__).parent / "templates"


def main():
    """Parse the command line and write a page into each run folder."""
    parser = CommandParser("experiments.report", "Write an HTML page about each run.", EXAMPLE)
    parser.add_argument("run_dirs", type=str, nargs="+", help="folders of runs")
    for run_dir in parser.parse_args().run_dirs:
        folder = RunFolder.open(run_dir)
        if folder.processing.exists():
            # What this family needs is not always installed.
            from experiments.text_tabular.report import write_report as write
        else:
            write = write_report
        write(folder)
        console.print(f"Report: {folder.report}")


def write_report(folder):
    """Write `report.html` into a run folder, from the files that are there.

    The page holds learning curves and, for each evaluated split, the metrics, predicted against
    true scores, the confusion matrix of the seven classes, modality weights, and the error by
    length.

    Args:
        folder: A `RunFolder`.

    Raises:
        FileNotFoundError: If no split has been evaluated.
    """
    evaluated = [s for s in SPLITS if (folder.evaluation / f"{s}.json").exists()]
    if not evaluated:
        raise FileNotFoundError(
            f"{folder.evaluation} holds no evaluation. Expected: valid.json or test.json. "
            f"Run `python -m experiments.evaluate {folder.path} --data DIR --split valid` first."
        )
    history = folder.load_metrics()
    page = page_template("report.html.j2").render(
        name=folder.path.name,
        config=folder.load_config(),
        config_text=yaml.safe_dump(folder.load_config(), sort_keys=False),
        metadata=folder.load_metadata(),
        history=history,
        kept=kept_epoch(history, folder.load_config()["keep"]),
        learning_curves=figures.learning_curves(history),
        splits=[_split_section(folder, split) for split in reversed(evaluated)],
    )
    write_text(folder.report, page)


def page_template(name):
    """Return a template of an HTML page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def kept_epoch(history, keep, criterion="valid_MAE"):
    """Return the entry of the epoch whose model the run has kept."""
    return history[-1] if keep == "last" else min(history, key=lambda entry: entry[criterion])


def _split_section(folder, split):
    summary = read_json(folder.evaluation / f"{split}.json")
    with (folder.evaluation / f"{split}_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    labels, scores = (np.array([float(r[key]) for r in rows]) for key in ("label", "prediction"))
    columns = [f"weight_{name}" for name in MODALITIES]
    weighs = columns[0] in rows[0]
    weights = np.array([[float(r[name]) for name in columns] for r in rows]) if weighs else None
    lengths = np.array([int(r["length"]) for r in rows])
    return {
        **summary,
        "scatter": figures.prediction_scatter(labels, scores),
        "confusion": figures.confusion_matrix(labels, scores),
        "weights": None if weights is None else figures.modality_weights(weights),
        "error_by_length": figures.error_by_length(lengths, np.abs(labels - scores)),
    }


if __name__ == "__main__":
    run_command(main)
