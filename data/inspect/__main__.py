"""Command line: `python -m data.inspect DIR_OR_FILE`."""

import dataclasses
import json
import sys

from data.inspect.inspection import inspect_data
from data.inspect.tables import show
from utils.command_line import CommandParser, announce, console, run_command
from utils.split_statistics import CLASSES


def main():
    """Parse the command line, read the data, print its description and the findings."""
    options = make_parser().parse_args()
    if options.json:
        described = as_json(inspect_data(options.path))
        sys.stdout.write(json.dumps(described, indent=2, allow_nan=False) + "\n")
        return
    announce(f"Reading {options.path}")
    console.print(show(inspect_data(options.path)))


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.inspect",
        "Describe a data set: format, shapes, labels, lengths, broken values, constant features, "
        "and content that its splits share; give advice for each fault.",
        "python -m data.inspect runs/data/sarcasm",
    )
    parser.add_argument("path", help="file or folder, in a format of data/README.md")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def as_json(inspection):
    """Convert an `Inspection` to a dict of JSON values."""
    return {
        "path": str(inspection.path),
        "format": inspection.format,
        "files": inspection.files,
        "splits": {name: _split(split) for name, split in inspection.splits.items()},
        "failures": inspection.failures,
        "overlaps": [dataclasses.asdict(one) for one in inspection.overlaps],
        "repetitions": {
            name: dataclasses.asdict(one) for name, one in inspection.repetitions.items()
        },
        "probes": [dataclasses.asdict(one) for one in inspection.probes],
        "findings": [dataclasses.asdict(one) for one in inspection.findings],
    }


def _split(split):
    return {
        "samples": split.samples,
        "empty": split.empty,
        "labels": _labels(split.labels),
        "modality_labels": {name: _labels(y) for name, y in split.modality_labels.items()},
        "modalities": {name: _modality(m) for name, m in split.modalities.items()},
    }


def _labels(y):
    histogram = dict(zip(map(str, CLASSES), y.histogram, strict=True))
    return {**dataclasses.asdict(y), "histogram": histogram}


def _modality(m):
    return {
        "length": m.length,
        "width": m.width,
        "steps": m.summarize_steps(),
        "absent": m.absent,
        "padding": m.padding,
        "gaps": m.gaps,
        "constant": list(m.constant),
        "largest": m.largest,
        "farthest": float(m.outliers.max()),
        "repaired": m.repaired,
    }


if __name__ == "__main__":
    run_command(main)
