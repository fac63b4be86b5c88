import numpy as np
import pytest

from tests.utils.clips.voice.signals import RATE, harmonics
from utils.clips.voice import VOICE_NAMES, VOICED_NAMES, sound, voice_values


@pytest.fixture(scope="module")
def speech():
    """Six seconds of tones, noise and pauses, float32."""
    rng = np.random.default_rng(0)
    times = np.arange(6 * RATE) / RATE
    pitch = 140 * 2 ** (0.3 * np.sin(2 * np.pi * 0.7 * times))
    tone = harmonics(pitch) * (np.sin(2 * np.pi * 1.3 * times) > -0.2)
    return (tone + rng.normal(size=len(times)) * 0.003).astype("float32")


def test_names_are_about_sixty_and_differ():
    assert 55 <= len(VOICE_NAMES) == len(set(VOICE_NAMES)) <= 70
    assert set(VOICED_NAMES) < set(VOICE_NAMES)


@pytest.mark.parametrize("count, rows", [(0, 0), (1, 1), (100, 1), (160, 1), (161, 2), (RATE, 100)])
def test_there_is_a_row_for_each_hundredth_of_a_second(speech, count, rows):
    values = voice_values(speech[:count])
    assert values.shape == (rows, len(VOICE_NAMES))
    assert values.dtype == np.float32
    assert np.isfinite(values).all()


def test_the_length_of_blocks_changes_nothing(speech, monkeypatch):
    monkeypatch.setattr(sound, "BLOCK", 10_000)
    whole = voice_values(speech)
    for length in (64, 97):
        monkeypatch.setattr(sound, "BLOCK", length)
        np.testing.assert_array_equal(voice_values(speech), whole)


def test_the_same_sound_has_the_same_values(speech):
    np.testing.assert_array_equal(voice_values(speech), voice_values(speech))


def test_only_the_level_depends_on_the_gain(speech):
    loud, quiet = voice_values(speech), voice_values(speech * 0.125)
    level = VOICE_NAMES.index("level")
    np.testing.assert_allclose(loud[:, level] - quiet[:, level], 20 * np.log10(8), atol=1e-3)
    others = np.arange(len(VOICE_NAMES)) != level
    np.testing.assert_allclose(quiet[:, others], loud[:, others], rtol=1e-4, atol=2e-3)


def test_an_offset_changes_nothing(speech):
    values = voice_values(speech + np.float32(0.25))
    np.testing.assert_allclose(values, voice_values(speech), rtol=0.01, atol=0.1)


def test_what_lies_a_second_away_is_shifted_with_its_place(speech):
    second = voice_values(np.concatenate([np.zeros(RATE, "float32"), speech]))[100:]
    inner = slice(60, None)
    columns = np.arange(len(VOICE_NAMES)) != VOICE_NAMES.index("level")
    first = voice_values(speech)
    np.testing.assert_allclose(second[inner, columns], first[inner, columns], rtol=0.02, atol=0.2)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(RATE),
        np.ones(RATE),
        np.sign(np.sin(np.arange(RATE) * 0.05)),
        np.eye(1, RATE, RATE // 2)[0],
        np.full(RATE, 1e-30),
        np.random.default_rng(0).normal(size=RATE) * 1e6,
    ],
    ids=["silence", "offset", "clipped", "click", "tiny", "huge"],
)
def test_odd_sounds_have_finite_values(samples):
    assert np.isfinite(voice_values(samples)).all()


def test_clipping_keeps_the_pitch(speech):
    name = VOICE_NAMES.index("f0")
    clean, clipped = (voice_values(s)[:, name] for s in (speech, np.clip(4 * speech, -0.2, 0.2)))
    both = (clean > 0) & (clipped > 0)
    assert both.sum() > 0.95 * (clean > 0).sum()
    assert np.median(np.abs(clean - clipped)[both]) < 0.1


@pytest.mark.parametrize("samples", [np.zeros((10, 2), "float32"), np.zeros(10, "int16")])
def test_other_arrays_are_refused(samples):
    with pytest.raises(ValueError, match=r"samples must be mono sound.*Received: .*Average"):
        voice_values(samples)


def test_a_sample_that_is_not_finite_is_named():
    samples = np.zeros(RATE, "float32")
    samples[8000] = np.nan
    with pytest.raises(ValueError, match=r"must be finite. Received: nan at 0\.500 s"):
        voice_values(samples)
