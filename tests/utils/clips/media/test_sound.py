import signal
from pathlib import Path

import numpy as np
import pytest

from tests.utils.clips.media.media_files import noise
from utils.clips.media import ClipError, read_sound
from utils.clips.media import sound as sound_module

REAL = Path(__file__).parents[5] / "shared" / "data" / "clips"
SEGMENTED = {
    "mp4": {"audio": "aac", "rate": 44100, "fps": 5},
    "mkv": {"audio": "flac", "rate": 44100, "fps": 5},
    "webm": {"audio": "libopus", "video": None},
    "mpg": {"audio": "mp2", "video": "mpeg1video", "rate": 44100, "gop": 12},
    "ts": {"audio": "aac", "fps": 5},
    "wav": {"audio": "pcm_s16le", "video": None, "rate": 11025},
    "mp3": {"audio": "libmp3lame", "video": None, "rate": 22050},
}


def tone(frequency, seconds, rate, channels=1):
    wave = 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave.astype("float32"), (channels, 1))


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 96000])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_a_tone_keeps_its_level_and_place_at_every_rate(made, rate, layout):
    values = tone(440, 1, rate, 2 if layout == "stereo" else 1)
    name = f"tone_{layout}_{rate}.flac"
    path = made(name, video=None, audio="flac", rate=rate, layout=layout, sound=values)
    sound = read_sound(path)
    expected = tone(440, 1, 16000)[0]
    assert sound.start == 0 and sound.samples.dtype == np.float32 and not sound.notes
    assert abs(len(sound.samples) - 16000) <= 1
    inside = slice(200, -200)  # beyond the edges of the filter
    np.testing.assert_allclose(
        sound.samples[inside], expected[: len(sound.samples)][inside], atol=2e-3
    )


def test_six_channels_are_mixed_without_clipping(made):
    loud = np.tile(1.9 * tone(440, 1, 48000), (6, 1))
    path = made("six.flac", video=None, audio="flac", layout="5.1", sound=loud)
    samples = read_sound(path).samples
    assert 0.9 < np.abs(samples).max() < 0.97


@pytest.mark.parametrize("suffix", SEGMENTED)
@pytest.mark.parametrize(("start", "end"), [(4.37, 5.11), (6.2, None), (0.5, 0.7)])
def test_a_segment_equals_the_same_part_of_the_whole(made, suffix, start, end):
    path = made(f"segments.{suffix}", seconds=7, **SEGMENTED[suffix])
    whole, part = read_sound(path), read_sound(path, start, end)
    times = whole.start + np.arange(len(whole.samples)) / 16000
    first = np.searchsorted(times, start - 1e-5)
    last = np.searchsorted(times, end - 1e-5) if end else len(times)
    assert part.start == pytest.approx(times[first], abs=1e-9) and not part.notes
    # MPEG's decoder rounds by a random last bit.
    np.testing.assert_allclose(part.samples, whole.samples[first:last], atol=1e-4)


def test_a_segment_is_read_without_decoding_what_lies_before(made, monkeypatch):
    path = made("segments.mp4", seconds=7, **SEGMENTED["mp4"])
    counts = []
    original = sound_module.FrameSource.__iter__

    def counted(self):
        for frame in original(self):
            counts.append(frame.samples)
            yield frame

    monkeypatch.setattr(sound_module.FrameSource, "__iter__", counted)
    read_sound(path, 5.0, 5.2)
    assert sum(counts) / 44100 < 1.5


def test_late_sound_stays_in_line_with_the_picture(made):
    click = np.zeros((1, 24000), "float32")
    click[0, 4800] = 0.9  # at 0.1 s
    path = made("late.mkv", audio="flac", sound=click, delay=0.75)
    sound = read_sound(path)
    assert sound.start == 0.75
    assert sound.start + np.abs(sound.samples).argmax() / 16000 == pytest.approx(0.85, abs=1e-4)
    early = read_sound(path, 0.2, 0.8)
    assert early.start == 0.75 and len(early.samples) == 800


def test_a_gap_is_filled_with_silence_and_told(made):
    part = noise(0.5, 48000)
    settings = {"audio": "pcm_s16le", "video": None, "sound": part, "again": 1.5}
    gap = made("gap.mkv", **settings)
    sound = read_sound(gap)
    assert sound.notes == ("1.00 s of sound are missing; they are silent here.",)
    assert len(sound.samples) == 32000
    assert not sound.samples[8200:23800].any() and sound.samples[24200:].any()


def test_a_clip_without_sound_gives_no_samples(made):
    sound = read_sound(made("silent.mp4", audio=None), 0.3)
    assert sound.samples.shape == (0,) and sound.start == 0.3


def test_more_than_the_longest_sound_is_refused_before_memory_grows(made, monkeypatch):
    monkeypatch.setattr(sound_module, "LONGEST", 0.5)
    path = made("segments.wav", seconds=7, **SEGMENTED["wav"])
    with pytest.raises(ClipError, match=r"segments.wav must have at most .* Received: more"):
        read_sound(path)
    assert len(read_sound(path, 3.0, 3.5).samples) == 8000


def test_a_callers_time_limit_passes_through(made):
    path = made("segments.mp4", seconds=7, **SEGMENTED["mp4"])

    def stop(*_):
        raise TimeoutError("limit")

    previous = signal.signal(signal.SIGALRM, stop)
    # Again and again: what arises in a destructor is lost.
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        with pytest.raises(TimeoutError, match="limit"):
            while True:
                read_sound(path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@pytest.mark.parametrize(("start", "end"), [(-1, None), (2, 1), (float("nan"), None)])
def test_an_impossible_segment_is_refused(made, start, end):
    with pytest.raises(ClipError, match="start and end must be seconds"):
        read_sound(made("silent.mp4", audio=None), start, end)


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real clips")
@pytest.mark.parametrize("name", ["jfk.flac", "id2_swwp2s.mpg", "no_face.mp4"])
def test_real_clips_are_read_whole_and_in_segments(name):
    whole, part = read_sound(REAL / name), read_sound(REAL / name, 2.31, 2.71)
    first = round((part.start - whole.start) * 16000)
    assert len(part.samples) == 6400 and not whole.notes
    np.testing.assert_allclose(part.samples, whole.samples[first : first + 6400], atol=1e-4)
