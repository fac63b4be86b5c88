import os
import struct
import wave

import av
import numpy as np
import pytest

from tests.utils.clips.media.media_files import noise
from utils.clips.media import ClipError, probe, read_frames, read_sound

CENC = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "00112233445566778899aabbccddeeff",
    "encryption_kid": "00112233445566778899aabbccddeeff",
}
PLAYLISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
    "list.mp4": "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
    "concat.txt": "ffconcat version 1.0\nfile {}\n",
    "concat.mkv": "ffconcat version 1.0\nfile {}\n",
    "stream.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "list.mpd": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>\n',
    "list.pls": "[playlist]\nFile1={}\n",
}


def damaged(source, target, kind, choose):
    """Copy a recording with noise in place of the chosen packets."""
    data = bytearray(source.read_bytes())
    with av.open(str(source)) as file:
        packets = [(p.pos, p.size) for p in file.demux(**{kind: 0}) if p.size]
    for number in choose(len(packets)):
        at, size = packets[number]
        data[at + 4 : at + size] = np.random.default_rng(number).bytes(size - 4)
    target.write_bytes(data)
    return target


def test_a_plain_clip_has_no_notes(made):
    info = probe(made("plain.mp4"))
    assert (info.duration, info.has_sound, info.has_video) == (
        pytest.approx(1, abs=0.05),
        True,
        True,
    )
    assert (info.width, info.height, info.rotation, info.frame_rate) == (64, 64, 0, 25)
    assert info.notes == ()


def test_unusual_clips_are_told(made):
    assert probe(made("silent.mp4", audio=None)).notes == ("There is no sound.",)
    sound = probe(made("sound.wav", video=None, audio="pcm_s16le"))
    assert sound.notes == ("There is no video.",) and not sound.has_video
    late = probe(made("late_info.mkv", audio="flac", delay=0.5))
    assert late.notes == ("The sound begins 0.50 s after the picture.",)
    six = probe(made("six.mkv", audio="flac", layout="5.1"))
    assert six.notes == ("6 channels of sound are mixed to one.",)


def test_a_cover_is_no_video(made, tmp_path):
    with av.open(str(tmp_path / "cover.m4a"), "w", format="mp4") as file:
        sound = file.add_stream("aac", rate=48000, layout="mono")
        cover = file.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 64
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        image = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 99, "uint8"), "rgb24")
        packets = [*cover.encode(image), *cover.encode()]
        frame = av.AudioFrame.from_ndarray(noise(1, 48000), "fltp", "mono")
        frame.sample_rate = 48000
        resampler = av.AudioResampler("fltp", "mono", 48000, 1024)
        parts = [*resampler.resample(frame), *resampler.resample(None), None]
        file.mux(packets + [packet for part in parts for packet in sound.encode(part)])
    info = probe(tmp_path / "cover.m4a")
    assert not info.has_video and info.has_sound
    assert info.notes == ("There is no video.", "A still picture, such as a cover, is left out.")
    assert list(read_frames(tmp_path / "cover.m4a")) == []


def test_a_recording_without_announced_length_is_measured(made, tmp_path):
    data = made("plain.webm", video="libvpx-vp9", audio="libopus").read_bytes()
    place = data.index(b"\x44\x89\x88")  # the element Duration, of 8 bytes
    (tmp_path / "live.webm").write_bytes(
        data[:place] + b"\xec\x89" + data[place + 2 :].replace(b"DURATION", b"DURATIOM")
    )
    assert probe(tmp_path / "live.webm").duration == pytest.approx(1, abs=0.05)


def test_the_first_picture_of_a_recording_of_a_browser_is_found_where_sound_begins_later(made):
    # Without an index, and with one key frame, no seeking leads back to the first picture.
    live = {"video": "libvpx", "audio": "libopus", "delay": 0.1, "gop": 1000}
    info = probe(made("live.webm", **live, options={"live": "1"}))
    assert (info.width, info.height) == (64, 64)


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_a_truncated_recording_is_read_as_far_as_it_goes(made, tmp_path, suffix):
    options = {"movflags": "faststart"} if suffix == "mp4" else {}
    data = made(f"long.{suffix}", seconds=3, options=options).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(data[: len(data) * 6 // 10])
    sound, frames = read_sound(path), read_frames(path)
    last = list(frames)[-1].time
    assert 1 < len(sound.samples) / 16000 < 2.2 and 1 < last < 2.2
    assert "the file announces 3.0" in sound.notes[-1] and "The sound ends" in sound.notes[-1]
    assert "the file announces 3.0" in frames.notes[-1] and "The picture ends" in frames.notes[-1]


@pytest.mark.parametrize("suffix", ["wav", "avi"])
def test_a_cut_riff_file_is_told(made, tmp_path, suffix):
    video = None if suffix == "wav" else "mpeg4"
    path = made(f"riff.{suffix}", seconds=2, video=video, audio="pcm_s16le")
    assert not any("missing" in note for note in probe(path).notes)
    data, cut = path.read_bytes(), tmp_path / f"cut.{suffix}"
    cut.write_bytes(data[: len(data) // 2])
    assert f"{len(data) // 2:,} bytes and announces {len(data):,}: its end" in probe(cut).notes[0]
    # Written to a pipe, a file does not know its size.
    cut.write_bytes(data[:4] + b"\xff" * 4 + data[8:])
    assert not any("missing" in note for note in probe(cut).notes)


def test_damaged_packets_in_the_middle_are_skipped_and_counted(made, tmp_path):
    whole = made("long.mkv", seconds=3)
    path = damaged(whole, tmp_path / "a.mkv", "audio", lambda n: range(n // 2, n // 2 + 4))
    sound, expected = read_sound(path), read_sound(whole)
    assert sound.notes[0].startswith("4 of 14") and "sound are damaged" in sound.notes[0]
    assert "0.09 s of sound are missing" in sound.notes[1]
    assert len(sound.samples) == len(expected.samples)
    tail = slice(-8000, None)
    np.testing.assert_allclose(sound.samples[tail], expected.samples[tail], atol=1e-4)
    path = damaged(whole, tmp_path / "v.mkv", "video", lambda n: range(n // 2, n // 2 + 4))
    frames = read_frames(path, rate=25)
    assert 65 < len(list(frames)) < 75
    assert frames.notes == ("4 of 76 packets of the picture are damaged and were skipped.",)


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_too_much_damage_is_refused(made, tmp_path, kind):
    path = damaged(made("long.mkv", seconds=3), tmp_path / "bad.mkv", kind, lambda n: range(3, n))
    with pytest.raises(ClipError, match=r"bad.mkv must have at most a third of damaged packets"):
        read_sound(path)
        list(read_frames(path))


@pytest.mark.parametrize("read", [probe, read_sound, lambda path: list(read_frames(path))])
def test_encrypted_media_are_refused(made, read):
    path = made("encrypted.mp4", options=CENC)
    with pytest.raises(ClipError, match=r"encrypted.mp4 must not be encrypted. Received: an enc"):
        read(path)


def test_files_that_are_no_recordings_are_refused(made, tmp_path):
    data = made("plain.mp4").read_bytes()
    contents = {
        "an empty file": b"",
        "a text file": "Das Wetter ist schön.\n".encode() * 400,
        r"an mp4 file without a complete index \(moov\)": data[: len(data) // 2],
        "zeros": bytes(5000),
        r"a picture\. Name a recording": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(500),
        "a file of another kind": np.random.default_rng(0).bytes(5000),
    }
    for number, (received, content) in enumerate(contents.items()):
        path = tmp_path / f"clip{number}.mp4"
        path.write_bytes(content)
        with pytest.raises(ClipError, match=rf"clip{number}.mp4 must be .*Received: {received}"):
            probe(path)


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for path, received in (
        (tmp_path / "none.mp4", "No such file"),
        (tmp_path, "a folder"),
        (tmp_path / "pipe.mp4", "a pipe or device"),
    ):
        with pytest.raises(ClipError, match=f"must be a recording.* Received: {received}"):
            probe(path)


@pytest.mark.parametrize(
    "name",
    ["http://a.b/c.mp4", "rtsp://a/b", "concat:a.mp4|b.mp4", "file:a.mp4", "pipe:0", "data:,x"],
)
def test_addresses_and_protocols_are_refused(name):
    for read in (probe, read_sound):
        with pytest.raises(ClipError, match=r"Received: what looks like an address. Download it"):
            read(name)


@pytest.mark.parametrize("name", PLAYLISTS)
def test_playlists_are_refused_whatever_their_suffix(made, tmp_path, name):
    target = tmp_path / "target.mp4"
    target.write_bytes(made("plain.mp4").read_bytes())
    path = tmp_path / name
    path.write_text(PLAYLISTS[name].format(target.name))
    with pytest.raises(ClipError, match=f"{name} must be .*Received: a playlist or a list"):
        probe(path)


@pytest.mark.parametrize("entry", [b"url ", b"alis"])
def test_a_container_that_names_other_files_is_refused(made, tmp_path, entry):
    data = bytearray(made("plain.mp4").read_bytes())
    table = data.index(b"dref")
    data[table + 16 : table + 20] = entry
    data[table + 23] = 0  # no longer "in this file"
    path = tmp_path / "refers.mp4"
    path.write_bytes(data)
    with pytest.raises(ClipError, match=r"refers.mp4 must hold its sound and pictures itself"):
        probe(path)


def test_a_reference_movie_is_refused(tmp_path):
    path = tmp_path / "reference.mov"
    inner = struct.pack(">I4s", 16, b"rmra") + b"\0" * 8
    path.write_bytes(
        struct.pack(">I4s4sI", 16, b"ftyp", b"qt  ", 0)
        + struct.pack(">I4s", 8 + len(inner), b"moov")
        + inner
    )
    with pytest.raises(ClipError, match="container that names other files"):
        probe(path)


def test_the_suffix_does_not_matter(made, tmp_path):
    path = tmp_path / "clip.txt"
    path.write_bytes(made("plain.mp4").read_bytes())
    assert probe(path).has_video


def test_absurd_sizes_are_refused_before_decoding(tmp_path):
    path = tmp_path / "slow.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(2)
        file.writeframes(bytes(2000))
    with pytest.raises(ClipError, match=r"slow.wav must have sound of .* 1 channels at 2 Hz"):
        probe(path)
    with av.open(str(tmp_path / "huge.mkv"), "w") as file:
        stream = file.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 8200, 16, "gray"
        image = av.VideoFrame.from_ndarray(np.zeros((16, 8200), "uint8"), "gray")
        file.mux([*stream.encode(image), *stream.encode()])
    with pytest.raises(ClipError, match=r"at most 8192 x 8192 pixels. Received: 8200 x 16"):
        probe(tmp_path / "huge.mkv")
