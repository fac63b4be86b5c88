"""Processes that extract clips: killed, crashed, many at a time, and on a cluster."""

import functools
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest

from data.extract import ray_cluster
from data.extract.clip_files import ClipFiles
from data.extract.clip_runner import ClipRunner
from data.extract.settings import ExtractSettings
from data.extract.work import extract_clips
from tests.data.fake_extractor import FakeExtractor, RunnerHere
from utils.clips.media import Clip
from utils.clips.settings import ExtractionSettings
from utils.command_line import RunFailed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def make_clips(tmp_path):
    """Return clips of some texts; their ids are a, b, c, ..."""

    def make(*texts):
        paths = [tmp_path / f"{name}.wav" for name, _ in zip("abcdefgh", texts, strict=False)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return [Clip(path.stem, path) for path in paths]

    return make


def test_a_clip_that_hangs_or_crashes_stops_no_other(make_clips, tmp_path):
    hanging, crashing, good = make_clips("hang", "crash", "so good")
    runner = ClipRunner(tmp_path / "out", ExtractionSettings(), 0.5, FakeExtractor)
    files = ClipFiles(tmp_path / "out")
    assert runner.run(hanging).failure == (
        "The clip could not be extracted: it took longer than 0.5 seconds; allow more by "
        "--time-limit, or cut it."
    )
    assert "its process has crashed (SIGSEGV)" in runner.run(crashing).failure
    assert runner.run(good).failure == "" and files.is_finished(good)
    runner.close()
    assert runner.run(good).failure == "The clip could not be extracted: interrupted."


def test_a_process_that_cannot_start_says_why(tmp_path, make_clips):
    runner = ClipRunner(tmp_path, ExtractionSettings(asr="broken"), 5, FakeExtractor)
    with pytest.raises(RunFailed, match=r"could not start: No model called broken\."):
        runner.run(*make_clips("good"))


def test_several_processes_write_the_same_as_one(make_clips, tmp_path, monkeypatch):
    runner = functools.partial(ClipRunner, make_extractor=FakeExtractor)
    monkeypatch.setattr("data.extract.work.ClipRunner", runner)
    clips = make_clips("so good", "not so bad", "refused", "fine")
    found = {}
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        ended = extract_clips(clips, folder, ExtractSettings(processes=processes))
        failures = {clip.id: outcome.failure for clip, outcome in ended}
        assert [name for name, failure in failures.items() if failure] == ["c"]
        found[processes] = {
            path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")
        }
    assert found[1] == found[2] and len(found[1]) == 6


EXTRACTION = """
import sys
from pathlib import Path
from data.extract.settings import ExtractSettings
from data.extract.work import extract_clips
import data.extract.work, functools
from tests.data.fake_extractor import FakeExtractor
from utils.clips.media import Clip
data.extract.work.ClipRunner = functools.partial(
    data.extract.work.ClipRunner, make_extractor=FakeExtractor)
if __name__ == "__main__":
    clips = [Clip(Path(path).stem, Path(path)) for path in sys.argv[2:]]
    for clip, outcome in extract_clips(clips, sys.argv[1], ExtractSettings()):
        print(clip.id, outcome.failure, flush=True)
"""


def test_killed_work_leaves_whole_clips_and_no_process(make_clips, tmp_path):
    clips = make_clips("so good", "hang")
    script = tmp_path / "extraction.py"
    script.write_text(EXTRACTION)
    command = [sys.executable, script, tmp_path / "out", *(clip.path for clip in clips)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*map(str, command)], stdout=subprocess.PIPE, text=True, env=environment
    ) as work:
        assert work.stdout.readline().startswith("a")
        tasks = Path(f"/proc/{work.pid}/task").iterdir()
        children = [child for task in tasks for child in (task / "children").read_text().split()]
        assert children
        work.send_signal(signal.SIGKILL)
    files = ClipFiles(tmp_path / "out")
    assert [files.is_finished(clip) for clip in clips] == [True, False]
    assert np.load(files.features("a"))["text"].shape == (3, 2)
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


class FakeRay:
    """Stands for the module `ray`: its actors work here, when their result is asked for."""

    exceptions = types.SimpleNamespace(RayActorError=ConnectionError)

    def __init__(self):
        self.environment, self.actors, self.down = None, 0, False

    def init(self, runtime_env, log_to_driver):
        self.environment = runtime_env["env_vars"]

    def remote(self, **options):
        assert options == {"max_restarts": 3, "max_task_retries": 3}
        return lambda cls: types.SimpleNamespace(remote=functools.partial(self._actor, cls))

    def _actor(self, cls, *arguments):
        self.actors += 1
        actor = cls(*arguments)
        run = types.SimpleNamespace(remote=lambda clip: functools.partial(actor.run, clip))
        return types.SimpleNamespace(run=run)

    def wait(self, pending):
        return pending[-1:], pending[:-1]

    def get(self, call):
        return call()

    def shutdown(self):
        self.down = True


def test_ray_gives_each_process_the_next_clip(make_clips, tmp_path, monkeypatch):
    ray = FakeRay()
    monkeypatch.setattr(ray_cluster, "import_extra", lambda *names: ray)
    monkeypatch.setattr("data.extract.work.ClipRunner", RunnerHere)
    clips = make_clips("so good", "refused", "fine")
    settings = ExtractSettings(strategy="ray", processes=2)
    ended = {clip.id: outcome.failure for clip, outcome in extract_clips(clips, tmp_path, settings)}
    assert sorted(ended) == ["a", "b", "c"] and ended["b"] and not ended["a"]
    assert ray.actors == 2 and ray.down
    assert ray.environment["PYTHONPATH"].startswith(str(ROOT))


def test_ray_that_cannot_start_says_why(make_clips, tmp_path, monkeypatch):
    def fail(**options):
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(
        ray_cluster, "import_extra", lambda *names: types.SimpleNamespace(init=fail)
    )
    settings = ExtractSettings(strategy="ray")
    with pytest.raises(RunFailed, match=r"Ray could not start: The current node timed out during"):
        list(extract_clips(make_clips("good"), tmp_path, settings))


def test_without_ray_the_command_says_what_to_install(make_clips, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    settings = ExtractSettings(strategy="ray")
    with pytest.raises(ValueError, match=r"--strategy ray needs ray.*-r requirements-ray\.txt"):
        list(extract_clips(make_clips("good"), tmp_path, settings))
