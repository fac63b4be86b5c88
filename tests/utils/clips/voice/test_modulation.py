import numpy as np
import pytest

from tests.utils.clips.voice.signals import RATE, values_of
from utils.clips.voice.modulation import RATES, modulation

SECONDS = np.arange(400) / 100


@pytest.mark.parametrize("rate", RATES)
def test_an_oscillation_has_its_amplitude_at_its_rate(rate):
    values = 3 + 0.7 * np.sin(2 * np.pi * rate * SECONDS)
    for other in RATES:
        found = modulation(values, other)[60:-60]
        if other <= rate:
            np.testing.assert_allclose(found, 0.7 * (other == rate), atol=0.05)
        else:
            assert found.max() < 0.5 * 0.7


def test_a_constant_has_no_modulation():
    np.testing.assert_allclose(modulation(np.full(5, 3.0), 4), 0, atol=1e-12)


def test_a_trill_is_found_in_the_loudness():
    times = np.arange(2 * RATE) / RATE
    # Loudness is power to the 0.3, that is, amplitude to the 0.6.
    swell = (1 + 0.3 * np.sin(2 * np.pi * 8 * times)) ** (1 / 0.6)
    values = values_of(0.1 * swell * np.sin(2 * np.pi * 1000 * times))
    inner = slice(60, -60)
    depth = values["modulation_8"][inner] / values["loudness"][inner].mean()
    np.testing.assert_allclose(depth, 0.3, rtol=0.1)
    assert np.all(values["modulation_4"][inner] < values["modulation_8"][inner] / 5)
