"""Named values of a voice, a hundred times a second."""

import numpy as np

from utils.clips.voice import cepstrum, spectrum
from utils.clips.voice.changes import change, voiced_change
from utils.clips.voice.cycles import MARGIN, jitter_and_shimmer
from utils.clips.voice.formants import formants
from utils.clips.voice.harmonics import harmonic_differences
from utils.clips.voice.pitch import TRANSFORM, WIDTH, WINDOW, pitch_candidates
from utils.clips.voice.pitch_path import pitch_path
from utils.clips.voice.sound import HOP, RATE, LevelledSound

LOWEST_NOTE = 27.5  # Hz: the A from which semitones are counted
MOST_HARMONIC = 0.9999  # 40 dB
_PITCH = ("f0", "f0_change", "hnr", "jitter", "shimmer", "h1_h2", "h1_a3")
_FORMANTS = ("f1", "f2", "f3", "b1", "b2", "b3")
VOICED_NAMES = (*_PITCH, *_FORMANTS)
_CEPSTRUM = tuple(f"mfcc_{k + 1}" for k in range(cepstrum.COEFFICIENTS))
_LEVEL = ("level", "relative_level", "loudness", "loudness_change", "zero_crossings")
VOICE_NAMES = (
    *("voiced", "periodicity"),
    *VOICED_NAMES,
    *_LEVEL,
    *spectrum.NAMES,
    *_CEPSTRUM,
    *(f"{name}_change" for name in _CEPSTRUM),
    *(f"{name}_bend" for name in _CEPSTRUM),
)


def voice_values(samples):
    sound = LevelledSound(samples)
    values = np.zeros((sound.count, len(VOICE_NAMES)), "float32")
    if not sound.count:
        return values
    columns = {name: values[:, k] for k, name in enumerate(VOICE_NAMES)}
    pitch = _follow_pitch(sound, columns)
    for first, last in sound.blocks():
        block = {name: column[first:last] for name, column in columns.items()}
        _fill_spectrum(block, sound, first, last)
        _fill_voice(block, sound, first, pitch[first:last])
    columns["f0_change"][:] = voiced_change(columns["f0"], pitch > 0)
    columns["loudness_change"][:] = change(columns["loudness"])
    for name in _CEPSTRUM:
        columns[f"{name}_change"][:] = change(columns[name])
        columns[f"{name}_bend"][:] = change(columns[f"{name}_change"])
    return values


def _follow_pitch(sound, columns):
    """Fill the columns of pitch; return it in Hz, 0 where a frame is unvoiced."""
    found = []
    for first, last in sound.blocks():
        frames = sound.frames(first, last, WIDTH)
        found.append((*pitch_candidates(frames), np.sqrt((frames**2).mean(axis=1))))
    frequencies, strengths, amplitudes = (np.concatenate(part) for part in zip(*found, strict=True))
    path = pitch_path(frequencies, strengths, amplitudes)
    voiced, rows = path >= 0, np.arange(len(path))
    pitch = np.where(voiced, frequencies[rows, path], 0)
    strength = np.where(voiced, strengths[rows, path], strengths.max(axis=1))
    ratio = np.clip(strength, 1e-4, MOST_HARMONIC)
    columns["voiced"][:] = voiced
    columns["periodicity"][:] = strength
    columns["f0"][:] = np.where(voiced, 12 * np.log2(np.maximum(pitch, 1) / LOWEST_NOTE), 0)
    columns["hnr"][:] = np.where(voiced, 10 * np.log10(ratio / (1 - ratio)), 0)
    return pitch


def _fill_spectrum(block, sound, first, last):
    frames = sound.frames(first - 1, last, spectrum.WIDTH)
    power = spectrum.power_spectra(frames)
    previous, power, frames = power[:-1].copy(), power[1:], frames[1:]
    if first == 0:
        previous[0] = power[0]
    for name, column in zip(spectrum.NAMES, spectrum.shapes(power, previous).T, strict=True):
        block[name][:] = column
    relative = 10 * np.log10(power.sum(axis=1))
    block["relative_level"][:] = relative
    block["level"][:] = relative + sound.level
    negative = np.signbit(frames)
    block["zero_crossings"][:] = (negative[:, 1:] != negative[:, :-1]).mean(axis=1)
    bands = cepstrum.band_powers(power)
    block["loudness"][:] = cepstrum.loudness(bands)
    for name, column in zip(_CEPSTRUM, cepstrum.mel_cepstrum(bands).T, strict=True):
        block[name][:] = column


def _fill_voice(block, sound, first, pitch):
    """Fill the columns that only voiced frames have; `pitch` is in Hz, `(n,)`."""
    rows = np.flatnonzero(pitch)
    if not len(rows):
        return
    voiced = pitch[rows]
    frames = sound.frames(first, first + len(pitch), WIDTH)[rows]
    power = np.abs(np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * WINDOW, TRANSFORM)) ** 2
    frequencies, bandwidths = formants(power)
    for k, name in enumerate(_FORMANTS):
        block[name][rows] = (frequencies if k < 3 else bandwidths)[:, k % 3]
    block["h1_h2"][rows], block["h1_a3"][rows] = harmonic_differences(power, voiced, frequencies[:, 2])
    start = first * HOP - MARGIN
    stretch = sound.stretch(start, start + 2 * MARGIN + len(pitch) * HOP)
    block["jitter"][rows], block["shimmer"][rows] = jitter_and_shimmer(
        stretch, MARGIN + rows * HOP, RATE / voiced
    )
