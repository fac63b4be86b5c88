import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.partition import Partition


@given(
    st.lists(st.integers(0, 20), min_size=3, max_size=200),
    st.tuples(st.integers(1, 100), st.integers(0, 100), st.integers(0, 100)),
    st.integers(0, 5),
)
def test_each_sample_goes_to_one_split_and_no_group_is_cut(groups, shares, seed):
    partition = Partition(list(shares), "group", seed)
    columns = {"group": [f"g{value}" for value in groups]}
    if len(set(groups)) < len(partition.splits):
        with pytest.raises(ValueError, match="different values of group"):
            partition.rows("data", len(groups), columns)
        return
    rows = partition.rows("data", len(groups), columns)
    assert sorted(np.concatenate([*rows.values()])) == list(range(len(groups)))
    found = [{groups[i] for i in part} for part in rows.values()]
    assert all(found) and sum(map(len, found)) == len(set(groups))


def test_sizes_follow_the_shares():
    rows = Partition([70, 10, 20]).rows("data", 1000, {})
    assert {name: len(part) for name, part in rows.items()} == {
        "train": 700,
        "valid": 100,
        "test": 200,
    }
    rng = np.random.default_rng(0)
    videos = {"video": [f"v{i}" for i in range(90) for _ in range(rng.integers(5, 30))]}
    count = len(videos["video"])
    rows = Partition([70, 10, 20], "video").rows("data", count, videos)
    sizes = [len(part) / count for part in rows.values()]
    np.testing.assert_allclose(sizes, [0.7, 0.1, 0.2], atol=0.02)


def test_the_seed_decides_and_video_ids_are_found_in_ids():
    columns = {"id": [f"v{i // 2}$_${i}" for i in range(40)]}
    first, again, other = (
        Partition([2, 1, 1], "video_id", seed).rows("data", 40, columns) for seed in (0, 0, 1)
    )
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert any(not np.array_equal(first[name], other[name]) for name in first)


def test_an_unknown_column_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"--split-by must be a column of data.*id.*speaker"):
        Partition([1, 1, 1], "speaker").rows("data", 3, {"id": ["a", "b", "c"]})
