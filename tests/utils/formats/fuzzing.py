"""Damaging the files of small data sets, and what every reader must still do with them.

Whatever the bytes of a file, a reader returns samples that are sound, or raises an error that
names the file. `test_fuzzing` tries this with hypothesis, `fuzz_readers` with atheris.
"""

import json

import h5py
import numpy as np

from tests.utils.formats.csd_files import FILES, SEGMENTS, WORD_TIMES, frames, write_sequence
from tests.utils.formats.mmsa_data import make_split, write_pickle
from tests.utils.formats.pickle_data import make_misa, make_mult
from utils.formats import MODALITIES, InvalidData, open_data
from utils.formats.reader import Reader
from utils.formats.table import index_path, write_table

COUNT = 3
SHAPES = {"text": (4, 2), "audio": (5, 3), "video": (6, 2)}
LABELS = [1.5, -2.0, 0.0]
INDEX = {"id": ["v$_$0", "v$_$1", "w$_$0"], "text": ["a, b", "ç\nd", '"']}
TABLES = (".csv", ".json")
# What a reader may take; small, so that what takes more stands out.
MEMORY = 32 * 2**20
LONGEST_MESSAGE = 3000


def make_features():
    rng = np.random.default_rng(0)
    return {m: rng.normal(size=(COUNT, *shape)).astype("f4") for m, shape in SHAPES.items()}


def write_hdf5(folder):
    """Write each modality in another form of storage; return the path to open."""
    features = make_features()
    with h5py.File(folder / "text_train_emb.h5", "w") as file:
        file["d1"] = features["text"]
    with h5py.File(folder / "audio_train.h5", "w") as file:
        file.create_dataset("d1", data=features["audio"], chunks=(2, 5, 3), compression="gzip")
    with h5py.File(folder / "video_train.h5", "w") as file:
        video = features["video"].astype(">f8")
        file.create_dataset("d1", data=video, chunks=(1, 6, 2), shuffle=True, fletcher32=True)
    with h5py.File(folder / "y_train.h5", "w") as file:
        file["d1"] = np.array(LABELS)[:, None]
        file["text"] = np.array([1, -1, 0], "i1")
    write_table(index_path(folder, "train"), INDEX)
    return folder


def write_mmsa(folder):
    split = make_split("train", 2, tuple(SHAPES.values()))
    return write_pickle(folder / "data.pkl", {"train": split})


def write_mult(folder):
    return write_pickle(folder / "data.pkl", make_mult(ids="mixed", sizes={"train": COUNT}))


def write_misa(folder):
    return write_pickle(folder / "data.pkl", make_misa(sizes={"train": COUNT}))


def write_features(folder):
    """Write a sample to a plain and one to a compressed `.npz`, and one to `.npy` files."""
    first, second, third = ({m: x[i] for m, x in make_features().items()} for i in range(COUNT))
    np.savez(folder / "one.npz", **first)
    np.savez_compressed(folder / "two.npz", **second)
    for modality, x in third.items():
        (folder / modality).mkdir()
        np.save(folder / modality / "three.npy", x.astype("f8").T.copy().T)
    columns = {"id": ["one", "two", "three"], "split": ["train"] * 3, "label": LABELS}
    write_table(folder / "index.csv", columns)
    return folder


def write_csd(folder):
    rng = np.random.default_rng(0)
    scores = np.pad(np.array([[1.5], [-2.0], [0.5]]), ((0, 0), (0, 1)))
    video = {
        "text": (rng.normal(size=(8, 2)).astype("f4"), WORD_TIMES),
        "words": (np.array([["sp"], ["it"], *[["ç".encode()]] * 6], "S4"), WORD_TIMES),
        "audio": (rng.normal(size=(8, 2)), frames(2)),
        "video": (rng.normal(size=(8, 1)).astype("f4"), frames(2)),
        "labels": (scores, SEGMENTS),
    }
    for role, sequence in video.items():
        write_sequence(folder, role, {"a": sequence})
    (folder / "folds.json").write_text(json.dumps({"train": ["a", "absent"], "test": []}))
    names = {role: name for role, (name, _) in FILES.items()}
    (folder / "sequences.json").write_text(json.dumps(names))
    return folder


# From each format to the function that writes a small data set into an empty folder.
WRITERS = {
    "hdf5": write_hdf5,
    "pickle": write_mmsa,
    "mult": write_mult,
    "misa": write_misa,
    "features": write_features,
    "csd": write_csd,
}


class DamagedFile:
    """A file of a small data set of its own, to be damaged again and again.

    Args:
        folder: An empty folder.
        kind: A key of `WRITERS`.
        name: The file's path in the folder.

    Attributes:
        intact: The file's bytes before.
    """

    def __init__(self, folder, kind, name):
        self.folder = folder
        self.data = WRITERS[kind](folder)
        self.file = folder / name
        self.intact = self.file.read_bytes()

    def check(self, content):
        """Check that the data with this content of the file is read soundly or refused."""
        self.file.write_bytes(content)
        check_data(self.data, self.folder)


def damaged_files(kind, folder):
    """Return a `DamagedFile` for each file of a data set, each in a folder of its own."""
    whole = folder / "whole"
    whole.mkdir()
    WRITERS[kind](whole)
    names = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    found = []
    for number, name in enumerate(names):
        own = folder / str(number)
        own.mkdir()
        found.append(DamagedFile(own, kind, name))
    return found


def _swap(content, i, length):
    first, second = content[i : i + length], content[i + length : i + 2 * length]
    return content[:i] + second + first + content[i + 2 * length :]


# From each way to damage bytes to its function of the bytes, a position and other bytes.
CHANGES = {
    "set": lambda x, i, value: x[:i] + value + x[i + len(value) :],
    "flip": lambda x, i, value: x[:i] + bytes(b ^ value[0] for b in x[i : i + 1]) + x[i + 1 :],
    "insert": lambda x, i, value: x[:i] + value + x[i:],
    "remove": lambda x, i, value: x[:i] + x[i + len(value) :],
    "swap": lambda x, i, value: _swap(x, i, 8 * len(value)),
    "cut": lambda x, i, _: x[:i],
}


def damage(content, changes):
    """Return bytes after changes, done one after the other.

    Args:
        content: Bytes.
        changes: Triples of a key of `CHANGES`, a position, which counts on from the start again
            behind the end, and bytes, at least one.
    """
    for how, position, value in changes:
        content = CHANGES[how](content, position % (len(content) + 1), value)
    return content


def check_data(path, folder):
    """Check that data is read soundly, and alike as a whole and row by row, or refused."""
    reader, _ = _attempt(lambda: open_data(path), folder)
    if reader is not None:
        splits, _ = _attempt(reader.splits, folder)
        for split in splits or ():
            _check_split(reader, split, folder)


def _check_split(reader, split, folder):
    whole, refusal = _attempt(lambda: reader.read(split), folder)
    if whole:
        _check_sound(whole)
    if type(reader).stream is not Reader.stream:
        rows, refused_rows = _attempt(lambda: _read_rows(reader, split), folder)
        assert bool(refusal) == bool(refused_rows), f"read: {refusal}\nstream: {refused_rows}"
        if whole:
            _check_alike(whole, rows)


def _read_rows(reader, split):
    stored = reader.stream(split)
    return stored.take(np.arange(len(stored)))


def _attempt(run, folder):
    """Return what `run` returns, or `None` and the message of the error it raises."""
    try:
        return run(), None
    except (InvalidData, FileNotFoundError) as error:
        message = str(error)
    assert str(folder) in message, f"names no file: {message}"
    assert "Received: " in message, f"does not say what was received: {message}"
    assert "Expected: " in message or " must " in message, f"does not say what is right: {message}"
    assert len(message) <= LONGEST_MESSAGE, f"{len(message)} characters: {message[:200]}"
    return None, message


def _check_sound(split):
    count = len(split)
    assert count and set(split.sequences) == set(MODALITIES)
    for x in split.sequences.values():
        assert x.dtype == np.float32 and x.ndim == 3 and len(x) == count and np.isfinite(x).all()
    for y in (split.labels, *split.modality_labels.values()):
        assert y.dtype == np.float32 and len(y) == count and np.isfinite(y).all()
    for values in split.index.values():
        assert len(values) == count and all(type(value) is str for value in values)
    for counts in split.step_counts.values():
        assert counts.shape == (count,) and (counts >= 0).all()


def _check_alike(whole, rows):
    for modality, x in whole.sequences.items():
        np.testing.assert_array_equal(x, rows.sequences[modality])
    np.testing.assert_array_equal(whole.labels, rows.labels)
    assert whole.index == rows.index
