import numpy as np

from models.baselines.label_memory import LabelMemory, damped

ROWS = np.array([4, 1, 2])


def make(samples=6):
    memory = LabelMemory(samples)
    memory.build()
    return memory


def visit(memory, row, found):
    memory.update(row, memory(row)[1], found.astype("float32"))


def test_a_shift_is_the_mean_of_those_found_weighted_by_the_visit():
    memory, found = make(), np.random.default_rng(0).normal(size=(4, 3, 3))
    shifts = np.zeros((3, 3))
    for n in range(1, 5):
        visit(memory, ROWS, found[n - 1])
        weights = np.arange(1, n + 1)
        expected = np.average(found[:n], axis=0, weights=weights)
        remembered, visits = memory(ROWS)
        np.testing.assert_allclose(remembered, expected, atol=1e-6)
        np.testing.assert_array_equal(visits, [n] * 3)
        shifts = damped(shifts, np.full(3, n - 1.0), found[n - 1])
        np.testing.assert_allclose(shifts, expected, atol=1e-6)


def test_other_samples_are_as_before():
    memory = make()
    visit(memory, ROWS, np.ones((3, 3)))
    visit(memory, ROWS[:0], np.ones((0, 3)))
    shifts, visits = memory(np.array([0, 3, 5, 4]))
    np.testing.assert_array_equal(shifts, [[0] * 3] * 3 + [[1] * 3])
    np.testing.assert_array_equal(visits, [0, 0, 0, 1])


def test_replicas_that_take_the_mean_of_their_sums_remember_the_same():
    whole, mean = make(), make()
    rng = np.random.default_rng(0)
    for _ in range(3):
        order, found = rng.permutation(6), rng.normal(size=(6, 3))
        visit(whole, order, found)
        before, sums = mean.sums.numpy(), []
        for part in (slice(0, 2), slice(2, 5), slice(5, 6)):
            mean.sums.assign(before)
            visit(mean, order[part], found[part])
            sums.append(mean.sums.numpy())
        mean.sums.assign(np.mean(sums, axis=0))
    for ours, expected in zip(mean(np.arange(6)), whole(np.arange(6)), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-6)
