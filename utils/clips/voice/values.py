"""Named values of a voice, a hundred times a second."""

import numpy as np

from utils.clips.voice import cepstrum, spectrum
from utils.clips.voice.changes import change, voiced_change
from utils.clips.voice.cycles import MARGIN, jitter_and_shimmer
from utils.clips.voice.formants import formants
from utils.clips.voice.harmonics import harmonic_differences
from utils.clips.voice.modulation import RATES, modulation
from utils.clips.voice.names import BANDWIDTHS, CEPSTRUM, FREQUENCIES, MODULATION, VOICE_NAMES
from utils.clips.voice.pitch import WIDTH, pitch_candidates, power_spectra
from utils.clips.voice.pitch_path import pitch_path
from utils.clips.voice.sound import HOP, RATE, LevelledSound

LOWEST_NOTE = 27.5  # Hz: the A from which semitones are counted
MOST_HARMONIC = 0.9999  # 40 dB


def voice_values(samples):
    """Describe pitch, quality, loudness and colour of a voice every 10 ms.

    A value depends on the sound up to 60 ms before and after its time (`modulation_2`: 515 ms),
    and on two things of the whole recording: its mean and active level, by which it is scaled, and
    the course of the pitch, which is the best one through all frames. All values but `level` are
    independent of the gain.

    | name | what it is | unit |
    |---|---|---|
    | `voiced` | whether the frame has a pitch | 0 or 1 |
    | `periodicity` | correlation with the sound one period later, at most 1 | |
    | `f0` | pitch above 27.5 Hz; 65 to 600 Hz are looked for | semitones |
    | `f0_change` | its slope over 50 ms, all voiced | semitones/s |
    | `hnr` | harmonics-to-noise ratio, at most 40 | dB |
    | `jitter`, `shimmer` | change of period and amplitude from cycle to cycle | share |
    | `h1_h2`, `h1_a3` | first harmonic by the second, and by the one at the third formant | dB |
    | `f1` to `f3`, `b1` to `b3` | formants and their bandwidths; 0 where not found | Hz |
    | `level`, `relative_level` | level, below full scale and above the active level | dB |
    | `loudness`, `loudness_change` | sum of compressed band powers, and slope over 50 ms | 1, 1/s |
    | `zero_crossings` | changes of sign a sample | share |
    | `modulation_2` to `modulation_16` | amplitude of the loudness at 2, 4, 8 and 16 Hz | 1 |
    | `centroid` to `hammarberg` | shape of the spectrum, see `spectrum.shapes` | see there |
    | `mfcc_1` to `mfcc_12` | mel cepstrum, see `cepstrum.mel_cepstrum` | |
    | `mfcc_1_change`, `mfcc_1_bend`, ... | slope over 50 ms, and slope of the slope | 1/s, 1/s² |

    `VOICED_NAMES` lists the values that only a voiced frame has. In other frames they are 0, so a
    mean over time should leave these frames out.

    Args:
        samples: Mono sound `(n,)`, floating-point, at 16,000 Hz; full scale is 1.

    Returns:
        float32 `(ceil(n / 160), 70)`, finite; columns in the order of `VOICE_NAMES`. Row `k` is
        centred at `k` times 0.01 s. Beyond the ends of the recording there is silence.

    Raises:
        ValueError: If `samples` has another shape or type, or numbers that are not finite.

    Reference:
        The functions and modules of this package name the source of each value.

    Example:
        >>> import numpy as np
        >>> seconds = np.arange(16_000) / 16_000
        >>> values = voice_values(0.1 * np.sin(2 * np.pi * 220 * seconds))
        >>> values.shape, round(float(values[50, VOICE_NAMES.index("f0")]), 1)
        ((100, 70), 36.0)
    """
    sound = LevelledSound(samples)
    values = np.zeros((sound.count, len(VOICE_NAMES)), "float32")
    if not sound.count:
        return values
    columns = {name: values[:, k] for k, name in enumerate(VOICE_NAMES)}
    pitch = _fill_pitch(columns, sound)
    for first, last in sound.blocks():
        block = {name: column[first:last] for name, column in columns.items()}
        _fill_spectrum(block, sound, first, last)
        _fill_voice(block, sound, first, pitch[first:last])
    columns["f0_change"][:] = voiced_change(columns["f0"], pitch > 0)
    columns["loudness_change"][:] = change(columns["loudness"])
    for name, rate in zip(MODULATION, RATES, strict=True):
        columns[name][:] = modulation(columns["loudness"], rate)
    for name in CEPSTRUM:
        columns[f"{name}_change"][:] = change(columns[name])
        columns[f"{name}_bend"][:] = change(columns[f"{name}_change"])
    return values


def _fill_pitch(columns, sound):
    """Fill the columns of pitch; return it in Hz `(frames,)`, 0 where a frame is unvoiced."""
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
    if first == 0:
        power[0] = power[1]  # before the first frame there is none to differ from
    previous, power, frames = power[:-1], power[1:], frames[1:]
    _fill(block, spectrum.NAMES, spectrum.shapes(power, previous))
    relative = 10 * np.log10(power.sum(axis=1))
    block["relative_level"][:] = relative
    block["level"][:] = relative + sound.level
    negative = np.signbit(frames)
    block["zero_crossings"][:] = (negative[:, 1:] != negative[:, :-1]).mean(axis=1)
    bands = cepstrum.band_powers(power)
    block["loudness"][:] = cepstrum.loudness(bands)
    _fill(block, CEPSTRUM, cepstrum.mel_cepstrum(bands))


def _fill_voice(block, sound, first, pitch):
    """Fill the columns that only voiced frames have; `pitch` is in Hz `(frames,)`."""
    rows = np.flatnonzero(pitch)
    if not len(rows):
        return
    pitch, last = pitch[rows], first + len(pitch)
    power = power_spectra(sound.frames(first, last, WIDTH)[rows])
    frequencies, bandwidths = formants(power)
    _fill(block, FREQUENCIES, frequencies, rows)
    _fill(block, BANDWIDTHS, bandwidths, rows)
    differences = harmonic_differences(power, pitch, frequencies[:, -1])
    _fill(block, ("h1_h2", "h1_a3"), np.stack(differences, axis=1), rows)
    stretch = sound.stretch(first * HOP - MARGIN, last * HOP + MARGIN)
    cycles = jitter_and_shimmer(stretch, MARGIN + rows * HOP, RATE / pitch)
    _fill(block, ("jitter", "shimmer"), np.stack(cycles, axis=1), rows)


def _fill(block, names, values, rows: np.ndarray | slice = slice(None)):
    for name, column in zip(names, values.T, strict=True):
        block[name][rows] = column
