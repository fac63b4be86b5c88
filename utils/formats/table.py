"""CSV tables about samples, `index_SPLIT.csv`."""

import csv
from pathlib import Path


def index_path(directory, split):
    """Return where a data folder describes the samples of a split."""
    return Path(directory) / f"index_{split}.csv"


def write_table(path, columns):
    """Write a CSV table with a header.

    Args:
        path: The file.
        columns: From each column to its values, all as many.
    """
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
