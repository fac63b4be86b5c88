from pathlib import Path

import numpy as np
import pytest

from experiments.benchmarks import voice_emotions
from experiments.benchmarks.voice_pooling import pooled
from utils.clips.voice import VOICE_NAMES

PITCH, VOICED, LOUDNESS = (VOICE_NAMES.index(name) for name in ("f0", "voiced", "loudness"))


@pytest.fixture
def emotional():
    """Pooled values of four speakers: the emotion is a shift, and each speaker has his own."""
    rng = np.random.default_rng(0)
    speakers = np.repeat(["03", "08", "09", "10"], 30)
    emotions = np.tile(["anger", "fear", "neutral"], 40)
    rows = rng.normal(size=(120, 5))
    rows[:, 0] += 4 * (emotions == "anger") - 4 * (emotions == "fear")
    rows[:, 0] += 20 * np.unique(speakers, return_inverse=True)[1]
    rows[:, 1] = 7  # constant
    return rows, speakers, emotions


def test_emotions_are_told_within_each_speaker(emotional):
    rows, speakers, emotions = emotional
    within = voice_emotions.standardised_within(rows, speakers)
    predicted = voice_emotions.leave_one_speaker_out(within, speakers, emotions)
    assert min(voice_emotions.recalls(predicted, emotions).values()) > 0.85


def test_a_speaker_left_out_is_not_learnt_from(emotional):
    rows, speakers, emotions = emotional
    own = speakers == "09"
    predicted = voice_emotions.leave_one_speaker_out(rows, speakers, emotions)
    turned = np.where(own, np.roll(emotions, 1), emotions)
    again = voice_emotions.leave_one_speaker_out(rows, speakers, turned)
    np.testing.assert_array_equal(again[own], predicted[own])


def test_statistics_are_over_the_voiced_frames():
    values = np.zeros((100, len(VOICE_NAMES)), "float32")
    values[20:60, VOICED] = 1
    values[20:60, PITCH] = np.linspace(30, 40, 40)
    row = pooled(values)
    names = [name for name in VOICE_NAMES if name != "voiced"]
    statistics = row[: 7 * len(names)].reshape(7, len(names))[:, names.index("f0")]
    expected = [35, np.std(np.linspace(30, 40, 40)), 30.5, 32, 35, 38, 39.5]
    np.testing.assert_allclose(statistics, expected, atol=1e-4)


def test_rhythm_is_of_stretches_and_peaks():
    values = np.zeros((200, len(VOICE_NAMES)), "float32")
    values[50:90, VOICED] = values[120:140, VOICED] = 1
    values[:, LOUDNESS] = 1 - np.cos(2 * np.pi * 4 * np.arange(200) / 100)
    share, rate, voiced, voiced_sd, _, _, peaks = pooled(values)[-7:]
    np.testing.assert_allclose((share, rate, voiced, voiced_sd), (0.3, 1, 0.3, 0.1), atol=1e-6)
    assert peaks == 4


def test_a_recording_without_voice_or_length_has_values():
    for frames in (1, 50):
        assert np.isfinite(pooled(np.zeros((frames, len(VOICE_NAMES)), "float32"))).all()


def test_other_names_are_refused(tmp_path):
    Path(tmp_path, "03a01Fa.wav").touch()
    with pytest.raises(ValueError, match=r"at least two speakers. Received: 1 recordings of 1"):
        voice_emotions.find_recordings(tmp_path)
    Path(tmp_path, "angry.wav").touch()
    with pytest.raises(ValueError, match=r"such as 03a01Fa.wav. Received: angry.wav"):
        voice_emotions.find_recordings(tmp_path)
