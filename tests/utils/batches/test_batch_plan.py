import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.batches.batch_plan import BatchPlan


@given(
    samples=st.integers(1, 60),
    batch_size=st.integers(1, 9),
    buckets=st.integers(1, 5),
    workers=st.integers(1, 3),
    epoch=st.integers(0, 10**6),
    data=st.data(),
)
@settings(max_examples=200, deadline=None)
def test_each_epoch_has_every_sample_once(samples, batch_size, buckets, workers, epoch, data):
    lengths = np.array(data.draw(st.lists(st.integers(0, 9), min_size=samples, max_size=samples)))
    plans = [
        BatchPlan(samples, batch_size, True, 1, lengths, buckets, (i, workers))
        for i in range(workers)
    ]
    rows = [batch for plan in plans for batch in plan.epoch(epoch)]
    assert sorted(np.concatenate(rows)) == list(range(samples))
    assert max(map(len, rows)) <= batch_size
    for plan in plans:
        assert len(plan.epoch(epoch)) == plan.steps == plans[0].steps


def test_without_shuffling_the_order_stays():
    assert [b.tolist() for b in BatchPlan(5, 2).epoch(3)] == [[0, 1], [2, 3], [4]]


def test_orders_are_even():
    """Over many epochs, each sample stands in the first place equally often."""
    plan = BatchPlan(5, 5, shuffle=True, seed=4)
    first = np.bincount([plan.epoch(e)[0][0] for e in range(2000)], minlength=5)
    np.testing.assert_allclose(first, 400, atol=4 * np.sqrt(2000 * 0.2 * 0.8))


def test_seeds_and_epochs_do_not_share_orders():
    orders = {
        tuple(BatchPlan(30, 30, True, seed).epoch(epoch)[0])
        for seed in range(5)
        for epoch in range(5)
    }
    assert len(orders) == 25


def test_workers_together_have_the_batches_of_one():
    one = BatchPlan(23, 6, shuffle=True, seed=7).epoch(2)
    parts = [BatchPlan(23, 6, shuffle=True, seed=7, shard=(i, 3)).epoch(2) for i in range(3)]
    for batch, *shares in zip(one, *parts, strict=True):
        assert sorted(np.concatenate(shares)) == sorted(batch)
        assert np.ptp([len(share) for share in shares]) <= 1


def test_batches_of_buckets_have_similar_lengths():
    lengths = np.random.default_rng(0).integers(1, 51, size=1000)
    plan = BatchPlan(1000, 10, True, 0, lengths, 4)
    spread = [np.ptp(lengths[batch]) for batch in plan.epoch(0)]
    assert np.median(spread) <= 13
    assert np.median([np.ptp(lengths[b]) for b in BatchPlan(1000, 10, True).epoch(0)]) > 35
    middles = [lengths[batch].mean() for batch in plan.epoch(0)]
    assert abs(np.corrcoef(middles[:-1], middles[1:])[0, 1]) < 0.3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be at least 1. Received: 0"),
        ({"buckets": 2}, "`buckets` .* without `shuffle`.*Received: 2"),
        ({"buckets": 2, "shuffle": True}, "need the `lengths`"),
        ({"even": True, "shuffle": True}, "need the `lengths`"),
        ({"even": True, "lengths": np.ones(5)}, "`even` needs `shuffle`.*Received: shuffle False"),
        ({"groups": np.arange(4)}, "`groups` need `shuffle`.*Received: shuffle False, buckets 1"),
        (
            {"groups": np.arange(4), "shuffle": True, "even": True, "lengths": np.ones(4)},
            "neither `buckets` nor `even`.*even True",
        ),
        ({"shard": (2, 2)}, r"`shard` must be .*Received: \(2, 2\)"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        BatchPlan(**{"samples": 4, "batch_size": 2, **options})


@given(samples=st.integers(1, 200), batch_size=st.integers(1, 32), seed=st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_evened_batches_are_shuffled_ones_with_a_few_samples_exchanged(samples, batch_size, seed):
    lengths = np.random.default_rng(seed).integers(0, 50, samples)
    plain = BatchPlan(samples, batch_size, True, seed).epoch(3)
    even = BatchPlan(samples, batch_size, True, seed, lengths, even=True).epoch(3)
    assert [len(batch) for batch in even] == [len(batch) for batch in plain]
    assert sorted(np.concatenate(even)) == list(range(samples))
    full = [i for i, batch in enumerate(plain) if len(batch) == len(plain[0])]
    spreads = [np.ptp([lengths[batches[i]].sum() for i in full]) for batches in (even, plain)]
    assert spreads[0] <= spreads[1]


def test_evened_batches_have_as_many_steps():
    lengths = np.random.default_rng(0).lognormal(2.5, 0.7, 640).clip(1, 50).astype(int)
    plain = BatchPlan(640, 32, True).epoch(0)
    even = BatchPlan(640, 32, True, lengths=lengths, even=True).epoch(0)
    assert np.ptp([lengths[batch].sum() for batch in plain]) > 100
    assert np.ptp([lengths[batch].sum() for batch in even]) <= 5
    stayed = [len(np.intersect1d(a, b)) for a, b in zip(plain, even, strict=True)]
    assert np.mean(stayed) > 28


@given(
    groups=st.lists(st.integers(0, 6), min_size=1, max_size=40),
    batch_size=st.integers(1, 9),
    workers=st.integers(1, 3),
    epoch=st.integers(0, 10**6),
)
@settings(max_examples=100, deadline=None)
def test_samples_of_a_group_stand_side_by_side(groups, batch_size, workers, epoch):
    groups = np.array(groups)
    whole = BatchPlan(len(groups), batch_size, True, 2, groups=groups)
    order = np.concatenate(whole.epoch(epoch))
    assert sorted(order) == list(range(len(groups)))
    changes = np.count_nonzero(np.diff(groups[order]))
    assert changes == len(set(groups)) - 1
    shards = [dataclasses.replace(whole, shard=(i, workers)).epoch(epoch) for i in range(workers)]
    for batch, *shares in zip(whole.epoch(epoch), *shards, strict=True):
        assert sorted(np.concatenate(shares)) == sorted(batch)


def test_groups_and_their_samples_come_in_all_orders_equally_often():
    plan = BatchPlan(4, 4, True, 5, groups=np.array([0, 1, 0, 1]))
    orders = Counter(tuple(plan.epoch(e)[0]) for e in range(1600))
    assert len(orders) == 8
    np.testing.assert_allclose(list(orders.values()), 200, atol=4 * np.sqrt(200))


def test_one_group_of_all_samples_changes_nothing():
    one_group = BatchPlan(9, 4, True, 3, groups=np.zeros(9, int)).epoch(1)
    for ours, theirs in zip(one_group, BatchPlan(9, 4, True, 3).epoch(1), strict=True):
        np.testing.assert_array_equal(ours, theirs)
