import dataclasses
import errno
import math
import re
from pathlib import Path

import pytest

from experiments.runs.run_folder import RunFolder
from experiments.runs.start import recorded, timed
from experiments.settings import TrainSettings
from experiments.training.interruption import RunStopped
from utils.command_line import RunFailed
from utils.files import read_json, write_json


def begun(path):
    """Return a `RunFolder` in which a run has begun."""
    run = RunFolder.claim(path)
    run.begin()
    return run


def names(path):
    """Return the paths of all files below a folder."""
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())


def test_two_runs_never_share_a_folder(tmp_path):
    begun(tmp_path / "run")
    with pytest.raises(FileExistsError, match=r"run folder .*run is taken.*another --run-dir"):
        begun(tmp_path / "run")


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(FileExistsError, match="is not empty"):
        begun(tmp_path)
    assert names(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize(
    "files",
    [
        ("STATUS", "comparison.yaml", "runs/seqlevel-seed0/best.keras"),
        ("STATUS", "study.db"),
        ("STATUS", "config.yaml", "chapter.tex"),
        ("STATUS", "config.yaml", "tensorboard/notes.txt"),
        ("STATUS", "checkpoints/epoch-000001-step-000000001.npz"),
        ("config.yaml",),
        ("STATUS of the thesis",),
    ],
)
def test_a_folder_that_is_no_run_is_never_taken_over(tmp_path, files):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("running\n")
    with pytest.raises(FileExistsError, match=r"holds no run to go on with.*Nothing was changed"):
        RunFolder.claim(tmp_path).begin(resume=True)
    assert names(tmp_path) == sorted(files)


def test_a_status_of_the_user_is_not_taken_over(tmp_path):
    (tmp_path / "STATUS").write_text("submitted to the faculty\n")
    with pytest.raises(FileExistsError, match="holds no run to go on with"):
        RunFolder.claim(tmp_path).begin(resume=True)
    assert names(tmp_path) == ["STATUS"]


def test_a_run_that_was_killed_before_its_metadata_is_taken_over(tmp_path):
    run = begun(tmp_path)
    run.save_config({"epochs": 3})
    (tmp_path / "metadata.json.partial").write_text("{")
    run.begin(resume=True)
    assert names(tmp_path) == [".reserve", "STATUS"] and run.status == "running"


def test_a_run_that_fails_before_its_first_measures_leaves_no_folder(tmp_path):
    for error, stays in ((ValueError, False), (RunFailed, False), (KeyboardInterrupt, True)):
        run = begun(tmp_path / error.__name__)
        run.save_config({})
        with pytest.raises(error), recorded(run):
            raise error("x")
        assert run.path.exists() == stays
    run = begun(tmp_path / "stopped")
    with pytest.raises(RunStopped), recorded(run):
        raise RunStopped("stopped by SIGTERM", 143)
    assert run.status.startswith("failed: stopped")


def test_a_run_that_fails_after_its_first_measures_stays(tmp_path):
    run = begun(tmp_path / "run")
    with pytest.raises(RunFailed), recorded(run):
        run.log_metrics({"epoch": 0})
        raise RunFailed("the loss is not finite")
    assert names(run.path) == ["STATUS", "metrics.jsonl"]
    assert run.status == "failed: the loss is not finite"


def test_the_status_tells_that_the_memory_did_not_suffice(tmp_path):
    run = begun(tmp_path / "run")
    with pytest.raises(RunFailed, match="the memory does not suffice"), recorded(run):
        run.log_metrics({"epoch": 0})
        raise MemoryError("Unable to allocate 8 PiB")
    assert run.status.startswith("failed: the memory does not suffice: Unable to allocate 8 PiB.")


def test_status_config_and_metrics_come_back(tmp_path):
    run = begun(tmp_path / "run")
    assert run.status == "running"
    run.set_status("finished")
    assert run.status == "finished"
    config = dataclasses.asdict(TrainSettings(data="x", epochs=7))
    run.save_config(config)
    assert run.load_config() == config
    run.log_metrics({"epoch": 0, "Corr": math.nan})
    run.log_metrics({"epoch": 1, "Corr": 0.5})
    assert run.load_metrics() == [{"epoch": 0, "Corr": None}, {"epoch": 1, "Corr": 0.5}]


def test_json_has_no_nan(tmp_path):
    write_json(tmp_path / "a.json", {"x": [math.nan, 1.0]})
    assert read_json(tmp_path / "a.json") == {"x": [None, 1.0]}


def test_opening_something_else_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"not a run folder with a model.*config\.yaml"):
        RunFolder.open(tmp_path)


def test_the_end_is_told_on_a_full_disk_too(tmp_path, monkeypatch):
    run = begun(tmp_path / "run")
    run.log_metrics({"epoch": 0})
    full, write = OSError(errno.ENOSPC, "No space left on device"), Path.write_text

    def fails_while_full(path, *arguments, **options):
        write(path, "")  # half-written
        if run.reserve.exists():
            raise full
        return write(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", fails_while_full)
    with pytest.raises(RunFailed, match=r"config\.yaml cannot be written: No space.*--resume"):
        with recorded(run):
            run.save_config({})
    assert re.fullmatch(r"failed: .*config\.yaml cannot be written.*--resume\.", run.status)
    assert names(run.path) == ["STATUS", "metrics.jsonl"]


def test_a_disk_that_is_full_at_the_very_end_is_told_too(tmp_path, monkeypatch):
    run = begun(tmp_path / "run")
    run.log_metrics({"epoch": 0})
    write_json(run.path / "metadata.json", {})

    def fails(entries):
        raise OSError(errno.ENOSPC, "No space left on device", "metadata.json")

    monkeypatch.setattr(run, "load_metadata", dict)
    monkeypatch.setattr(run, "add_metadata", fails)
    full = pytest.raises(RunFailed, match=r"metadata\.json cannot be written")
    with full, recorded(run), timed(run, "training"):
        pass
    assert run.status.startswith("failed: metadata.json cannot be written")


def test_a_line_that_does_not_fit_on_the_disk_names_its_file(tmp_path):
    (tmp_path / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: .*metrics\.jsonl"):
        RunFolder(tmp_path).log_metrics({"epoch": 0})


def test_a_model_that_cannot_be_saved_leaves_the_one_before(tmp_path):
    class Model:
        def save(self, path):
            path.write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device")

    run = begun(tmp_path)
    run.best.write_text("before")
    with pytest.raises(OSError, match=r"best\.keras"):
        run.save_model(Model())
    assert run.best.read_text() == "before" and not (tmp_path / "partial.keras").exists()
