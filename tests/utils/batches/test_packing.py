import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.batches.batch_plan import BatchPlan
from utils.batches.packing import Packer


@given(samples=st.integers(0, 40), packs=st.integers(1, 5), seed=st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_each_sample_is_in_one_pack_with_room_for_it(samples, packs, seed):
    rng = np.random.default_rng(seed)
    capacity = (20, 50, 7)
    lengths = rng.integers(0, np.add(capacity, 1), (50, 3))
    rows = rng.permutation(50)[:samples]
    held = Packer(lengths, capacity, packs).assign(rows)
    assert held.sum(axis=0).tolist() == [1] * samples
    assert (held @ lengths[rows] <= capacity).all()
    assert packs <= len(held) <= max(packs, samples)


def test_short_samples_fill_the_rows():
    lengths = np.array([[6], [4], [5], [5], [3], [3], [4]])
    assert len(Packer(lengths, (10,)).assign(np.arange(7))) == 3


def test_the_batches_of_some_epochs_have_one_shape():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 15, (100, 3))
    plan = BatchPlan(100, 16, shuffle=True)
    packer = Packer(lengths, (20,) * 3).for_epochs(plan, 4)
    shapes = {len(packer.assign(rows)) for epoch in range(4) for rows in plan.epoch(epoch)}
    assert shapes == {packer.packs}
    assert packer.packs < 16
    assert packer.longest.tolist() == lengths.max(axis=1).tolist()
