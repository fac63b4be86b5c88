import random

import numpy as np
import pytest

from experiments.training.checkpoints import Checkpoints


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints")


def save(checkpoints, epoch, step):
    checkpoints.save({"weights": np.full(3, epoch + step / 10)}, {"epoch": epoch, "step": step})


def test_there_is_no_state_at_first(checkpoints):
    assert checkpoints.newest() is None


def test_the_newest_state_comes_back(checkpoints):
    for epoch, step in ((2, 0), (1, 9), (2, 10), (2, 9)):
        save(checkpoints, epoch, step)
    arrays, progress = checkpoints.newest()
    assert progress == {"epoch": 2, "step": 10}
    np.testing.assert_array_equal(arrays["weights"], [3.0] * 3)


def test_old_states_are_removed_and_nothing_else(checkpoints):
    checkpoints.path.mkdir()
    (checkpoints.path / "notes.npz").write_text("a user's own")
    for step in range(4):
        save(checkpoints, 1, step)
    names = sorted(path.name for path in checkpoints.path.iterdir())
    assert [name.rpartition("-")[0] for name in names] == [
        "epoch-000001-step-000000002",
        "epoch-000001-step-000000003",
        "",
    ]


@pytest.mark.parametrize("damage", [b"", b"PK half", b"\x93NUMPY\x01\x00"])
def test_the_one_before_a_damaged_one_is_taken(checkpoints, damage, capsys):
    save(checkpoints, 1, 0)
    save(checkpoints, 2, 0)
    max(checkpoints.path.iterdir()).write_bytes(damage)
    _, progress = checkpoints.newest()
    assert progress["epoch"] == 1
    assert "damaged and passed over" in " ".join(capsys.readouterr().out.split())


def test_any_changed_byte_is_damage(checkpoints, capsys):
    save(checkpoints, 1, 0)
    save(checkpoints, 2, 0)
    path, generator = max(checkpoints.path.iterdir()), random.Random(0)
    whole = path.read_bytes()
    for place in generator.sample(range(len(whole)), 300):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert checkpoints.newest()[1]["epoch"] == 1
    path.write_bytes(whole)
    assert checkpoints.newest()[1]["epoch"] == 2


def test_removing_leaves_what_the_user_has_put_there(checkpoints):
    folds = Checkpoints(checkpoints.path / "fold-1")
    save(checkpoints, 1, 0)
    save(folds, 1, 0)
    (checkpoints.path / "notes.npz").write_text("a user's own")
    checkpoints.remove()
    assert [path.name for path in checkpoints.path.iterdir()] == ["notes.npz"]
