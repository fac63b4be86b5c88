import json

import numpy as np
import pytest

from data.convert.__main__ import main as convert
from experiments.runs.run_folder import RunFolder
from experiments.train import main
from tests.conftest import QUICK_MODEL, TINY_MODEL, call
from tests.utils.formats.csd_files import write_sequences
from tests.utils.formats.mmsa_data import make_data, write_pickle
from tests.utils.formats.pickle_data import make_misa, make_mult
from utils.files import read_json
from utils.formats import open_data
from utils.formats.table import write_table

SHAPES = ((7, 6), (9, 5), (8, 4))


def write_own_features(folder):
    rng = np.random.default_rng(0)
    folder.mkdir()
    splits = ["train"] * 6 + ["valid"] * 3
    for i in range(len(splits)):
        arrays = {name: rng.normal(size=(3 + i % 4, 2)) for name in ("text", "audio", "video")}
        np.savez(folder / f"clip{i}.npz", **arrays)
    ids = [f"clip{i}" for i in range(len(splits))]
    labels = np.linspace(-2, 2, len(splits))
    write_table(folder / "index.csv", {"id": ids, "split": splits, "label": labels})
    return folder


FORMATS = {
    "pickle": lambda path: write_pickle(path / "data.pkl", make_data(shapes=SHAPES)),
    "MulT": lambda path: write_pickle(path / "data.pkl", make_mult("emotions")),
    "MISA": lambda path: write_pickle(path / "data.pkl", make_misa()),
    "csd": lambda path: write_sequences(path / "csd"),
    "features": lambda path: write_own_features(path / "own"),
}


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "MulT"])
def test_trains_on_every_format(name, tmp_path, eagerly):
    data = FORMATS[name](tmp_path)
    options = ("--run-dir", tmp_path / "run", "--epochs", 1, "--batch-size", 4)
    call(main, "--data", data, *options, *QUICK_MODEL)
    run = RunFolder.open(tmp_path / "run")
    assert run.status == "finished"
    assert run.load_metadata()["data"]
    assert np.isfinite(read_json(run.evaluation / "valid.json")["metrics"]["MAE"])


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_converts(name, tmp_path):
    data = FORMATS[name](tmp_path)
    call(convert, data, tmp_path / "new")
    before, after = open_data(data), open_data(tmp_path / "new")
    assert before.splits() == after.splits() and before.target == after.target
    for split in before.splits():
        one, other = before.read(split), after.read(split)
        assert one.index == other.index
        np.testing.assert_array_equal(one.labels, other.labels)
        for modality in one.sequences:
            np.testing.assert_array_equal(one.sequences[modality], other.sequences[modality])


def test_labels_of_modalities_survive_conversion(tmp_path):
    data = write_pickle(tmp_path / "sims.pkl", make_data(shapes=SHAPES, sims=True))
    before = open_data(data).read("train").modality_labels
    assert set(before) == {"text", "audio", "video"}
    call(convert, data, tmp_path / "new")
    after = open_data(tmp_path / "new").read("train").modality_labels
    for name, labels in before.items():
        np.testing.assert_array_equal(labels, after[name])


def test_feature_files_replace_a_modality(tmp_path, eagerly):
    data = write_pickle(tmp_path / "data.pkl", make_data(shapes=SHAPES))
    other = write_pickle(tmp_path / "bert.pkl", make_data(shapes=((7, 11), *SHAPES[1:])))
    run = tmp_path / "run"
    feature_file = ("--feature-files.text", other)
    options = ("--run-dir", run, "--epochs", 1, *QUICK_MODEL)
    call(main, "--data", data, *feature_file, *options)
    with np.load(run / "normalization.npz") as scaling:
        assert len(scaling["shift_text"]) == 11
    assert json.loads((run / "metadata.json").read_text())["data"].keys() == {
        "data.pkl",
        "bert.pkl",
    }
    call(convert, data, tmp_path / "new", *feature_file)
    assert open_data(tmp_path / "new").read("valid").widths["text"] == 11


def test_feature_files_need_a_pickle(data_dir, tmp_path, fails):
    message = fails(main, "--data", data_dir, "--feature-files.text", "x.pkl", *TINY_MODEL)
    assert "`feature_files` replace features of an MMSA pickle" in message


def test_streamed_trimmed_or_packed_training_learns_as_in_memory(data_dir, tmp_path, eagerly):
    def mae(name, *options):
        path = tmp_path / name
        options += ("--epochs", 1, "--batch-size", 1000, "--model-args.dropout_rate", 0)
        call(main, "--data", data_dir, "--run-dir", path, *TINY_MODEL, *options)
        return [entry["valid_MAE"] for entry in RunFolder.open(path).load_metrics()]

    plain = mae("plain")
    np.testing.assert_allclose(mae("changed", "--stream", "true", "--buckets", 1), plain, atol=1e-4)
    np.testing.assert_allclose(mae("packed", "--packing"), plain, atol=1e-4)
