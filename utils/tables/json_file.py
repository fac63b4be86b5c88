"""A JSON file of records, such as the transcripts of MUStARD."""

import json

import numpy as np

from utils.untrusted.invalid_data import InvalidData

ADVICE = "Write a JSON object that maps the id of each sample to an object."


def read_json_records(path):
    """Read a JSON object that maps the id of each sample to an object with its values.

    Every value becomes a text: true and false are `true` and `false`, null and values that are not
    there are empty, the texts of a list are joined by line breaks.

    Args:
        path: A UTF-8 file.

    Returns:
        A dict from each column to its values, NumPy arrays of str `(N,)`. The first column, `id`,
        holds the ids. An id that the file has twice is there twice.

    Raises:
        InvalidData: If the file is not such an object, or a value is no text, number, truth or
            list of texts. The message names file, id and column.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            # Objects become tuples of pairs: a dict would drop samples whose id occurs twice.
            samples = json.load(file, object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise InvalidData(f"{path} must be a JSON file. Received: {error}. {ADVICE}") from error
    if not isinstance(samples, tuple):
        raise InvalidData(
            f"{path} must hold a JSON object. Received: a {type(samples).__name__}. {ADVICE}"
        )
    if not samples:
        raise InvalidData(f"{path} must have a row. Received: an empty table.")
    names, rows = {"id": None}, []
    for row, (sample, values) in enumerate(samples):
        where = f"{path}, row {row} (id {sample!r}),"
        if not isinstance(values, tuple):
            received = type(values).__name__
            raise InvalidData(f"{where} must be a JSON object. Received: {received}. {ADVICE}")
        rows.append({_whole(n): _text(f"{where} column {n!r},", value) for n, value in values})
        rows[-1]["id"] = _whole(sample)
        names |= dict.fromkeys(rows[-1])
    return {n: np.array([row.get(n, "") for row in rows], dtype=object) for n in names}


def _text(where, value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return _whole(str(value))
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return _whole("\n".join(value))
    raise InvalidData(
        f"{where} must hold a text, a number, true, false, or a list of texts. Received: "
        f"{json.dumps(value)[:80]}. Correct it, or remove it."
    )


def _whole(text):
    """Return a text with `?` for halves of characters, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()
