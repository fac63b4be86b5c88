"""Data that lacks features or labels, described by `data.inspect`."""

import json
import re

from data.inspect import inspect_data
from data.inspect.__main__ import main
from tests.conftest import call


def test_texts_without_features_are_described(tmp_path, capsys):
    rows = ["id,split,label,text"]
    rows += [f"t{i},train,{i % 3 - 0.5},Text {i}" for i in range(6)]
    rows += ["v0,valid,1.5,Text 2", "v1,valid,-1.5,"]
    (tmp_path / "index.csv").write_text("\n".join(rows) + "\n")
    call(main, tmp_path)
    shown = capsys.readouterr().out
    assert "Valid steps" not in shown and re.search(r"texts +1\n", shown)
    assert inspect_data(tmp_path).splits["valid"].empty == 1


def test_data_without_labels_is_described(clean_dir, capsys, fails):
    for split in ("train", "valid", "test"):
        (clean_dir / f"y_{split}.h5").unlink()
    assert "y_train.h5" in fails(main, clean_dir)
    call(main, clean_dir, "--labels", "false")
    output = capsys.readouterr().out
    assert re.search(r"labels +not read", output) and "Labels" not in output
    assert "Valid steps of a sample" in output and "nothing to repair" in output
    call(main, clean_dir, "--labels", "false", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["target"] is None and told["splits"]["valid"]["labels"] is None
    assert "without --label-file" in fails(
        main, clean_dir, "--labels", "false", "--label-file", "x.csv"
    )
