from pathlib import Path

import numpy as np
import pytest

from tests.utils.clips.fake_stages import FakeClip, Heard
from utils.clips.extraction import Extractor
from utils.clips.media import Clip, ClipError
from utils.clips.settings import ExtractionSettings

SAID = [Heard("so", 0.5, 1.0), Heard("good", 1.1, 1.5)]


def extract(recording, settings=None, **clip):
    extractor = Extractor(settings or ExtractionSettings(), recording.stages())
    return extractor.extract(Clip("one", Path("one.mp4"), **clip))


def test_steps_are_words_and_pauses_with_the_means_of_their_time():
    found = extract(FakeClip(heard=SAID))
    assert found.steps.words == ["sp", "so", "good", "sp", "sp"]
    assert np.allclose(found.steps.spans[:, 0], [0, 0.5, 1.1, 1.5, 2.25])
    assert found.arrays["text"].tolist() == [[3, 1], [2, 1], [4, 1], [3, 1], [3, 1]]
    # A pause has the vector of three dots. Means are of the times 0.50, 0.51, ..., 1.09, and of the
    # frames 0.5, 0.6, ..., 1.0.
    assert found.arrays["audio"][1, 0] == pytest.approx(0.795)
    assert found.arrays["video"][1, 0] == pytest.approx(0.75, abs=0.06)
    # Frames before 0.25 s have no face: they do not count.
    assert found.arrays["video"][0, 0] == pytest.approx(np.mean([0.3, 0.4]), abs=0.06)
    assert (found.text, found.start, found.end) == ("so good", 0.0, pytest.approx(3.0))
    assert "No face at first." in found.notes and "Strange words." not in found.notes
    assert "Strange words." in extract(FakeClip(heard=SAID), text="so ?").notes
    assert {"decode sound", "voice", "decode video", "face", "text"} <= {*found.seconds}


def test_without_alignment_each_modality_has_its_own_rate():
    found = extract(FakeClip(heard=SAID), ExtractionSettings(align="none", face_fps=5.0))
    assert found.steps.words == ["so", "good"]
    assert {name: x.shape for name, x in found.arrays.items()} == {
        "text": (2, 2),
        "audio": (300, 1),
        "video": (15, 1),
    }
    assert found.arrays["video"][:2].tolist() == [[0], [0]]
    assert all(np.isfinite(x).all() for x in found.arrays.values())


def test_a_given_transcript_takes_the_place_of_what_is_heard():
    found = extract(FakeClip(heard=SAID), text="So bad!")
    assert found.steps.words[1:3] == ["So", "bad!"] and found.text == "So bad!"
    assert found.agreement == 0.5 and found.heard == SAID


def test_late_sound_keeps_its_time():
    found = extract(FakeClip(sound_from=1.0, heard=SAID))
    assert found.steps.words == ["sp", "sp", "so", "good", "sp"]
    assert np.allclose(found.steps.spans[2:4], [(1.5, 2.1), (2.1, 2.5)])
    assert found.arrays["audio"][2, 0] == pytest.approx(0.795)
    assert found.heard[0].start == 1.5


def test_a_segment_holds_the_times_of_the_recording():
    found = extract(FakeClip(seconds=60.0, heard=SAID), start=20.0, end=22.0)
    assert found.steps.words == ["sp", "so", "good", "sp"]
    assert found.steps.spans[[0, -1], [0, 1]].tolist() == [20.0, 22.0]
    assert found.arrays["video"][1, 0] == pytest.approx(20.75, abs=0.06)


def test_modalities_that_are_not_there_are_left_out():
    silent = FakeClip(has_sound=False)
    found = extract(silent)
    assert list(found.arrays) == ["video"] and found.steps.words == ["sp"] * 3
    # Files have zeros in their place, so that all modalities have one length.
    assert {name: x.shape for name, x in found.absent.items()} == {"text": (3, 2), "audio": (3, 1)}
    assert not any(x.any() for x in found.absent.values())
    assert not extract(silent, ExtractionSettings(align="none")).absent
    heard = extract(FakeClip(has_video=False, heard=SAID))
    assert list(heard.arrays) == ["text", "audio"] and "No face at first." not in heard.notes


def test_a_transcript_without_sound_is_spread_evenly():
    found = extract(FakeClip(has_sound=False), text="so good")
    assert np.allclose(found.steps.spans, [(0, 1.5), (1.5, 3)])
    assert any("spread evenly" in note for note in found.notes)


def test_a_clip_of_nothing_is_refused():
    with pytest.raises(ClipError, match=r"must hold speech.*There is no sound.*Leave the clip out"):
        extract(FakeClip(has_sound=False, has_video=False))


def test_results_do_not_depend_on_the_clips_before():
    recording = FakeClip(heard=SAID)
    extractor = Extractor(ExtractionSettings(), recording.stages())
    first, second = (extractor.extract(Clip("one", Path("a"))) for _ in range(2))
    assert all(np.array_equal(first.arrays[n], second.arrays[n]) for n in first.arrays)
