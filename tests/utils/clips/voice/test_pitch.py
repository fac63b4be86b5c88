import numpy as np
import pytest

from tests.utils.clips.voice.signals import RATE, harmonics, hertz, values_of

TIMES = np.arange(3 * RATE) / RATE


def test_a_rising_tone_has_its_pitch():
    pitch = 80 * 2 ** (TIMES / TIMES[-1] * 2.5)
    values = values_of(harmonics(pitch))
    inner = slice(3, -3)
    assert values["voiced"][inner].all()
    np.testing.assert_allclose(hertz(values["f0"])[inner], pitch[::160][inner], rtol=0.01)
    expected = 12 * 2.5 / TIMES[-1]  # semitones a second
    np.testing.assert_allclose(values["f0_change"][10:-10], expected, atol=2)


@pytest.mark.parametrize("height", [120, 400])
def test_vibrato_is_followed(height):
    pitch = height * 2 ** (0.5 / 12 * np.sin(2 * np.pi * 5.5 * TIMES))
    values = values_of(harmonics(pitch))
    errors = np.abs(hertz(values["f0"]) / pitch[::160] - 1)[3:-3]
    assert values["voiced"][3:-3].all()
    assert np.mean(errors > 0.2) < 0.02
    assert np.median(errors) < 0.005


@pytest.mark.parametrize("decibels", [0, 5, 10, 20])
def test_noise_beside_a_tone_is_measured(decibels):
    tone = harmonics(np.full(len(TIMES), 150.0))
    noise = np.random.default_rng(0).normal(size=len(TIMES))
    noise *= np.std(tone) / np.std(noise) * 10 ** (-decibels / 20)
    values = values_of(tone + noise)
    voiced = values["voiced"][3:-3] > 0
    assert voiced.mean() > 0.98
    errors = np.abs(hertz(values["f0"])[3:-3][voiced] / 150 - 1)
    assert np.mean(errors > 0.2) < 0.02
    assert np.median(values["hnr"][3:-3][voiced]) == pytest.approx(decibels, abs=1)


def test_a_pure_tone_has_almost_no_noise():
    values = values_of(harmonics(np.full(RATE, 150.0)))
    assert np.median(values["hnr"]) > 30


def test_noise_and_silence_are_unvoiced():
    noise = np.random.default_rng(0).normal(size=len(TIMES)) * 0.1
    assert values_of(noise)["voiced"].mean() < 0.02
    assert not values_of(np.zeros(RATE))["voiced"].any()


def test_pauses_are_unvoiced_and_tones_between_them_voiced():
    on = (TIMES % 1) < 0.5
    sound = harmonics(np.full(len(TIMES), 200.0)) * on
    sound += np.random.default_rng(0).normal(size=len(TIMES)) * 1e-4
    voiced = values_of(sound)["voiced"] > 0
    assert np.mean(voiced == on[::160]) > 0.96


def test_what_needs_a_voice_is_zero_without_it():
    sound = np.concatenate(
        [harmonics(np.full(RATE, 200.0)), np.random.default_rng(0).normal(size=RATE) * 0.1]
    )
    values = values_of(sound)
    silent = values["voiced"] == 0
    assert 0.4 < silent.mean() < 0.6
    for name in ("f0", "f0_change", "hnr", "jitter", "shimmer", "h1_h2", "h1_a3", "f1", "b3"):
        assert not values[name][silent].any(), name
        assert values[name][~silent].any() or name in ("jitter", "f0_change"), name
