"""Ways to spoil an HDF5 folder, and to ask what an inspection says about it."""

import csv

import h5py

from data.inspect import inspect_data

FILES = {"text": "text_{}_emb.h5", "audio": "audio_{}.h5", "video": "video_{}.h5", "y": "y_{}.h5"}


def change(folder, name, split, edit):
    """Replace the array of a file by what `edit` makes of it."""
    with h5py.File(folder / FILES[name].format(split), "r+") as file:
        x = file["d1"][()]
        edited = edit(x)
        del file["d1"]
        file["d1"] = x if edited is None else edited


def change_index(folder, split, column, edit):
    """Replace a column of an index by what `edit` makes of it."""
    path = folder / f"index_{split}.csv"
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    place = header.index(column)
    values = edit([row[place] for row in rows])
    for row, value in zip(rows, values, strict=True):
        row[place] = value
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def put(place, value):
    """Return an edit that sets `x[place]`."""

    def edit(x):
        x[place] = value

    return edit


def found(folder, level=None):
    return [f for f in inspect_data(folder).findings if level in (None, f.level)]


def only(folder, level):
    """Return what the only finding of a level says, and its advice."""
    (finding,) = found(folder, level)
    return f"{finding.what} {finding.advice}"


def has(folder, level, *words):
    texts = [f"{f.what} {f.advice}" for f in found(folder, level)]
    return any(all(word in text for word in words) for text in texts)
