import numpy as np
import pytest

from models import token_rows
from models.token_rows import compacted, distinct_rows, with_special_tokens


def test_tokens_are_put_side_by_side_and_special_ones_round_them():
    ids = np.array([[7, 8, 9, 6], [5, 0, 3, 4], [1, 2, 3, 4]], "int32")
    valid = np.array([[0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]], bool)
    rows, count = compacted(ids, valid)
    np.testing.assert_array_equal(rows, [[8, 6, -1, -1], [5, 0, 3, 4], [-1] * 4])
    np.testing.assert_array_equal(count, [2, 4, 0])
    both, mask = with_special_tokens(rows, count, 20, 30)
    np.testing.assert_array_equal(
        both, [[20, 8, 6, 30, 0, 0], [20, 5, 0, 3, 4, 30], [20, 30, 0, 0, 0, 0]]
    )
    np.testing.assert_array_equal(mask.numpy().sum(axis=1), [4, 6, 2])
    neither, mask = with_special_tokens(rows, count)
    np.testing.assert_array_equal(neither, np.maximum(rows, 0))
    np.testing.assert_array_equal(mask.numpy().sum(axis=1), count)


def test_rows_are_cut_to_the_longest():
    valid = np.array([[0, 1, 1, 1], [1, 0, 0, 0]], bool)
    assert compacted(np.ones((2, 4), "int32"), valid, trim=True)[0].shape == (2, 3)
    assert compacted(np.ones((2, 4), "int32"), ~valid & valid, trim=True)[0].shape == (2, 2)
    assert compacted(np.ones((0, 4), "int32"), valid[:0], trim=True)[0].shape == (0, 2)


@pytest.mark.parametrize("collide", [False, True])
def test_equal_rows_are_found_and_others_never_merged(collide, monkeypatch):
    if collide:
        monkeypatch.setattr(token_rows, "hashed", lambda ids: ids[:, 0] * 0)
    rows = np.random.default_rng(0).integers(-1, 2, (40, 3)).astype("int32")
    kept, places = distinct_rows(rows)
    np.testing.assert_array_equal(rows[kept][places], rows)
    if not collide:
        assert len(kept) == len(np.unique(rows, axis=0))
    kept, places = distinct_rows(rows[:0])
    assert kept.shape == places.shape == (0,)


def test_hashes_of_similar_rows_differ():
    rows = np.random.default_rng(0).integers(0, 100, (2000, 5)).astype("int32")
    rows = np.unique(
        np.concatenate([rows, rows[:, ::-1], rows + np.eye(5, dtype="int32")[1]]), axis=0
    )
    assert len(np.unique(token_rows.hashed(rows))) == len(rows)
