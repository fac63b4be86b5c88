import numpy as np
import pytest

from tests.utils.clips.voice.signals import RATE, pulses, resonances, values_of

# Hz, of men and women: Peterson and Barney, 1952.
VOWELS = {
    "father": (730, 1090, 2440),
    "heed": (270, 2290, 3010),
    "who": (300, 870, 2240),
    "head": (530, 1840, 2480),
    "hawed": (570, 840, 2410),
    "father, high": (850, 1220, 2810),
    "head, high": (610, 2330, 2990),
}
BANDWIDTHS = (60, 90, 150)


def vowel(frequencies, pitch):
    """Return half a second of a vowel: pulses, the glottis, five resonances, the lips."""
    times = np.arange(100, RATE // 2 - 100, RATE / pitch)
    source = pulses(times, np.ones(len(times)), RATE // 2)
    sound = resonances(source, (0, *frequencies, 3500, 4500), (100, *BANDWIDTHS, 200, 250))
    sound = np.diff(sound, prepend=0)
    return 0.5 * sound / np.abs(sound).max()


@pytest.mark.parametrize("name", VOWELS)
def test_formants_of_a_vowel_are_found(name):
    frequencies = VOWELS[name]
    for pitch in (150, 190, 220) if "high" in name else (100, 125, 150):
        values = values_of(vowel(frequencies, pitch))
        found = [np.median(values[f"f{k}"][5:-5]) for k in (1, 2, 3)]
        widths = [np.median(values[f"b{k}"][5:-5]) for k in (1, 2, 3)]
        np.testing.assert_array_less(np.abs(np.subtract(found, frequencies)), (60, 60, 80))
        np.testing.assert_array_less(np.abs(np.subtract(widths, BANDWIDTHS)), (80, 180, 330))


def test_a_stronger_first_harmonic_raises_its_difference():
    phase = 2 * np.pi * 200 * np.arange(RATE) / RATE
    for ratio in (0.5, 1.0, 4.0):
        sound = 0.1 * (ratio * np.sin(phase) + np.sin(2 * phase) + 0.1 * np.sin(13 * phase))
        values = values_of(sound)
        expected = 20 * np.log10(ratio)
        assert np.median(values["h1_h2"]) == pytest.approx(expected, abs=0.5)
