"""What is printed at the end of an extraction."""

import collections

import numpy as np
from rich.table import Table

from data.extract.output import FAILURES
from utils.command_line import PartlyFailed, RunFailed, console

# Notes that are printed; all are in the files.
SHOWN = 5


def tell(rows, output, failures):
    """Print what was extracted.

    Args:
        rows: The rows of the index.
        output: The `ExtractionOutput`.
        failures: From the id of each clip that failed to the reason.

    Raises:
        PartlyFailed: If some clips failed.
        RunFailed: If all failed.
    """
    listed = output.folder / FAILURES
    if not rows:
        name, reason = next(iter(failures.items()))
        raise RunFailed(
            f"no clip could be extracted. The first of {len(failures)} is {name!r}: {reason} All "
            f"are listed in {listed}."
        )
    details = {row["id"]: output.files.read(row["id"]) for row in rows}
    counts = collections.Counter(note for found in details.values() for note in found["notes"])
    for note, count in counts.most_common(SHOWN):
        clips = f"{count} clips" if count > 1 else "1 clip"
        console.print(f"{clips}: {note}", style="cyan", markup=False, highlight=False)
    if len(counts) > SHOWN:
        console.print(f"{len(counts) - SHOWN} other notes: see the column notes of index.csv")
    console.print(f"Written to {output.folder}:", markup=False)
    console.print(_table(rows, details))
    if failures:
        raise PartlyFailed(
            f"{len(failures)} of {len(rows) + len(failures)} clips could not be extracted, the "
            f"others were. They are listed in {listed}. --resume tries them again."
        )


def _table(rows, details):
    table = Table()
    table.add_column("split")
    for heading in ("clips", "minutes", "words", "seconds of work"):
        table.add_column(heading, justify="right")
    for split in dict.fromkeys(row["split"] for row in rows):
        found = [details[row["id"]] for row in rows if row["split"] == split]
        minutes = sum(one["end"] - one["start"] for one in found) / 60
        words = sum(len(one["text"].split()) for one in found)
        seconds = np.sum([*(sum(one["seconds"].values()) for one in found)])
        table.add_row(split, str(len(found)), f"{minutes:.1f}", f"{words:,}", f"{seconds:,.0f}")
    return table
