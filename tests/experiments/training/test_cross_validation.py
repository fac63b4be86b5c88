import csv
import pickle

import numpy as np
import pytest

import experiments.evaluate
from experiments.tasks.folds import assign_folds, one_fold_a_value
from experiments.train import main
from tests.conftest import QUICK_MODEL, call
from utils.files import read_json
from utils.formats import open_data
from utils.formats.split import join_splits


@pytest.fixture
def samples(data_dir):
    data = open_data(data_dir)
    return join_splits([data.read("train"), data.read("valid")])


def test_folds_cover_every_sample_and_cut_no_group(samples):
    folds = assign_folds(len(samples), samples.index, 4, "video_id").assignment
    assert sorted(set(folds)) == [0, 1, 2, 3]
    groups = np.array(samples.index["video_id"])
    assert all(len(set(folds[groups == group])) == 1 for group in set(groups))


def test_folds_without_groups_are_of_equal_size(samples):
    assert np.bincount(assign_folds(len(samples), {}, 4, None).assignment).tolist() == [9, 9, 9, 9]


def test_unknown_group_lists_the_columns(samples):
    with pytest.raises(ValueError, match=r"--group must be a column.*id, video_id, text.*speaker"):
        assign_folds(len(samples), samples.index, 4, "speaker")


def test_more_folds_than_groups(samples):
    with pytest.raises(ValueError, match=r"--folds.*9.*video_id.*Received: 20"):
        assign_folds(len(samples), samples.index, 20, "video_id")


def test_data_without_index():
    with pytest.raises(ValueError, match="it has no index"):
        assign_folds(4, {}, 2, "video_id")


def test_command_writes_out_of_fold_predictions(data_dir, tmp_path, capsys, eagerly):
    run = tmp_path / "run"
    arguments = ["--data", data_dir, "--run-dir", run, "--epochs", 2, *QUICK_MODEL]
    call(main, *arguments, "--folds", 3, "--group", "video_id")
    assert "all 36, last epoch" in capsys.readouterr().out
    with (run / "folds_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    result = read_json(run / "folds.json")
    errors = [abs(float(row["label"]) - float(row["prediction"])) for row in rows]
    assert len(errors) == 36
    last = result["columns"]["all 36, last epoch"]
    assert last["MAE"] == pytest.approx(np.mean(errors), abs=1e-6)
    assert result["criterion"] == "MAE"
    assert len(result["criterion_by_epoch"]) == 3
    assert result["criterion_by_epoch"][-1] == pytest.approx(last["MAE"], abs=1e-6)
    assert (run / "STATUS").read_text() == "finished\n"


def test_each_value_is_left_out_once():
    folds = one_fold_a_value({"speaker": ["b", "a", "b", "c"]}, "speaker")
    assert folds.names == ["a", "b", "c"]
    assert [folds.held_out(i).tolist() for i in range(3)] == [[1], [0, 2], [3]]
    assert folds.others(1).tolist() == [1, 3]
    with pytest.raises(ValueError, match=r"--leave-out must be a column of the data.*speaker"):
        one_fold_a_value({"speaker": ["a", "b"]}, "session")
    with pytest.raises(ValueError, match=r"at least two values.*speaker, which is always 'a'"):
        one_fold_a_value({"speaker": ["a", "a"]}, "speaker")


@pytest.fixture
def whole(tmp_path):
    """A pickle of MMSA with one split, of 12 clips of 4 videos."""
    rng = np.random.default_rng(0)
    split = {key: rng.normal(size=(12, 5, 3)) for key in ("text", "audio", "vision")}
    split["regression_labels"] = np.linspace(-2, 2, 12)
    split["id"] = [f"video{i // 3}$_${i}" for i in range(12)]
    path = tmp_path / "whole.pkl"
    path.write_bytes(pickle.dumps({"train": split}))
    return path


def test_one_split_is_enough_to_leave_each_video_out(whole, tmp_path, capsys, eagerly):
    run = tmp_path / "run"
    call(
        main,
        "--data",
        whole,
        "--run-dir",
        run,
        "--epochs",
        1,
        *QUICK_MODEL,
        "--leave-out",
        "video_id",
    )
    assert "one fold for each video_id" in capsys.readouterr().out
    assert read_json(run / "folds.json")["names"] == [f"video{i}" for i in range(4)]
    with (run / "folds_predictions.csv").open(newline="") as file:
        assert all(row["id"].startswith(f"{row['fold']}$_$") for row in csv.DictReader(file))


def test_one_split_is_cut_by_shares_and_every_result_says_so(whole, tmp_path, capsys, eagerly):
    run = tmp_path / "run"
    shares = ("--split-by", "video_id", "--shares", 2, 1, 1)
    call(main, "--data", whole, "--run-dir", run, "--epochs", 1, *QUICK_MODEL, *shares)
    words = "split 2 : 1 : 1 into train, valid, test, by whole video_id, seed 0"
    assert words in capsys.readouterr().out
    trained = read_json(run / "evaluation" / "test.json")
    assert (trained["samples"], trained["splits"]) == (3, words)
    call(experiments.evaluate.main, run, "--data", whole, "--split", "test")
    assert words in capsys.readouterr().out
    assert read_json(run / "evaluation" / "test.json")["metrics"] == trained["metrics"]


def test_divisions_that_cannot_be_made_are_told_before_a_folder_is_made(
    whole, data_dir, tmp_path, fails
):
    folder = ("--run-dir", tmp_path / "run", *QUICK_MODEL)
    assert "--shares 70 10 20" in fails(main, "--data", whole, *folder)
    assert "one split for --shares" in fails(main, "--data", data_dir, *folder, "--shares", 7, 1, 2)
    wrong = ("--split-by", "speaker", "--shares", 2, 1, 1)
    assert "--split-by must be a column" in fails(main, "--data", whole, *folder, *wrong)
    assert "needs --shares" in fails(main, "--data", whole, *folder, "--split-by", "video_id")
    assert "three whole numbers" in fails(main, "--data", whole, *folder, "--shares", 7, 3)
    both = ("--folds", 2, "--leave-out", "video_id")
    assert "exclude each other" in fails(main, "--data", whole, *folder, *both)
    needed = ("--folds", 2, "--fold-splits", "train", "test")
    assert "Received: train. Add test." in fails(main, "--data", whole, *folder, *needed)
    assert not (tmp_path / "run").exists()
