import math

import numpy as np

from tests.utils.clips.voice.signals import RATE, values_of


def plain_cepstrum(frame):
    """Return coefficients 1 to 12 of a frame of 400 samples, by loops over the formulas."""
    count, bands = 512, 26
    window = [0.5 - 0.5 * math.cos(2 * math.pi * n / 400) for n in range(400)]
    frame = (frame - frame.mean()) * window
    spectrum = [
        abs(sum(x * np.exp(-2j * np.pi * k * n / count) for n, x in enumerate(frame))) ** 2
        for k in range(count // 2 + 1)
    ]
    mel = [2595 * math.log10(1 + k * RATE / count / 700) for k in range(len(spectrum))]
    low, high = (2595 * math.log10(1 + hertz / 700) for hertz in (20, 8000))
    edges = [low + (high - low) * band / (bands + 1) for band in range(bands + 2)]
    logarithms = []
    for left, middle, right in zip(edges, edges[1:], edges[2:], strict=False):
        weights = (
            max(0, min((m - left) / (middle - left), (right - m) / (right - middle))) for m in mel
        )
        logarithms.append(math.log(sum(w * p for w, p in zip(weights, spectrum, strict=True))))
    return [
        math.sqrt(2 / bands)
        * sum(v * math.cos(math.pi * k * (b + 0.5) / bands) for b, v in enumerate(logarithms))
        for k in range(1, 13)
    ]


def test_coefficients_are_those_of_the_formulas():
    sound = np.random.default_rng(0).normal(size=RATE) * 0.1
    values = values_of(sound)
    for frame in (20, 70):
        expected = plain_cepstrum(sound[frame * 160 - 200 : frame * 160 + 200])
        found = [values[f"mfcc_{k}"][frame] for k in range(1, 13)]
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_changes_are_slopes_of_five_frames():
    values = values_of(np.random.default_rng(0).normal(size=RATE) * 0.1)
    seconds = np.arange(-2, 3) / 100
    slope = np.polyfit(seconds, values["mfcc_3"][40:45], 1)[0]
    bend = np.polyfit(seconds, values["mfcc_3_change"][40:45], 1)[0]
    np.testing.assert_allclose(values["mfcc_3_change"][42], slope, rtol=1e-4)
    np.testing.assert_allclose(values["mfcc_3_bend"][42], bend, rtol=1e-4)
