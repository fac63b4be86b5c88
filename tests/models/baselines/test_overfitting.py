import keras
import numpy as np
import pytest

from models.baselines import BASELINES
from tests.models.tiny import make_masks, make_model, make_sequences

STEPS = 200
# To trace their step takes longer than all other models together.
LARGE = ("tetfn", "mult", "misa", "almt", "graph_mfn")
OPTIONS = {"tfn": {"nonverbal_dim": 8}}  # a smaller tensor

# At high rates MISA's private and shared vectors collapse to constants, which its own losses like.
RATES = {"misa": 0.002}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BASELINES if name not in LARGE])
def test_plain_fit_learns_thirty_two_samples_by_heart(name):
    model = make_model(name, model_dim=32, dropout_rate=0.0, **OPTIONS.get(name, {}))
    inputs = (*make_sequences(batch=32), *make_masks(batch=32))
    target = np.random.default_rng(1).uniform(-3, 3, size=(32, 1)).astype("float32")
    rate = keras.optimizers.schedules.CosineDecay(RATES.get(name, 0.01), STEPS)
    model.compile(keras.optimizers.Adam(rate), "mae", jit_compile=False)
    model.optimizer.build(model.trainable_variables)  # Otherwise Keras traces the step twice.
    repeated = [np.tile(x, (STEPS, *[1] * (x.ndim - 1))) for x in (*inputs, target)]
    model.fit(repeated[:-1], repeated[-1], batch_size=32, shuffle=False, verbose=0)
    assert np.abs(model(inputs) - target).mean() < 0.05


@pytest.mark.parametrize("name", ["misa"])  # which has all kinds of losses
def test_a_few_steps_of_a_large_model_lower_its_error(name, eagerly):
    model = make_model(name, dropout_rate=0.0)
    inputs = (*make_sequences(batch=32), *make_masks(batch=32))
    target = np.random.default_rng(1).uniform(-3, 3, size=(32, 1)).astype("float32")
    before = np.abs(model(inputs) - target).mean()
    model.compile(keras.optimizers.Adam(0.002), "mae")
    model.fit(inputs, target, batch_size=32, epochs=4, verbose=0)
    # The loss has parts of its own, some of them from the second epoch on.
    assert np.abs(model(inputs) - target).mean() < before - 0.01
