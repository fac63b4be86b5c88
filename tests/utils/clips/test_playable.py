import numpy as np
import pytest

from tests.utils.clips.media.media_files import index_of, noise, write_clip
from utils.clips import playable as module
from utils.clips.media import read_frames, read_sound
from utils.clips.playable import playable

LARGE = 10**8


def decoded(found, tmp_path):
    """Return the pictures' times and numbers, and the sound, of a `Playable`."""
    path = tmp_path / "played.mp4"
    path.write_bytes(found.content)
    frames = [(frame.time, index_of(frame.image)) for frame in read_frames(path, 50)]
    return frames, read_sound(path)


@pytest.mark.parametrize(
    "name, options, kind",
    [
        ("a.mp4", {}, "video/mp4"),
        ("a.webm", {"video": "libvpx", "audio": "libopus"}, "video/webm"),
        ("a.wav", {"video": None, "audio": "pcm_s16le"}, "audio/wav"),
        ("a.flac", {"video": None, "audio": "flac"}, "audio/flac"),
    ],
)
def test_what_browsers_play_stays_as_it_is(tmp_path, name, options, kind):
    path = write_clip(tmp_path / name, **options)
    found = playable(path, 0.0, None, LARGE)
    assert (found.kind, found.content, found.zero) == (kind, path.read_bytes(), 0.0)


def test_other_recordings_are_written_anew_with_their_times(tmp_path):
    path = write_clip(tmp_path / "a.avi", video="mpeg4", audio="pcm_s16le", seconds=2.0)
    found = playable(path, 0.0, None, LARGE)
    assert found.kind == "video/mp4" and found.has_video
    frames, sound = decoded(found, tmp_path)
    assert [index for _, index in frames] == list(range(50))
    np.testing.assert_allclose([time for time, _ in frames], np.arange(50) / 25, atol=1e-3)
    before = read_sound(path).samples
    shift = np.correlate(sound.samples[4000:-4000], before[4000:20000], "valid").argmax()
    assert shift == 0 and abs(len(sound.samples) - len(before)) < 1100


def test_a_segment_begins_at_zero(tmp_path):
    path = write_clip(tmp_path / "a.mp4", seconds=2.0)
    found = playable(path, 0.8, 1.6, LARGE)
    frames, sound = decoded(found, tmp_path)
    assert found.zero == 0.8 and frames[0] == (0.0, 20)
    assert [index for _, index in frames] == list(range(20, 40))
    assert 0.8 <= len(sound.samples) / 16000 < 0.8 + 2048 / 16000


def test_late_sound_stays_late(tmp_path):
    sound = 0 * noise(1.0, 16000)
    sound[:, 8000:8100] = 0.9  # a click at 0.5 s
    path = write_clip(
        tmp_path / "a.mkv", seconds=1.0, audio="pcm_s16le", rate=16000, sound=sound, delay=0.3
    )
    found = playable(path, 0.0, None, LARGE)
    heard = np.abs(decoded(found, tmp_path)[1].samples)
    assert (heard > 0.3).argmax() / 16000 == pytest.approx(0.8, abs=0.005)


def test_sound_alone(tmp_path):
    path = write_clip(tmp_path / "a.mp3", video=None, audio="libmp3lame")
    found = playable(path, 0.0, None, LARGE)
    assert found.kind == "audio/mp4" and not found.has_video


def test_what_is_too_large_or_too_long_is_left_out(tmp_path, monkeypatch):
    path = write_clip(tmp_path / "a.mp4", seconds=2.0)
    assert playable(path, 0.0, None, 500) is None
    monkeypatch.setattr(module, "LONGEST", 1.0)
    assert playable(path, 0.0, 1.5, LARGE) is None
    sound = write_clip(tmp_path / "a.mp3", video=None, audio="libmp3lame", seconds=2.0)
    assert playable(sound, 0.0, None, LARGE) is None


def test_pictures_of_odd_sizes_are_cut_to_even_ones(tmp_path):
    path = write_clip(tmp_path / "a.mkv", audio=None, aspect=(65, 64))
    assert next(read_frames(path)).image.shape == (64, 65, 3)
    found = playable(path, 0.0, None, LARGE)
    assert len(decoded(found, tmp_path)[0]) == 25
