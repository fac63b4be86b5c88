import re

import numpy as np
import pytest

from experiments.pages.clip_curves import POINTS, clip_panels, time_marks
from tests.experiments.extracted import NAMES, extracted
from utils.clips.extracted_clip import Track


def points(path):
    return np.array(re.findall(r"[ML]([\d.]+) ([\d.]+)", path), float)


def test_curves_have_their_values_at_their_times():
    pitch, loudness, mouth, smile = clip_panels(extracted(), NAMES)
    found = points(mouth.curves[0].path)
    face = np.arange(30) / 10
    np.testing.assert_allclose(found[:, 0], face / 3 * 1000, atol=0.06)
    low, high = np.percentile(face, (2, 98))
    np.testing.assert_allclose(found[:, 1], 94 - 88 * (face - low) / (high - low), atol=0.06)
    assert (mouth.low, mouth.high) == ("0.06", "2.84")
    # Mouth width minus upper lip is 1 all the time.
    assert len({*points(smile.curves[0].path)[:, 1]}) == 1 and smile.low == "1.00"
    # 24 semitones above 27.5 Hz are two octaves. Words begin at 0.4 s, the voice ends at 2 s.
    assert (pitch.low, pitch.high) == ("113 Hz", "123 Hz")
    times = points(pitch.curves[0].path)[:, 0] * 3 / 1000
    np.testing.assert_allclose(times, np.arange(40, 200) / 100, atol=1e-3)
    assert len(points(loudness.curves[0].path)) == 300


def test_a_line_is_broken_where_nothing_is_known():
    found = extracted()
    found.face.values[10:20] = np.nan
    [mouth] = [one for one in clip_panels(found, NAMES) if one.title == "Opening of the mouth"]
    assert mouth.curves[0].path.count("M") == 2 and len(points(mouth.curves[0].path)) == 20


def test_a_panel_without_values_or_names_is_left_out():
    found = extracted(face=Track(np.zeros(0), np.zeros((0, 3))))
    assert [one.title for one in clip_panels(found, NAMES)] == ["Pitch of the voice", "Loudness"]
    names = {"audio": ["Loudness_sma3", "x", "y"], "video": ["head_yaw", "head_pitch", "head_roll"]}
    loudness, head = clip_panels(extracted(), names)
    assert [curve.name for curve in head.curves] == ["to the side", "up", "tilted"]
    assert loudness.title == "Loudness" and head.high == "+4°"


def test_a_panel_says_what_its_own_source_measures():
    smile = clip_panels(extracted(), NAMES)[3]
    assert smile.meaning.startswith("is the width of the mouth minus the length of the upper lip")
    names = {"audio": NAMES["audio"], "video": ["mouthSmileLeft", "mouthSmileRight", "jawOpen"]}
    *_, mouth, smile = clip_panels(extracted(), names)
    assert mouth.meaning == "is MediaPipe's jawOpen, from 0 to 1."
    assert smile.meaning.startswith("is the mean of MediaPipe's mouthSmileLeft")


def test_a_long_recording_has_few_points():
    times = np.arange(60_000) / 100
    values = np.stack([np.ones(60_000), times, times], 1)
    found = extracted(voice=Track(times, values), end=600.0)
    loudness = clip_panels(found, NAMES)[1]
    found = points(loudness.curves[0].path)
    assert len(found) == POINTS
    means = times.reshape(POINTS, 100).mean(axis=1)
    low, high = np.percentile(means, (2, 98))
    expected = np.clip(94 - 88 * (means - low) / (high - low), 0, 100)
    np.testing.assert_allclose(found[:, 1], expected, atol=0.06)


def test_a_value_far_away_does_not_flatten_a_curve():
    found = extracted()
    found.voice.values[:, 1] = 24 + np.sin(found.voice.times)
    found.voice.values[50, 1] = 60
    pitch = clip_panels(found, NAMES)[0]
    assert pitch.high == "117 Hz" and points(pitch.curves[0].path)[10, 1] == 0


def test_without_words_all_pitch_is_shown():
    pitch = clip_panels(extracted(words=[]), NAMES)[0]
    assert len(points(pitch.curves[0].path)) == 200


@pytest.mark.parametrize(
    "span, expected",
    [
        ((0.0, 3.0), [(0, "0"), (1 / 6, "0.5"), (1 / 3, "1"), (0.5, "1.5"), (2 / 3, "2")]),
        ((0.0, 50.0), [(0, "0"), (0.2, "10"), (0.4, "20")]),
        ((61.5, 64.0), [(0, "61.5"), (0.2, "62"), (0.4, "62.5")]),
    ],
)
def test_marks_of_time_are_round(span, expected):
    found = time_marks(*span)[: len(expected)]
    assert [mark for _, mark in found] == [mark for _, mark in expected]
    np.testing.assert_allclose([x for x, _ in found], [x for x, _ in expected], atol=1e-9)
    assert len(time_marks(*span)) <= 10
