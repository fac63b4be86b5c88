import json
import os
import re
import subprocess
import sys

import h5py
import numpy as np
import pytest

from data.inspect import inspect_data
from data.inspect.__main__ import main
from tests.conftest import call, make_samples
from tests.data.spoiling import change, change_index, found, has, only, put
from utils.formats.hdf5 import write_split


def test_a_clean_data_set_has_nothing_to_mend(clean_dir, capsys):
    assert found(clean_dir) == []
    call(main, clean_dir)
    output = capsys.readouterr().out
    assert "Findings: nothing to repair." in output
    assert max(map(len, output.splitlines())) <= 80


def test_what_is_there_is_told(data_dir):
    inspection = inspect_data(data_dir)
    assert inspection.format.startswith("Hdf5Folder: a folder with text_SPLIT_emb.h5")
    assert {name: s.samples for name, s in inspection.splits.items()} == {
        "train": 24,
        "valid": 12,
        "test": 10,
    }
    assert {name: len(files) for name, files in inspection.files.items()} == {
        "train": 5,
        "valid": 5,
        "test": 5,
    }
    path = data_dir / "y_valid.h5"
    assert inspection.files["valid"][str(path)] == path.stat().st_size


def test_labels_of_single_modalities_are_described(clean_dir, capsys):
    with h5py.File(clean_dir / "y_valid.h5", "r+") as file:
        file["audio"] = np.linspace(-2.5, 0.5, len(file["d1"]))[:, None]
    y = inspect_data(clean_dir).splits["valid"].modality_labels["audio"]
    scores = y.scores["score"]
    assert (scores.min, scores.max, scores.mean) == pytest.approx((-2.5, 0.5, -1.0))
    call(main, clean_dir)
    assert re.search(r"valid: audio +-1\.00 ", capsys.readouterr().out)
    call(main, clean_dir, "--json")
    told = json.loads(capsys.readouterr().out)["splits"]["valid"]["modality_labels"]["audio"]
    assert (
        told["scores"]["score"]["min"] == -2.5
        and sum(told["histogram"].values()) == told["distinct"]
    )


def test_broken_values_are_counted(clean_dir):
    change(clean_dir, "audio", "valid", put((slice(2), 0, 1), np.nan))
    change(clean_dir, "audio", "train", put((3, 0, 2), np.inf))
    message = only(clean_dir, "warning")
    assert "audio has NaN or infinite values, which become 0: 1 in train, 2 in valid." in message
    assert "Find out where the extraction fails" in message


def constant(column, value=0.5):
    def edit(x):
        x[..., column] = np.where(np.any(x != 0, axis=-1), value, 0)

    return edit


def test_features_that_never_vary_are_noted(clean_dir):
    for split in ("train", "valid", "test"):
        change(clean_dir, "audio", split, constant(2))
    message = only(clean_dir, "note")
    assert "audio features that never vary: 2. Nothing needs to be done" in message


def test_features_that_vary_outside_training_alone_are_a_warning(clean_dir):
    change(clean_dir, "video", "train", constant(1))
    texts = [f"{f.what} {f.advice}" for f in found(clean_dir)]
    assert len(texts) == 2
    for split, text in zip(("valid", "test"), texts, strict=True):
        assert f"video features that vary in {split} but not in train: 1." in text
        assert "Remove them from the files of all splits" in text


def test_features_that_vary_in_training_alone_are_noted(clean_dir):
    change(clean_dir, "video", "test", constant(0))
    assert "vary in train but not in test: 0. Check that test" in only(clean_dir, "note")


def test_an_empty_modality_is_found(clean_dir):
    change(clean_dir, "video", "valid", np.zeros_like)
    assert "video is all zero in valid. Check the extraction" in only(clean_dir, "warning")


def test_samples_without_a_modality_are_noted(clean_dir):
    change(clean_dir, "audio", "train", put([1, 4], 0))
    assert "Samples without audio: 2 of 24 in train." in only(clean_dir, "note")


def test_samples_without_any_modality_are_a_warning(clean_dir):
    for name in ("text", "audio", "video"):
        change(clean_dir, name, "test", put(0, 0))
    assert "without data in any modality: 1 of 10 in test." in only(clean_dir, "warning")


def test_left_padding_is_noted(clean_dir):
    for split in ("train", "valid", "test"):
        for name in ("text", "audio", "video"):
            change(clean_dir, name, split, lambda x: x[:, ::-1])
    assert "Padding stands on the left in text, audio, video." in only(clean_dir, "note")


def test_padding_on_different_sides_is_a_warning(clean_dir):
    change(clean_dir, "text", "valid", lambda x: x[:, ::-1])
    message = only(clean_dir, "warning")
    assert "on the right in text (train, test), audio (train, valid, test)" in message
    assert "on the left in text (valid). Pad all on one side" in message


def test_zero_steps_inside_a_sample_are_noted(clean_dir):
    def edit(x):
        x[0] = 1 + np.arange(x.shape[2])
        x[0, 2] = 0

    change(clean_dir, "audio", "train", edit)
    assert "zero steps between others: 1 in audio of train." in only(clean_dir, "note")


def test_unscaled_features_and_outliers_are_noted(clean_dir):
    change(clean_dir, "audio", "test", lambda x: x * 1000)
    message = only(clean_dir, "note")
    assert "audio features are unscaled" in message
    assert "Nothing needs to be done: training scales them" in message


def test_outliers_are_noted(tmp_path):
    for seed, split in enumerate(("train", "valid", "test")):
        sequences, labels = make_samples(200, seed)
        if split == "train":
            sequences["text"][0, 0, 3] = 900
        write_split(tmp_path, split, sequences, labels)
    assert has(tmp_path, "note", "text has outliers in train", "features 3.", "--clip-features 5")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda x: x[:, :, 1:], "audio: the width differs: 4 in train, 3 in valid, 4 in test."),
        (
            lambda x: np.pad(x, ((0, 0), (0, 2), (0, 0))),
            "audio: the padded length differs: 6 in train, 8 in valid, 6 in test.",
        ),
    ],
)
def test_shapes_that_differ_between_splits_are_errors(clean_dir, edit, message):
    change(clean_dir, "audio", "valid", edit)
    assert message in only(clean_dir, "error")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda y: np.full_like(y, 2), "All labels of valid are 2. Check how they were written"),
        (lambda y: np.abs(y) + np.float32(1e-3), "All labels of valid are at least 0."),
        (lambda y: -np.abs(y) - np.float32(1e-3), "All labels of valid are below 0."),
    ],
)
def test_labels_of_one_value_or_sign_are_a_warning(clean_dir, edit, message):
    change(clean_dir, "y", "valid", lambda y: np.clip(edit(y), -3, 3))
    assert has(clean_dir, "warning", message)


def test_binary_labels_and_a_dominant_class_are_noted(clean_dir):
    for split in ("train", "valid", "test"):
        change(clean_dir, "y", split, lambda y: np.where(np.arange(len(y)) < 1, -1, 1))
    (clean_dir / "target.json").write_text('{"kind": "score"}')
    assert has(clean_dir, "note", "The labels take only two values. Report the accuracy")
    assert has(clean_dir, "note", "96% of the labels of train are in the bin 1.")


def test_ambiguous_labels_need_a_target(clean_dir, fails, capsys):
    for split in ("train", "valid", "test"):
        change(clean_dir, "y", split, lambda y: (np.arange(len(y)) % 3)[:, None])
    assert "Say which: --target score or --target class" in fails(main, clean_dir)
    call(main, clean_dir, "--target", "class")
    assert "3 classes (0, 1, 2), as --target says" in capsys.readouterr().out


def test_classes_are_counted_and_a_rare_one_is_told(clean_dir, capsys):
    for split in ("train", "valid", "test"):
        change(clean_dir, "y", split, lambda y: np.eye(3)[np.minimum(np.arange(len(y)), 2)])
    call(main, clean_dir)
    output = capsys.readouterr().out
    assert "3 classes (0, 1, 2), read from one-hot rows" in output
    assert max(map(len, output.splitlines())) <= 80
    assert has(clean_dir, "note", "92% of the labels of train are 2. Report macro F1")


def test_true_or_false_labels_without_variation_are_a_warning(clean_dir):
    for split in ("train", "valid", "test"):
        rows = np.array([[0, 0], [1, 0]])
        change(clean_dir, "y", split, lambda y, rows=rows: rows[np.arange(len(y)) % 2])
    assert "Labels of train without variation: None have the label 1." in found(clean_dir)[0].what


def test_scores_beyond_the_range_are_an_error(clean_dir):
    change(clean_dir, "y", "train", put((3, 0), 3.2))
    (clean_dir / "target.json").write_text('{"kind": "score"}')
    assert "Labels beyond [-3, 3]: 1 in train. Correct them" in only(clean_dir, "error")


@pytest.mark.parametrize("count", [19, 20])
def test_a_training_split_of_a_few_samples_is_a_warning(clean_dir, count):
    for seed, split in enumerate(("train", "valid", "test")):
        write_split(clean_dir, split, *make_samples(count if split == "train" else 10, seed))
        (clean_dir / f"index_{split}.csv").unlink()
    told = has(clean_dir, "warning", "train has 19 samples, fewer than 20. Collect more")
    assert told == (count == 19)


def test_a_missing_modality_is_noted(clean_dir, capsys):
    for path in clean_dir.glob("text_*"):
        path.unlink()
    assert "There is no text. Train with --modalities audio video." in only(clean_dir, "note")
    call(main, clean_dir, "--json")
    assert json.loads(capsys.readouterr().out)["missing"] == ["text"]


def test_a_split_with_other_labels_than_train_is_a_warning(tmp_path):
    for seed, (split, share) in enumerate((("train", 0.5), ("valid", 0.5), ("test", 0.9))):
        sequences, labels = make_samples(100, seed)
        labels[:] = np.linspace(0.5, 3, 100)[:, None]
        labels[: round(100 * (1 - share))] *= -1
        write_split(tmp_path, split, sequences, labels)
    message = only(tmp_path, "warning")
    assert "90% of the labels of test are at least 0, but 50% of the labels of train." in message


def test_missing_splits_are_told(clean_dir):
    for path in clean_dir.glob("*_test*"):
        path.unlink()
    assert "There is no split test. Results are computed on valid" in only(clean_dir, "note")
    for path in clean_dir.glob("*_train*"):
        path.unlink()
    assert "There is no split train." in only(clean_dir, "warning")
    assert inspect_data(clean_dir).overlaps == []


def test_a_broken_split_is_an_error_and_the_others_are_described(clean_dir, capsys):
    (clean_dir / "audio_valid.h5").write_bytes(b"no HDF5")
    inspection = inspect_data(clean_dir)
    assert list(inspection.splits) == ["train", "test"]
    message = only(clean_dir, "error")
    assert "The split valid cannot be read:" in message and "audio_valid.h5" in message
    call(main, clean_dir)
    output = capsys.readouterr().out
    assert "broken" in output and "train, test" in output


def test_a_file_that_ends_early_is_an_error_of_its_split(clean_dir):
    path = clean_dir / "text_train_emb.h5"
    os.truncate(path, path.stat().st_size - 100)
    assert "The split train cannot be read:" in only(clean_dir, "error")


def test_data_of_which_nothing_can_be_read_is_refused(clean_dir, fails):
    for path in clean_dir.glob("y_*"):
        path.write_bytes(b"")
    assert "y_train.h5 cannot be read as HDF5" in fails(main, clean_dir)


def test_a_path_without_data_is_refused(tmp_path, fails):
    assert "No data at" in fails(main, tmp_path / "none")
    assert "is in no known format" in fails(main, tmp_path)


def test_json_holds_the_same_and_no_nan(clean_dir, capsys):
    change(clean_dir, "audio", "train", np.zeros_like)
    change_index(clean_dir, "valid", "id", lambda ids: ["train_3", *ids[1:]])
    call(main, clean_dir, "--json")

    def refuse(constant):
        raise AssertionError(constant)

    described = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert described["splits"]["train"]["modalities"]["audio"]["absent"] == 24
    assert sum(described["splits"]["train"]["labels"]["histogram"].values()) == 24
    assert described["overlaps"][0]["ids"] == ["train_3"]
    assert {f["level"] for f in described["findings"]} == {"warning"}
    assert all(f["what"] and f["advice"] for f in described["findings"])


def test_the_command_runs_without_tensorflow(data_dir):
    code = (
        "import sys; from data.inspect.__main__ import main; main(); "
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, data_dir], check=True, stdout=subprocess.DEVNULL)
