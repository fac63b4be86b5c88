"""What all recipes do: check arguments, and describe what they made."""

import json

DESCRIPTION_FILE = "prepared.json"


def check_draw(valid_share, seed):
    """Raise a `ValueError` unless `valid_share` lies between 0 and 1 and `seed` is at least 0."""
    if not 0 < valid_share < 1:
        raise ValueError(
            f"`valid_share` must lie between 0 and 1. Received: {valid_share}. Choose 0.1."
        )
    if seed < 0:
        raise ValueError(
            f"`seed` must be at least 0. Received: {seed}. Choose any other whole number."
        )


def write_description(folder, description):
    """Write `prepared.json`, which keeps the options and the checksums of the source.

    Args:
        folder: `Path` of the data folder.
        description: A dict.
    """
    text = json.dumps(description, indent=2) + "\n"
    (folder / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
