import numpy as np
import pytest

from data.convert.__main__ import main as convert_main
from data.convert.conversion import convert
from data.inspect.__main__ import main as inspect
from tests.conftest import call
from tests.utils.formats.mmsa_data import make_split, write_pickle
from tests.utils.tables.corpus_files import sims_rows, write_csv, write_sims
from utils.formats import open_data
from utils.untrusted.invalid_data import InvalidData

SHAPES = ((4, 3), (8, 2), (9, 2))


def clips(split):
    return [row for row in sims_rows() if row["mode"] == split][:4]


def make_pickle(folder, **changes):
    """Write a pickle without texts, annotations and labels of modalities."""
    folder.mkdir(exist_ok=True)
    data = {}
    for split in ("train", "valid"):
        content = make_split(split, 4, SHAPES)
        del content["raw_text"], content["annotations"]
        content["id"] = [f"{row['video_id']}$_${row['clip_id']}" for row in clips(split)]
        content["regression_labels"] = np.array([row["label"] for row in clips(split)])
        data[split] = {name: v for name, v in {**content, **changes}.items() if v is not None}
    return write_pickle(folder / "unaligned_39.pkl", data)


def read(path, split="train"):
    return open_data(path).read(split)


@pytest.mark.parametrize("features", [".", "Processed"])
@pytest.mark.parametrize("name", ["meta.csv", "label.csv"])
def test_the_table_brings_what_the_pickle_lacks(tmp_path, features, name):
    rows = [{**row, "clip_id": row["clip_id"].lstrip("0")} for row in sims_rows()[::-1]]
    table = write_sims(tmp_path, rows, name)
    path = make_pickle(tmp_path / features)
    for data in (path, tmp_path):
        reader = open_data(data)
        split = reader.read("valid")
        assert split.index["text"] == [row["text"] for row in clips("valid")]
        assert split.index["annotation"] == [row["annotation"] for row in clips("valid")]
        for modality, y in split.modality_labels.items():
            wanted = [row[f"label_{modality[0].upper()}"] for row in clips("valid")]
            np.testing.assert_allclose(y, np.array(wanted)[:, None], atol=1e-7)
        assert [*split.modality_labels] == ["text", "audio", "video"] and split.notes == ()
        assert reader.files("valid") == [path, table]


def test_the_pickle_comes_first(tmp_path):
    write_sims(tmp_path)
    path = make_pickle(tmp_path, raw_text=[*"abcd"], regression_labels_T=np.full(4, 0.5))
    split = read(path)
    assert split.index["text"] == [*"abcd"]
    assert np.all(split.modality_labels["text"] == 0.5)
    assert split.modality_labels["audio"][0] == np.float32(clips("train")[0]["label_A"])


def test_a_converted_pickle_has_the_columns_of_its_table(tmp_path):
    make_pickle(write_sims(tmp_path).parent)
    convert(open_data(tmp_path), tmp_path / "h5")
    split = read(tmp_path / "h5", "valid")
    assert split.index["text"][0] == clips("valid")[0]["text"]
    assert [*split.modality_labels] == ["text", "audio", "video"]


def spoil(rows, case):
    match case:
        case "no sample":
            return [{**row, "video_id": "other"} for row in rows]
        case "some samples":
            return rows[1:]
        case "no number":
            rows[2]["label_A"] = "?"
        case "empty columns":
            return [{**row, "label_T": "", "label_A": "", "label_V": ""} for row in rows]
    return rows


@pytest.mark.parametrize(
    ("case", "texts", "labels", "notes"),
    [
        ("no sample", None, [], ["must name the samples by video_id and clip_id.*none of them"]),
        (
            "some samples",
            ["", clips("train")[1]["text"]],
            [],
            ["lacks 1 of the 4 samples.*Their text and annotation stay empty", *["1 of the 4"] * 3],
        ),
        (
            "no number",
            [clips("train")[0]["text"], clips("train")[1]["text"]],
            ["text", "video"],
            [r"column label_A: 1 of the 4 labels.*'\?' of 'video_0001\$_\$0003'"],
        ),
        (
            "empty columns",
            [clips("train")[0]["text"], clips("train")[1]["text"]],
            [],
            [],
        ),
    ],
)
def test_faults_of_the_table_stop_nothing_and_are_told(tmp_path, case, texts, labels, notes):
    write_sims(tmp_path, spoil(sims_rows(), case))
    split = read(make_pickle(tmp_path))
    assert split.index.get("text", [])[:2] == (texts or [])
    assert [*split.modality_labels] == labels
    assert len(split.repair_notes()) == len(notes)
    for note, pattern in zip(split.repair_notes(), notes, strict=True):
        with pytest.raises(InvalidData, match=rf"meta\.csv.*{pattern}"):
            raise InvalidData(note)


@pytest.mark.parametrize("complete", [False, True])
def test_a_table_without_the_columns_of_clips_is_not_used_and_told(tmp_path, complete, capsys):
    labels = {f"regression_labels_{letter}": np.zeros(4) for letter in "TAV"}
    texts = {"raw_text": [*"abcd"], "annotations": [*"abcd"]}
    path = make_pickle(tmp_path, **(labels | texts if complete else {}))
    table = write_csv(tmp_path / "label.csv", [{"id": "x", "emotion": "glad"}])
    (note,) = read(path).notes
    assert f"{table} is not used" in note
    assert "must have the columns video_id and clip_id. Received: id, emotion. Labels" in note
    assert open_data(path).files("train") == [path]
    call(inspect, tmp_path, "--target", "score")
    described = " ".join(capsys.readouterr().out.split())
    call(convert_main, tmp_path, tmp_path / "h5")
    converted = " ".join(capsys.readouterr().out.split())
    assert described.count("label.csv is not used") == converted.count("is not used") == 1


def test_a_table_of_clips_is_preferred_to_another_table(tmp_path):
    path = make_pickle(tmp_path)
    write_csv(tmp_path / "label.csv", [{"id": "x", "emotion": "glad"}])
    table = write_sims(tmp_path, name="meta.csv")
    split = read(path)
    assert split.notes == () and split.index["text"][0] == clips("train")[0]["text"]
    assert open_data(path).files("train") == [path, table]


def test_broken_tables_and_pickles_without_ids_are_told(tmp_path):
    path = make_pickle(tmp_path)
    (tmp_path / "label.csv").write_bytes(b"video_id,clip_id\n\xe9,1\n")
    assert "line 2, byte 1, must be UTF-8" in read(path).notes[0]
    write_sims(tmp_path, name="label.csv")
    assert "no ids" in read(make_pickle(tmp_path, id=None)).notes[0]


def test_a_folder_with_one_pickle_needs_no_table(tmp_path):
    path = make_pickle(tmp_path)
    (tmp_path / "h5").mkdir()
    (tmp_path / "emotions.csv").write_text("id,emotion\n")
    assert open_data(tmp_path).files("train") == [path]


def test_a_folder_with_several_pickles_asks_for_one(tmp_path):
    first = make_pickle(tmp_path / "Processed")
    second = make_pickle(tmp_path)
    with pytest.raises(InvalidData) as error:
        open_data(tmp_path)
    assert f"Received: 2 pickles. Name one of the files: {first}, {second}." in str(error.value)
