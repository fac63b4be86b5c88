import numpy as np
import pytest

from tests.utils.clips.voice.signals import RATE, pulses, resonances, values_of


def pulse_train(pitch, jitter, shimmer, seconds=2):
    """Return times and heights of pulses whose periods and heights vary at random."""
    rng = np.random.default_rng(0)
    count = int(seconds * pitch) - 4
    periods = RATE / pitch * (1 + jitter * rng.normal(size=count))
    return 100 + np.cumsum(periods), 1 + shimmer * rng.normal(size=count)


def relative_change(values):
    """Return the mean difference of neighbours, by the mean: the definition of jitter, shimmer."""
    return np.abs(np.diff(values)).mean() / values.mean()


def measured(sound, name):
    values = values_of(0.5 * sound / np.abs(sound).max())
    voiced = values["voiced"][10:-10] > 0
    assert voiced.mean() > 0.9
    return values[name][10:-10][voiced].mean()


@pytest.mark.parametrize("pitch", [90, 130, 220])
@pytest.mark.parametrize("amount", [0.0, 0.005, 0.01])
def test_jitter_is_the_change_of_the_periods(pitch, amount):
    times, heights = pulse_train(pitch, amount, 0)
    sound = resonances(pulses(times, heights, 2 * RATE), (700, 1200), (120, 150))
    expected = relative_change(np.diff(times))
    assert measured(sound, "jitter") == pytest.approx(expected, rel=0.12, abs=3e-4)


@pytest.mark.parametrize("pitch", [90, 130, 220])
@pytest.mark.parametrize("amount", [0.0, 0.05, 0.1])
def test_shimmer_is_the_change_of_the_amplitudes(pitch, amount):
    times, heights = pulse_train(pitch, 0, amount)
    expected = relative_change(heights)
    sound = pulses(times, heights, 2 * RATE)
    assert measured(sound, "shimmer") == pytest.approx(expected, rel=0.1, abs=1e-3)


def test_a_fall_in_loudness_alone_is_no_jitter():
    times, heights = pulse_train(120, 0, 0)
    fade = np.linspace(1, 0.3, 2 * RATE)
    sound = resonances(pulses(times, heights, 2 * RATE), (700, 1200), (120, 150)) * fade
    assert measured(sound, "jitter") < 1e-3
    assert measured(sound, "shimmer") < 0.01
