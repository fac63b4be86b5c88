import math

import pytest

from experiments.runs.run_folder import RunFolder
from utils.files import read_json, write_json


def test_two_runs_never_share_a_folder(tmp_path):
    RunFolder.create(tmp_path / "run")
    with pytest.raises(FileExistsError, match=r"run folder .*run is taken.*another --run-dir"):
        RunFolder.create(tmp_path / "run")


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(FileExistsError, match="is not empty"):
        RunFolder.create(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_status_config_and_metrics_come_back(tmp_path):
    run = RunFolder.create(tmp_path / "run")
    assert run.status == "running"
    run.set_status("finished")
    assert run.status == "finished"
    run.save_config({"model": "seqlevel", "clip": math.inf})
    assert run.load_config() == {"model": "seqlevel", "clip": math.inf}
    run.log_metrics({"epoch": 0, "Corr": math.nan})
    run.log_metrics({"epoch": 1, "Corr": 0.5})
    assert run.load_metrics() == [{"epoch": 0, "Corr": None}, {"epoch": 1, "Corr": 0.5}]


def test_json_has_no_nan(tmp_path):
    write_json(tmp_path / "a.json", {"x": [math.nan, 1.0]})
    assert read_json(tmp_path / "a.json") == {"x": [None, 1.0]}


def test_opening_something_else_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"not a run folder with a model.*config\.yaml"):
        RunFolder.open(tmp_path)
