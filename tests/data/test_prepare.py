import csv
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from data.prepare import mosi_context, prepare_mosi_context
from data.prepare.__main__ import main
from tests.conftest import call
from utils.formats import open_data

WIDTHS = {"text": 100, "audio": 73, "video": 100}
# From each video to its split and the numbers of its utterances.
VIDEOS = {"b": ("train", [10, 9, 2]), "a": ("train", [1]), "c": ("valid", [3, 1])}
REAL = Path(__file__).parents[3] / "shared" / "data"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data is not here")


def utterances(with_split=True):
    """Return rows of `utterances.csv`; each utterance's score names it."""
    rows = []
    for video, (split, numbers) in VIDEOS.items():
        for number in numbers:
            score = (len(rows) - 2) / 2
            rows.append(
                {"row": len(rows), "id": f"{video}_{number}", "video_id": video}
                | {"utt_no": number, "split": split, "text": f"WELL, {number}"}
                | {"cls": int(score >= 0), "score": score, "start": 1.5, "end": 2.5}
            )
            if not with_split:
                del rows[-1]["split"]
    return rows


def write_csv(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)


def write_table(source, rows):
    write_csv(source / "utterances.csv", [list(rows[0]), *(row.values() for row in rows)])


@pytest.fixture
def source(tmp_path):
    """Raw files in which the features of an utterance are 1 + its row."""
    path = tmp_path / "raw"
    path.mkdir()
    rows = utterances()
    write_table(path, rows)
    for name, width in WIDTHS.items():
        write_csv(path / f"{name}.csv", [[1 + r["row"]] * width + [r["cls"]] for r in rows])
    return path


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


def edit(path, row, column, value):
    """Put a value into a raw file."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    rows[row][column] = value
    write_csv(path, rows)


def steps(split, modality="audio"):
    """Return the first feature of each step, `(N, T)`."""
    return split.sequences[modality][:, :, 0].tolist()


def test_an_utterance_stands_last_behind_those_before_it_in_its_video(source, output):
    prepare_mosi_context(source, output, context=3)
    train, valid = (open_data(output).read(name) for name in ("train", "valid"))
    for modality, width in WIDTHS.items():
        assert train.sequences[modality].shape == (4, 3, width)
        assert steps(train, modality) == [[0, 0, 4], [0, 0, 3], [0, 3, 2], [3, 2, 1]]
    assert steps(valid) == [[0, 0, 6], [0, 6, 5]]
    assert train.ids == ["a_1", "b_2", "b_9", "b_10"] and valid.ids == ["c_1", "c_3"]
    assert train.labels[:, 0].tolist() == [0.5, 0, -0.5, -1]


def test_a_window_holds_no_more_than_its_steps(source, output):
    prepare_mosi_context(source, output, context=2)
    assert steps(open_data(output).read("train"))[-1] == [2, 1]
    with (output / "index_train.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(mosi_context.INDEX_COLUMNS)
    assert [row["pos_in_video"] for row in rows] == ["0", "0", "1", "2"]
    assert [row["n_context"] for row in rows] == ["0", "0", "1", "1"]
    assert [row["row"] for row in rows] == ["0", "1", "2", "3"]
    assert rows[0]["text"] == "WELL, 1"


def test_the_order_of_the_source_does_not_matter(source, output, tmp_path):
    prepare_mosi_context(source, output)
    for name in ("utterances", *WIDTHS):
        path = source / f"{name}.csv"
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
        head = rows[:1] if name == "utterances" else []
        write_csv(path, head + rows[len(head) :][::-1])
    prepare_mosi_context(source, tmp_path / "again")
    first, again = (open_data(path).read("train") for path in (output, tmp_path / "again"))
    assert first.ids == again.ids and steps(first) == steps(again)


@pytest.mark.parametrize("with_split", [True, False])
def test_whole_videos_are_drawn_where_no_valid_split_is_named(source, output, with_split):
    rows = utterances(with_split)
    if with_split:
        rows = [row | {"split": "train"} for row in rows]
    write_table(source, rows)
    prepare_mosi_context(source, output, valid_share=0.4, seed=3)
    train, valid = (set(open_data(output).read(s).index["video_id"]) for s in ("train", "valid"))
    assert len(train) == 2 and len(valid) == 1 and not train & valid


def test_the_command_writes_all_and_warns_of_the_leak(source, output, capsys):
    call(main, "mosi_context", f"--source={source}", f"--output={output}")
    captured = capsys.readouterr()
    assert "valid" in captured.out
    assert captured.err.startswith("warning: text and video of these files leak labels.")
    description = json.loads((output / "prepared.json").read_text())
    assert description["context"] == 20 and description["warning"] in captured.err
    assert description["splits"]["train"] == {"samples": 4, "videos": 2, "positive": 0.5}
    assert set(description["sha256"]) == {"utterances.csv", "text.csv", "audio.csv", "video.csv"}
    files = {f"{kind}_{s}.h5" for kind in ("audio", "video", "y") for s in ("train", "valid")}
    files |= {f"text_{s}_emb.h5" for s in ("train", "valid")}
    files |= {f"index_{s}.csv" for s in ("train", "valid")} | {"prepared.json", "target.json"}
    assert {path.name for path in output.iterdir()} == files


def test_features_that_are_not_finite_are_left_to_the_reader(source, output):
    edit(source / "audio.csv", 0, 0, "nan")
    edit(source / "audio.csv", 3, 1, "1e300")
    prepare_mosi_context(source, output)
    train = open_data(output).read("train")
    assert train.repaired == {"text": 0, "audio": 2, "video": 0}


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "message"),
    [
        ("audio", 2, 7, "loud", "audio.csv, row 2, column 7, must be a number. Received: 'loud'"),
        ("text", 2, 7, "", "text.csv, row 2, column 7, must be a number"),
        ("video", 1, 100, "1", "video.csv, row 1, column 100, must be the label"),
        ("text", 1, 100, "nan", "text.csv, row 1, column 100, must be the label"),
        ("utterances", 2, 1, "b_10", "Received: 'b_10' in the rows 0 and 1"),
        ("utterances", 2, 2, "", "row 1, column video_id, must name the video"),
        ("utterances", 2, 3, "10", "row 1, column utt_no, must be unique"),
        ("utterances", 2, 3, "1.5", "row 1, column utt_no, must be a whole number"),
        ("utterances", 2, 3, "inf", "row 1, column utt_no, must be a whole number"),
        ("utterances", 2, 4, "dev", "row 1, column split, must be one of train, valid, test"),
        ("utterances", 2, 4, "valid", "Received: 'b' in train and valid"),
        ("utterances", 2, 6, "1", "row 1, column cls, must be 1 where the score is at least 0"),
        ("utterances", 2, 7, "good", "row 1, column score, must be a number. Received: 'good'"),
        ("utterances", 2, 7, "nan", "column score, must hold finite labels"),
        ("utterances", 2, 7, "1e999", "column score, must hold finite labels"),
        ("utterances", 2, 7, "-4", "column score, must hold scores in [-3, 3]"),
        ("utterances", 0, 7, "points", "no column score"),
    ],
)
def test_a_wrong_value_is_named(source, output, fails, file, row, column, value, message):
    edit(source / f"{file}.csv", row, column, value)
    error = fails(main, "mosi_context", f"--source={source}", f"--output={output}")
    assert message in error and f"{file}.csv" in error
    assert not output.exists() and list(output.parent.iterdir()) == [source]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: (s / "video.csv").unlink(), "Missing file"),
        (lambda s: write_csv(s / "audio.csv", [["1"] * 74] * 5), "Received: 5 rows"),
        (lambda s: write_csv(s / "audio.csv", [["1"] * 73] * 6), "must have 74 values"),
        (lambda s: (s / "text.csv").write_text(""), "Received: 0 rows"),
        (lambda s: (s / "text.csv").write_bytes(b"\xff\xfe"), "text.csv must be a CSV table"),
        (lambda s: (s / "text.csv").write_bytes(b"1\x002"), "text.csv"),
        (lambda s: (s / "text.csv").write_text('"1'), "text.csv must be a CSV table"),
        (lambda s: (s / "utterances.csv").write_text(""), "utterances.csv must start with"),
        (lambda s: (s / "utterances.csv").write_text("a,b\n1\n"), "must have 2 values"),
        (lambda s: write_table(s, [utterances()[0] | {"extra": 1}]), "must have one row"),
    ],
)
def test_a_broken_file_is_named(source, output, fails, spoil, message):
    spoil(source)
    error = fails(main, "mosi_context", f"--source={source}", f"--output={output}")
    assert message in error
    assert not output.exists() and list(output.parent.iterdir()) == [source]


def test_a_source_without_utterances_is_refused(source, output):
    head = ",".join(utterances()[0])
    (source / "utterances.csv").write_text(head + "\n")
    with pytest.raises(ValueError, match="must not be empty"):
        prepare_mosi_context(source, output)


def test_a_single_video_cannot_be_split(source, output):
    write_table(source, utterances()[:3])
    for name, width in WIDTHS.items():
        write_csv(source / f"{name}.csv", [[1] * width + [r["cls"]] for r in utterances()[:3]])
    with pytest.raises(ValueError, match="at least 2 training videos"):
        prepare_mosi_context(source, output)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--context=0"], "--context must lie between 1"),
        (["--context=100000"], "--context must lie between 1"),
        (["--context=few"], "--context must be a whole number"),
        (["--valid-share=1"], "--valid-share must lie between 0 and 1. Received: 1.0"),
        (["--valid-share=nan"], "--valid-share must be a number"),
        (["--seed=-1"], "--seed must be at least 0"),
        (["--source=nowhere"], "Missing file nowhere/utterances.csv"),
    ],
)
def test_a_refused_option_is_named(source, output, fails, arguments, message):
    options = ["mosi_context", f"--source={source}", f"--output={output}", *arguments]
    assert message in fails(main, *options)
    assert not output.exists()


def test_an_unknown_recipe_is_refused(source, output, fails):
    error = fails(main, "mosei", f"--source={source}", f"--output={output}")
    assert "must be one of mosi_context, movie_reviews. Received: 'mosei'" in error


def test_a_folder_with_files_is_refused_and_left_alone(source, tmp_path, fails):
    error = fails(main, "mosi_context", f"--source={source}", f"--output={tmp_path}")
    assert "must be new or empty" in error and list(tmp_path.iterdir()) == [source]


def test_a_write_that_fails_leaves_nothing(source, output, monkeypatch):
    def fail(directory, *arguments):
        (directory / "half.h5").write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(mosi_context, "write_split", fail)
    with pytest.raises(OSError, match="No space left"):
        prepare_mosi_context(source, output)
    assert list(output.parent.iterdir()) == [source]


@needs_real
def test_the_real_files_give_the_prepared_windows(output):
    prepare_mosi_context(REAL / "mosi_context_raw", output)
    prepared = REAL / "mosi_context"
    for split in ("train", "valid"):
        index = f"index_{split}.csv"
        assert (output / index).read_bytes() == (prepared / index).read_bytes()
        for name in (f"audio_{split}.h5", f"y_{split}.h5"):
            with h5py.File(output / name) as mine, h5py.File(prepared / name) as theirs:
                assert np.array_equal(mine["d1"][()], theirs["d1"][()])
