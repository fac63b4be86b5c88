"""Command line: `python -m data.inspect DIR_OR_FILE`."""

import dataclasses
import importlib.util
import json
import sys

from data.inspect.inspection import Inspection, inspect_data
from data.inspect.tables import show
from data.target_options import add_target_options, target_request
from utils.command_line import CommandParser, announce, console, run_command
from utils.files import without_nan


def main():
    """Parse the command line, read the data, print its description and the findings."""
    options = make_parser().parse_args()
    if not options.json:
        announce(f"Reading {options.path}")
    inspection, shown = _inspect(options)
    if not options.json:
        console.print(shown)
        return
    described = (
        as_json(inspection) if isinstance(inspection, Inspection) else tables_as_json(inspection)
    )
    sys.stdout.write(json.dumps(without_nan(described), indent=2, allow_nan=False) + "\n")


def _inspect(options):
    """Return the inspection of features, or of texts with a table, and how it is shown."""
    request = target_request(options)
    if not options.labels and (options.label_file or options.target):
        raise ValueError(
            "--labels false leaves labels out: it goes without --label-file, --target."
        )
    try:
        inspection = inspect_data(options.path, request, options.label_file, options.labels)
        return inspection, show(inspection)
    except FileNotFoundError:
        features_alone = options.label_file or not options.labels
        if features_alone or not all(map(importlib.util.find_spec, ("pyarrow", "tokenizers"))):
            raise
        # Imported late: most data is no table.
        from data.inspect.text_tables import inspect_tables
        from data.inspect.text_view import show_tables
        from utils.tables.splits import find_splits

        tables = find_splits(options.path)
        if not tables:
            raise
        given = {"text": options.text, "label": options.label}
        inspection = inspect_tables(options.path, tables, request, given)
        return inspection, show_tables(inspection)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.inspect",
        "Describe a data set: format, shapes, labels, lengths, broken values, constant features, "
        "and content that its splits share; give advice for each fault.",
        "python -m data.inspect runs/data/sarcasm",
    )
    parser.add_argument("path", help="file or folder, in a format of data/README.md")
    add_target_options(parser)
    for kind in ("text", "label"):
        parser.add_argument(
            f"--{kind}",
            type=str,
            default=None,
            help=f"column of {kind}s of a table; default: found out",
        )
    parser.add_argument(
        "--labels",
        type=bool,
        default=True,
        help="read labels; false: data of sequences needs none, as for experiments.predict",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def as_json(inspection):
    """Convert an `Inspection` to a dict of JSON values."""
    return {
        "path": str(inspection.path),
        "format": inspection.format,
        "files": inspection.files,
        "target": inspection.target
        and {**inspection.target.to_json(), "found": inspection.target.found},
        "feature_names": inspection.names,
        "missing": inspection.missing,
        "splits": {name: _split(split) for name, split in inspection.splits.items()},
        "failures": inspection.failures,
        "overlaps": [dataclasses.asdict(one) for one in inspection.overlaps],
        "repetitions": {
            name: dataclasses.asdict(one) for name, one in inspection.repetitions.items()
        },
        "probes": [dataclasses.asdict(one) for one in inspection.probes],
        "unprobed": inspection.unprobed,
        "findings": [dataclasses.asdict(one) for one in inspection.findings],
    }


def tables_as_json(inspection):
    """Convert a `TableInspection` to a dict of JSON values."""
    return {
        **dataclasses.asdict(inspection),
        "path": str(inspection.path),
        "target": {**inspection.target.to_json(), "found": inspection.target.found},
        "shared": [
            {"first": first, "second": second, **counts}
            for (first, second), counts in inspection.shared.items()
        ],
    }


def _split(split):
    return {
        "samples": split.samples,
        "empty": split.empty,
        "labels": split.labels and dataclasses.asdict(split.labels),
        "modality_labels": {
            name: dataclasses.asdict(y) for name, y in split.modality_labels.items()
        },
        "modalities": {name: _modality(m) for name, m in split.modalities.items()},
    }


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
