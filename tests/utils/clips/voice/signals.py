"""Sounds whose pitch, cycles and resonances are known."""

import numpy as np

from utils.clips.voice import VOICE_NAMES, voice_values

RATE = 16_000


def values_of(sound):
    """Return a dict from each name to its values of the sound, and the array itself."""
    values = voice_values(np.asarray(sound, "float32"))
    return dict(zip(VOICE_NAMES, values.T, strict=True))


def harmonics(pitch, count=20):
    """Return the sum of harmonics of a course of pitch in Hz `(n,)`, falling by 6 dB an octave."""
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    parts = [np.sin(k * phase) / k * (k * pitch < RATE / 2 - 500) for k in range(1, count + 1)]
    return 0.1 * np.sum(parts, axis=0)


def hertz(semitones):
    return 27.5 * 2 ** (semitones / 12)


def pulses(times, heights, count):
    """Return band-limited pulses at real-valued times, in samples."""
    sound = np.zeros(count)
    offsets = np.arange(-20, 21)
    for time, height in zip(times, heights, strict=True):
        places = round(time) + offsets
        distance = places - time
        shape = np.sinc(0.9 * distance) * (0.5 + 0.5 * np.cos(np.pi * distance / 21))
        inside = (places >= 0) & (places < count)
        sound[places[inside]] += height * shape[inside]
    return sound


def resonances(sound, frequencies, bandwidths):
    """Filter a sound by resonators in series: their frequency response, on its spectrum."""
    count = 2 * len(sound)
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(count))
    spectrum = np.fft.rfft(sound, count)
    for frequency, bandwidth in zip(frequencies, bandwidths, strict=True):
        radius = np.exp(-np.pi * bandwidth / RATE)
        pole = radius * np.exp(2j * np.pi * frequency / RATE)
        gain = abs(1 - pole) ** 2
        spectrum *= gain / ((1 - pole * z) * (1 - pole.conjugate() * z))
    return np.fft.irfft(spectrum, count)[: len(sound)]
