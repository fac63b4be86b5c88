import pytest

from experiments.runs import start
from experiments.runs.start import timed
from experiments.training.interruption import RunStopped


class Folder:
    has_metadata = True

    def __init__(self):
        self.metadata = {"seed": 0}

    def load_metadata(self):
        return self.metadata

    def add_metadata(self, entries):
        self.metadata = {**self.metadata, **entries}


def test_the_time_of_a_stage_adds_up_over_a_stop(monkeypatch):
    clock = iter([10, 12, 100, 103.5])
    monkeypatch.setattr(start.time, "monotonic", lambda: next(clock))
    folder = Folder()
    with pytest.raises(RunStopped), timed(folder, "training"):
        raise RunStopped("saved", 130)
    with timed(folder, "training"):
        pass
    assert folder.metadata == {"seed": 0, "durations": {"training": 5.5}}
