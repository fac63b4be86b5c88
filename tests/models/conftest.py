import keras
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def seeded():
    """Each test draws the same weights, dropout and NumPy numbers whenever it runs."""
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def sequence():
    """Two samples of six steps, eight wide."""
    return np.random.default_rng(0).normal(size=(2, 6, 8)).astype("float32")


@pytest.fixture(scope="session")
def context():
    """Two samples of four steps, eight wide."""
    return np.random.default_rng(1).normal(size=(2, 4, 8)).astype("float32")


@pytest.fixture(scope="session")
def mask():
    """A mask for `sequence`: padding behind in one sample; a hole, then padding, in the other."""
    return np.array([[1, 1, 1, 1, 0, 0], [1, 0, 1, 1, 1, 0]], bool)


@pytest.fixture(scope="session")
def context_mask():
    """A mask for `context`."""
    return np.array([[0, 1, 1, 1], [1, 1, 0, 0]], bool)
