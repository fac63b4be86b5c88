import json

import numpy as np
import pytest

from tests.utils.tables.corpus_files import (
    meld_rows,
    mustard_samples,
    sims_rows,
    write_csv,
    write_meld,
    write_mustard,
    write_sims,
)
from tests.utils.tables.tables import make_tokenizer
from utils.measures.inference import infer_target
from utils.tables import Processing, Table, find_split, find_splits, find_table, infer_schema
from utils.tables.notes import table_notes
from utils.untrusted.invalid_data import InvalidData


def columns(table, *names):
    found = Table.read([table]).columns
    return [found[name].tolist() for name in names]


def test_meld_has_its_splits_columns_and_ids_of_its_own_in_each_split(tmp_path):
    tables = find_splits(write_meld(tmp_path))
    assert [str(table) for table in tables.values()] == [
        str(tmp_path / f"{name}_sent_emo.csv") for name in ("train", "dev", "test")
    ]
    schema = infer_schema(tables["train"], {})
    assert (schema.text, schema.label, schema.id) == ("Utterance", "Emotion", "id")
    assert schema.numeric == ("Season", "Episode") and schema.categorical == ("Speaker",)
    ids, groups, texts = columns(tables["valid"], "id", "Dialogue_ID", "Utterance")
    assert ids[:3] == ["valid_dia0_utt0", "valid_dia0_utt1", "valid_dia1_utt0"]
    assert groups[:3] == ["valid_0", "valid_0", "valid_1"]
    assert texts[0].startswith("I\x92m here")
    joined = Table.read([tables["train"], tables["valid"]]).columns
    assert len(set(joined["id"])) == len(joined["id"]) == 18


def test_the_other_label_of_meld_is_never_an_input(tmp_path):
    table = find_split(write_meld(tmp_path), "train")
    schema = infer_schema(table, {"label": "Sentiment", "ignored": ["Season"]})
    assert schema.label == "Sentiment" and {"Emotion", "Season"} <= set(schema.ignored)
    assert infer_schema(table, {"numeric": ["Utterance_ID"]}).numeric[0] == "Utterance_ID"


def test_one_file_of_meld_is_the_split_that_its_name_says(tmp_path):
    path = write_meld(tmp_path) / "dev_sent_emo.csv"
    assert str(find_table(path, "test")) == str(path)
    assert columns(find_table(path, "test"), "id")[0][0] == "valid_dia0_utt0"
    assert find_table(write_csv(tmp_path / "own.csv", meld_rows(2)), "test") == tmp_path / "own.csv"


def test_mustard_is_one_split_with_two_classes(tmp_path):
    path = write_mustard(tmp_path)
    for data in (tmp_path, path):
        assert [*find_splits(data)] == ["train"]
    table = find_split(tmp_path, "train")
    schema = infer_schema(table, {})
    assert (schema.text, schema.label, schema.id) == ("utterance", "sarcasm", "id")
    assert schema.categorical == ("speaker", "show") and "context" in schema.ignored
    ids, labels, contexts = columns(table, "id", "sarcasm", "context")
    assert ids[:2] == ["1_60", "1_70"] and contexts[0] == "It rains.\nIt has rained for 0 days."
    target = infer_target("labels", labels)
    assert (target.kind, target.names) == ("class", ("false", "true"))
    assert columns(find_table(path, "test"), "id") == [ids]


def test_sims_is_split_by_mode_and_its_clips_keep_their_zeros(tmp_path):
    rows = sims_rows()
    for row in rows[::2]:
        row["clip_id"] = str(int(row["clip_id"]))
    write_sims(tmp_path, rows)
    tables = find_splits(tmp_path)
    assert [*tables] == ["train", "valid", "test"]
    ids, labels = columns(tables["train"], "id", "label")
    assert ids[:2] == ["video_0001$_$0001", "video_0001$_$0002"]
    target = infer_target("labels", labels)
    assert target.describe() == "scores in [-1, 1]"
    schema = infer_schema(tables["train"], {})
    assert (schema.text, schema.label, schema.fields) == ("text", "label", [])
    assert {"annotation", "label_T", "label_A", "label_V"} <= set(schema.ignored)
    assert infer_schema(tables["train"], {"label": "label_T"}).label == "label_T"
    counts = [len(Table.read([table])) for table in tables.values()]
    assert sum(counts) == len(rows)


def test_rows_of_sims_in_no_split_are_counted(tmp_path):
    rows = sims_rows()
    rows[3]["mode"] = rows[4]["mode"] = "unsupervised"
    table = find_split(write_sims(tmp_path, rows).parent, "train")
    (note,) = table_notes(table, infer_schema(table, {}))
    assert "2 of 90 rows are in no split" in note and "'unsupervised'" in note


def test_missing_splits_and_columns_are_named(tmp_path):
    path = write_sims(tmp_path, [row for row in sims_rows() if row["mode"] != "valid"])
    for find in (find_split, find_table):
        with pytest.raises(FileNotFoundError, match=r"split 'valid'.*with the splits train, test"):
            find(path, "valid")
    write_csv(path, [{"video_id": "v", "text": "a", "label": 1}])
    with pytest.raises(FileNotFoundError, match=r"meta\.csv is no table of CH-SIMS.*clip_id, mode"):
        find_split(tmp_path, "train")
    write_sims(tmp_path, name="label.csv")
    assert find_split(tmp_path, "train").name == "label.csv"


def test_a_missing_label_is_refused_with_file_column_and_row(tmp_path):
    rows = meld_rows(6)
    rows[4]["Emotion"] = ""
    write_meld(tmp_path)
    write_csv(tmp_path / "train_sent_emo.csv", rows)
    table = find_split(tmp_path, "train")
    with pytest.raises(
        InvalidData, match=r"train_sent_emo\.csv, column Emotion,.*the first is row 4"
    ):
        Processing.fit(table, infer_schema(table, {}), make_tokenizer())


def test_odd_ids_and_empty_texts_are_counted_and_do_not_stop_the_reading(tmp_path):
    samples = [*mustard_samples().items(), ("1_60", mustard_samples()["1_60"])]
    samples[2][1]["utterance"] = None
    path = tmp_path / "sarcasm_data.json"
    entries = [f"{json.dumps(name)}: {json.dumps(values)}" for name, values in samples]
    path.write_text("{" + ",".join(entries) + "}")
    table = find_split(path, "train")
    schema = infer_schema(table, {})
    first, second = table_notes(table, schema)
    assert "1 of 13 ids" in first and "'1_60#2'" in first
    assert "column utterance: 1 of 13 texts are empty" in second
    read = Processing.fit(table, schema, make_tokenizer()).read(table)
    assert read.ids.tolist()[-1] == "1_60#2" and len(read.tokens[2]) == 0
    assert np.isfinite(read.labels).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "must be a JSON file"),
        (b"[" * 100_000, "must be a JSON file"),
        (b'{"1_60": "\xe9"}', "must be a JSON file.*0xe9"),
        (b"[]", "must hold a JSON object. Received: a list"),
        (b"{}", "must have a row"),
        (b'{"1_60": [1]}', r"row 0 \(id '1_60'\), must be a JSON object. Received: list"),
        (
            b'{"1_60": {"utterance": {"a": 1}, "sarcasm": true}}',
            r"row 0 \(id '1_60'\), column 'utterance', must hold a text.*Received: ",
        ),
    ],
)
def test_faults_of_a_json_file_are_named(tmp_path, content, message):
    (tmp_path / "sarcasm_data.json").write_bytes(content)
    with pytest.raises(InvalidData, match=rf"sarcasm_data\.json.*{message}"):
        find_split(tmp_path, "train")


def test_halves_of_characters_become_question_marks(tmp_path):
    content = r'{"1_\ud83d": {"utterance": "so \ud83d\ude00 \ud83d", "sarcasm": true}}'
    (tmp_path / "sarcasm_data.json").write_text(content)
    assert columns(find_split(tmp_path, "train"), "id", "utterance") == [["1_?"], ["so 😀 ?"]]
