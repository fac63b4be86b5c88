from pathlib import Path

import numpy as np
import pytest

from tests.utils.clips.media.media_files import index_of, picture
from utils.clips.media import ClipError, frames, probe, read_frames

REAL = Path(__file__).parents[5] / "shared" / "data" / "clips"
SEGMENTED = {
    "mp4": {"video": "libx264"},
    "mov": {"video": "libx265"},
    "webm": {"video": "libvpx-vp9", "audio": "libopus"},
    "mkv": {"video": "libx264"},
    "mpg": {"video": "mpeg1video", "audio": "mp2", "rate": 44100},
    "ts": {"video": "libx264"},
}


def read(path, **settings):
    return [(frame.time, index_of(frame.image)) for frame in read_frames(path, **settings)]


@pytest.mark.parametrize("suffix", SEGMENTED)
def test_every_codec_gives_all_pictures_and_segments_equal_to_the_whole(made, suffix):
    path = made(f"pictures.{suffix}", seconds=4, gop=30, **SEGMENTED[suffix])
    whole = read(path, rate=25)
    assert [index for _, index in whole] == list(range(100))
    np.testing.assert_allclose(np.diff([time for time, _ in whole]), 0.04, atol=2e-3)
    for start, end in ((2.87, 3.4), (3.5, None), (0.05, 0.3)):
        inside = [one for one in whole if start <= one[0] < (end or 99)]
        assert read(path, rate=25, start=start, end=end) == inside
        slower = [one for one in read(path, rate=7) if start <= one[0] < (end or 99)]
        assert read(path, rate=7, start=start, end=end) == slower


@pytest.mark.parametrize(("fps", "count"), [(15, 20), (60, 20), (5, 10)])
def test_the_rate_is_kept_at_any_frame_rate(made, fps, count):
    path = made(f"fps{fps}.mp4", seconds=2, fps=fps, audio=None)
    times = np.array([time for time, _ in read(path)])
    assert len(times) == count
    assert (np.diff(np.floor(times * 10 + 1e-6)) > 0).all()
    assert all(index == round(time * fps) for time, index in read(path))


@pytest.mark.parametrize("fps", [15, 24, 30, 60])
def test_a_steady_rate_has_no_note_although_times_are_rounded(made, fps):
    frames = read_frames(made(f"fps{fps}.mkv", seconds=2, fps=fps, audio=None))
    assert list(frames) and frames.notes == ()


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_presentation_times_of_a_variable_rate_are_kept(made, suffix):
    times = np.concatenate([np.arange(15) / 30, 0.5 + np.arange(8) / 15, [1.5]])
    path = made(f"variable.{suffix}", times=times, audio=None)
    found = read(path, rate=60)
    np.testing.assert_allclose([time for time, _ in found], times, atol=1e-3)
    frames = read_frames(path)
    assert list(frames) and frames.notes == (
        "The frame rate varies; it is 15.3 a second on average.",
    )
    assert [index for _, index in found] == list(range(len(times)))


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_pictures_are_turned_upright(made, degrees, mirrored):
    name = f"turned_{degrees}_{mirrored}.mp4"
    path = made(name, seconds=0.2, audio=None, orientation=(degrees, mirrored))
    image = next(read_frames(path)).image
    expected = np.rot90(picture(0), degrees // 90)
    expected = expected[:, ::-1] if mirrored else expected
    assert np.abs(image.astype(int) - expected).mean() < 8 and image.flags.c_contiguous
    notes = " ".join(probe(path).notes)
    assert (f"turned by {degrees} degrees" in notes) == (degrees > 0)
    assert ("mirrored" in notes) == mirrored and probe(path).rotation == degrees


def test_large_pictures_are_shrunk_and_small_ones_are_not(made):
    path = made("large.mp4", seconds=0.2, audio=None, size=256)
    assert next(read_frames(path, longest_side=100)).image.shape == (100, 100, 3)
    assert next(read_frames(path)).image.shape == (256, 256, 3)
    assert (probe(path).width, probe(path).height) == (256, 256)


def test_pixels_that_are_not_square_are_stretched(made):
    path = made("wide.mp4", seconds=0.2, audio=None, aspect=(2, 1))
    assert next(read_frames(path)).image.shape == (64, 128, 3)
    assert (probe(path).width, probe(path).height) == (128, 64)


def test_a_clip_without_video_gives_no_pictures(made):
    assert list(read_frames(made("no_video.wav", video=None, audio="pcm_s16le"))) == []


def test_a_segment_is_read_without_decoding_what_lies_before(made, monkeypatch):
    path = made("pictures.mp4", seconds=4, gop=30, **SEGMENTED["mp4"])
    counts = []
    original = frames.FrameSource.__iter__
    monkeypatch.setattr(
        frames.FrameSource, "__iter__", lambda self: _counted(original(self), counts)
    )
    assert len(read(path, start=3.5, end=3.8)) == 3
    assert len(counts) < 40


def _counted(found, counts):
    for frame in found:
        counts.append(frame.pts)
        yield frame


def test_closing_early_closes_the_file(made):
    reader = read_frames(made("pictures.mp4", seconds=4, gop=30, **SEGMENTED["mp4"]))
    next(reader)
    reader.close()
    assert list(reader) == []


def test_wrong_settings_are_refused(made):
    path = made("large.mp4", seconds=0.2, audio=None, size=256)
    with pytest.raises(ValueError, match="rate must be from 0 to 1000"):
        read_frames(path, rate=0)
    with pytest.raises(ClipError, match="start and end must be seconds"):
        read_frames(path, start=3, end=3)


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real clips")
def test_real_clips_give_ten_pictures_a_second():
    for name, count in (("bbaf2n.mpg", 30), ("single_face.mp4", 24)):
        found = list(read_frames(REAL / name))
        part = list(read_frames(REAL / name, start=1.03, end=1.98))
        assert len(found) == count
        inside = [frame for frame in found if 1.03 <= frame.time < 1.98]
        assert [frame.time for frame in part] == [frame.time for frame in inside]
        for ours, theirs in zip(part, inside, strict=True):
            np.testing.assert_array_equal(ours.image, theirs.image)
