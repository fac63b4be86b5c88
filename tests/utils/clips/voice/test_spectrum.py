import numpy as np
import pytest

from tests.utils.clips.voice.signals import RATE, values_of

TIMES = np.arange(RATE) / RATE


def sine(hertz, amplitude=0.1):
    return amplitude * np.sin(2 * np.pi * hertz * TIMES)


def middle(sound):
    return {name: np.median(column[5:-5]) for name, column in values_of(sound).items()}


def test_a_sine_has_its_place_and_no_width():
    values = middle(sine(2000))
    assert values["centroid"] == pytest.approx(2000, rel=0.01)
    assert values["rolloff"] == pytest.approx(2000, abs=63)
    assert values["bandwidth"] < 100
    assert values["entropy"] < 0.25
    assert values["flux"] < 0.05
    assert values["zero_crossings"] == pytest.approx(2 * 2000 / RATE, rel=0.05)


def test_white_noise_is_flat():
    values = middle(np.random.default_rng(0).normal(size=RATE) * 0.1)
    assert values["centroid"] == pytest.approx(4000, rel=0.05)
    assert values["rolloff"] == pytest.approx(0.85 * 8000, rel=0.05)
    assert values["bandwidth"] == pytest.approx(8000 / np.sqrt(12), rel=0.05)
    # The mean logarithm of an exponential variable: minus Euler's constant.
    assert values["flatness"] == pytest.approx(np.exp(-np.euler_gamma), rel=0.06)
    assert values["alpha_ratio"] == pytest.approx(10 * np.log10(950 / 4000), abs=0.7)
    assert values["slope_500_1500"] == pytest.approx(0, abs=1.5)


def test_ratios_of_bands_are_those_of_two_sines():
    values = middle(sine(500, 0.1) + sine(3000, 0.01))
    assert values["alpha_ratio"] == pytest.approx(20, abs=0.3)
    assert values["hammarberg"] == pytest.approx(20, abs=0.7)


@pytest.mark.parametrize("low, high", [(50, 500), (500, 1500)])
def test_slopes_are_in_decibels_a_kilohertz(low, high):
    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.normal(size=4 * RATE))
    frequencies = np.fft.rfftfreq(4 * RATE, 1 / RATE)
    sound = np.fft.irfft(spectrum * 10 ** (-12 * frequencies / 1000 / 20))
    values = values_of(0.1 * sound / sound.std())
    assert values[f"slope_{low}_{high}"][5:-5].mean() == pytest.approx(-12, abs=2.5)


def test_levels_are_decibels_below_full_scale():
    values = middle(sine(1000, 0.1))
    assert values["level"] == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.1)
    assert values["relative_level"] == pytest.approx(0, abs=0.1)


def test_the_level_of_pauses_does_not_count():
    tone = np.where(TIMES < 0.25, sine(1000, 0.1), 0)
    assert values_of(tone)["relative_level"][12] == pytest.approx(0, abs=0.3)


def test_loudness_grows_by_the_power_law():
    sound = np.where(TIMES < 0.5, sine(1000, 0.1), sine(1000, 0.05))
    loudness = values_of(sound)["loudness"]
    assert loudness[75] / loudness[25] == pytest.approx(0.25**0.3, rel=0.05)
    assert values_of(sound)["loudness_change"][50] < -1
