import json

import numpy as np
import pytest

from data.extract.__main__ import main
from data.inspect.__main__ import main as inspect
from tests.conftest import call
from tests.data.fake_extractor import NAMES, RunnerHere, describe
from utils.csv_rows import read_rows
from utils.formats import open_data

CLIPS = {
    "a": "so good",
    "b": "not so bad",
    "c": "fine",
    "d": "refused",
    "e": "fault",
    "f": "very very good",
}


@pytest.fixture
def extraction(monkeypatch):
    """Extract in this process, by an extractor that needs no models."""
    monkeypatch.setattr("data.extract.work.ClipRunner", RunnerHere)
    monkeypatch.setattr("utils.clips.stages.describe_extraction", describe)
    monkeypatch.setattr(RunnerHere, "asked", [])


@pytest.fixture
def folder(tmp_path, extraction):
    """A folder of clips, and a table of them with labels and splits."""
    path = tmp_path / "clips"
    path.mkdir()
    for name, words in CLIPS.items():
        (path / f"{name}.wav").write_text(words)
    return path


def write_table(folder, header="id,path,split,label", rows=()):
    table = folder / "clips.csv"
    table.write_text("\n".join([header, *rows]) + "\n")
    return table


def good_table(folder):
    splits = {"a": "train", "b": "train", "c": "valid", "f": "test"}
    rows = [f"{n},{n}.wav,{split},{i - 1.5}" for i, (n, split) in enumerate(splits.items())]
    return write_table(folder, rows=rows)


def test_a_table_of_clips_becomes_a_data_folder(folder, tmp_path, capsys):
    output = tmp_path / "features"
    call(main, good_table(folder), "--output", output)
    reader = open_data(output)
    assert reader.splits() == ["train", "valid", "test"]
    train = reader.read("train")
    assert train.labels.tolist() == [[-1.5], [-0.5]]
    assert train.index["text"] == ["so good", "not so bad"]
    assert train.index["step_words"] == ["so good sp", "not so bad sp"]
    assert train.index["notes"] == ["", "There is no video."]
    assert train.sequences["video"][1].tolist() == [[2, 3], [4, 6], [6, 9], [8, 12]]
    assert reader.extraction["names"] == NAMES and reader.extraction["settings"]["face_fps"] == 10
    details = json.loads((output / "clips" / "b.json").read_text())
    assert details["steps"][2:] == [
        {"word": "bad", "start": 2.0, "end": 3.0, "confidence": 0.5},
        {"word": "sp", "start": 3.0, "end": 3.5, "confidence": None},
    ]
    assert details["notes"] == ["There is no video."] and details["seconds"] == {"voice": 0.25}
    shown = capsys.readouterr().out
    assert "2 clips: There is no video." in shown and "train" in shown
    assert not (output / "failures.csv").exists()


def test_the_names_of_features_reach_the_inspection(folder, tmp_path, capsys):
    call(main, good_table(folder), "--output", tmp_path / "features")
    for path in (tmp_path / "features").glob("*.npz"):
        arrays = dict(np.load(path))
        np.savez(path, **{**arrays, "video": arrays["video"] * [1, 0] + [0, 1]})
    capsys.readouterr()
    call(inspect, tmp_path / "features")
    assert "video features that never vary: nod" in capsys.readouterr().out
    call(inspect, tmp_path / "features", "--json")
    assert json.loads(capsys.readouterr().out)["feature_names"] == NAMES


def test_clips_that_fail_are_listed_and_the_others_go_on(folder, tmp_path, fails):
    output = tmp_path / "features"
    message = fails(main, folder, "--output", output, code=3)
    assert "2 of 6 clips could not be extracted" in message and "failures.csv" in message
    failures = read_rows(output / "failures.csv")
    assert [row["id"] for row in failures] == ["d", "e"]
    assert failures[0]["reason"].endswith("must be a recording. Received: a text. Record it.")
    assert failures[1]["reason"].startswith("KeyError: 'a fault of a library'")
    # Without splits and labels, the clips are to be predicted.
    samples = open_data(output, labels=False).read("test")
    assert samples.index["id"] == ["a", "b", "c", "f"]
    assert not (output / "d.npz").exists() and not (output / "clips" / "d.json").exists()


def test_if_all_clips_fail_the_first_reason_is_told(folder, tmp_path, fails):
    message = fails(main, folder / "d.wav", folder / "e.wav", "--output", tmp_path / "f", code=1)
    assert "no clip could be extracted. The first of 2 is 'd'" in message
    assert not (tmp_path / "f" / "index.csv").exists()


def test_an_extraction_goes_on_without_its_finished_clips(folder, tmp_path):
    output = tmp_path / "features"
    call(main, folder / "a.wav", folder / "b.wav", "--output", output)
    (output / "clips" / "b.json").unlink()  # as if stopped between the two files of a clip
    RunnerHere.asked.clear()
    call(main, *(folder / f"{name}.wav" for name in "abc"), "--output", output, "--resume")
    assert RunnerHere.asked == ["b", "c"]
    assert [row["id"] for row in read_rows(output / "index.csv")] == ["a", "b", "c"]
    (folder / "a.wav").write_text("another recording")
    call(main, folder / "a.wav", "--output", output, "--resume")
    assert RunnerHere.asked[2:] == ["a"]
    assert read_rows(output / "index.csv")[0]["text"] == "another recording"


def test_failed_clips_are_tried_again(folder, tmp_path, fails):
    output = tmp_path / "features"
    fails(main, folder / "a.wav", folder / "d.wav", "--output", output, code=3)
    (folder / "d.wav").write_text("repaired")
    call(main, folder / "a.wav", folder / "d.wav", "--output", output, "--resume")
    assert [row["text"] for row in read_rows(output / "index.csv")] == ["so good", "repaired"]
    assert not (output / "failures.csv").exists()


def test_an_extraction_goes_on_with_its_own_settings_alone(folder, tmp_path, fails, monkeypatch):
    output, clip = tmp_path / "features", folder / "a.wav"
    call(main, clip, "--output", output, "--face-fps", 5)
    call(main, clip, "--output", output, "--resume")
    assert open_data(output, labels=False).extraction["settings"]["face_fps"] == 5
    message = fails(main, clip, "--output", output, "--resume", "--face-fps", 15)
    assert "--face-fps 15.0 differs from the extraction in --output, which has 5.0" in message
    monkeypatch.setattr("utils.clips.stages.describe_extraction", lambda s: describe(s, 2))
    message = fails(main, clip, "--output", output, "--resume")
    assert "Expected: version 1" in message and "Received: version 2" in message


def test_only_an_extraction_is_gone_on_with_or_replaced(folder, tmp_path, fails):
    output, clip = tmp_path / "features", folder / "a.wav"
    call(main, clip, "--output", output)
    (output / "own.txt").write_text("mine")
    assert "Go on with it by --resume" in fails(main, clip, "--output", output)
    call(main, folder / "b.wav", "--output", output, "--overwrite", "--align", "none")
    assert sorted(path.name for path in output.iterdir()) == [
        *("b.npz", "clips", "extraction.json", "index.csv", "own.txt")
    ]
    assert "step_words" not in read_rows(output / "index.csv")[0]
    for flag in ("--resume", "--overwrite"):
        assert "holds no extraction" in fails(main, clip, "--output", folder, flag)
    both = fails(main, clip, "--output", output, "--resume", "--overwrite")
    assert "exclude each other" in both


def test_labels_are_given_to_all_clips_or_to_none(folder, tmp_path, fails):
    table = write_table(folder, rows=["a,a.wav,train,1", "b,b.wav,valid,"])
    message = fails(main, table, "--output", tmp_path / "features")
    assert "1 of 2 clips without a label, 'b' first" in message
    assert not (tmp_path / "features").exists()


def test_labelled_clips_without_split_are_to_be_divided(folder, tmp_path):
    header = "path,label_joy,label_fear,video_id,speaker"
    table = write_table(folder, header, ["a.wav,1,0,v,Ann", "b.wav,0,,,Bo"])
    call(main, table, "--output", tmp_path / "features")
    rows = read_rows(tmp_path / "features" / "index.csv")
    assert [row["split"] for row in rows] == ["train", "train"]
    assert [row["video_id"] for row in rows] == ["v", "b"]
    assert [row["speaker"] for row in rows] == ["Ann", "Bo"]
    assert [row["label_joy"] for row in rows] == ["1", "0"]


def test_a_full_disk_stops_the_extraction(folder, tmp_path, fails):
    (folder / "b.wav").write_text("full")
    message = fails(main, folder, "--output", tmp_path / "features")
    assert "No space left on device. Make room" in message


def test_without_its_packages_the_command_says_what_to_install(
    folder, tmp_path, fails, monkeypatch
):
    def describe_without(settings):
        raise ImportError("Run `pip install -r requirements-clips.txt`.")

    monkeypatch.setattr("utils.clips.stages.describe_extraction", describe_without)
    message = fails(main, folder, "--output", tmp_path / "features")
    assert "pip install -r requirements-clips.txt" in message
    assert not (tmp_path / "features").exists()
