import json

import pytest

from data.convert.__main__ import main as convert_main
from data.inspect.__main__ import main
from tests.conftest import call
from tests.utils.tables.corpus_files import (
    meld_rows,
    sims_rows,
    write_csv,
    write_meld,
    write_mustard,
    write_sims,
)


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (write_meld, ["read as MELD", "3 classes (anger, joy, neutral)", "label         Emotion"]),
        (write_mustard, ["read as MUStARD", "2 classes (false, true)", "There is no split valid"]),
        (write_sims, ["read as CH-SIMS", "scores in [-1, 1]", "values of video_id"]),
    ],
)
def test_published_tables_are_described(tmp_path, capsys, write, told):
    write(tmp_path)
    call(main, tmp_path)
    output = capsys.readouterr().out
    assert all(words in output for words in told), output
    assert max(map(len, output.splitlines())) <= 80


def test_json_names_columns_labels_and_what_splits_share(tmp_path, capsys):
    write_meld(tmp_path)
    rows = meld_rows(6)
    rows[0]["Utterance"] = ""
    write_csv(tmp_path / "test_sent_emo.csv", rows, separator=";")
    call(main, tmp_path, "--json", "--label", "Sentiment")
    found = json.loads(capsys.readouterr().out)
    assert found["schema"]["label"] == "Sentiment"
    assert found["target"]["names"] == ["negative", "neutral", "positive"]
    assert {name: one["samples"] for name, one in found["splits"].items()} == {
        "train": 12,
        "valid": 6,
        "test": 6,
    }
    assert found["splits"]["test"]["empty"] == 1
    assert any("train has 12 samples" in finding["what"] for finding in found["findings"])
    assert found["shared"][0] == {
        "first": "train",
        "second": "valid",
        "ids": 0,
        "values of Dialogue_ID": 0,
        "texts": 6,
        "texts with all fields": 6,
    }
    advice = [one["advice"] for one in found["findings"] if one["what"].endswith("share 6 texts.")]
    assert len(advice) == 1 and advice[0].startswith("Nothing needs to be done for short texts")
    told = " ".join(finding["what"] for finding in found["findings"])
    assert "column Utterance: 1 of 6 texts are empty" in told
    assert "test_sent_emo.csv: the values are separated by semicolons" in told


def test_an_unreadable_split_is_a_finding(tmp_path, capsys):
    rows = sims_rows()
    rows[17]["label"] = "high"
    assert rows[17]["mode"] == "valid"
    write_sims(tmp_path, rows)
    call(main, tmp_path, "--json")
    found = json.loads(capsys.readouterr().out)
    assert [*found["splits"]] == ["train", "test"]
    assert "meta.csv, split 'valid', column label, must hold scores" in found["failures"]["valid"]
    assert found["findings"][0]["level"] == "error"


@pytest.mark.parametrize(("write", "name"), [(write_meld, "MELD"), (write_mustard, "MUStARD")])
def test_a_pickle_beside_tables_does_not_hide_them(tmp_path, capsys, write, name):
    write(tmp_path)
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04N.")
    call(main, tmp_path)
    assert f"read as {name}" in capsys.readouterr().out


def test_tables_need_no_conversion(tmp_path, capsys):
    write_mustard(tmp_path)
    with pytest.raises(SystemExit):
        call(convert_main, tmp_path, tmp_path / "h5")
    assert "Tables of texts stay as they are" in " ".join(capsys.readouterr().err.split())
