"""Tiny recordings of known content, made by PyAV."""

from fractions import Fraction

import av
import numpy as np

SIZE = 64  # pixels
BITS = 8
# AAC's decoder would make noise of its own, which differs from one start to the next.
AUDIO = {"aac": {"aac_pns": "0"}}


def picture(index, size=SIZE):
    """An image whose stripes are the bits of its index; its upper left corner is red."""
    bits = [index >> bit & 1 for bit in range(BITS)]
    row = np.repeat(np.array(bits) * 200 + 20, size // BITS)
    image = np.repeat(np.tile(row, (size, 1))[..., None], 3, axis=2).astype("uint8")
    image[: size // 4, : size // 4] = (250, 20, 20)
    return image


def index_of(image):
    """The index of a decoded `picture`, from its lower half."""
    size = len(image)
    stripes = image[size // 2 :].mean(axis=(0, 2)).reshape(BITS, -1).mean(axis=1)
    return int(sum((stripe > 120) << bit for bit, stripe in enumerate(stripes)))


def noise(seconds, rate, channels=1):
    """Smooth noise `(channels, n)`, float32 from -0.5 to 0.5."""
    x = np.random.default_rng(0).standard_normal((channels, int(seconds * rate) + 8))
    x = np.lib.stride_tricks.sliding_window_view(x, 8, axis=1).mean(-1)[:, : int(seconds * rate)]
    return (0.5 * x / np.abs(x).max()).astype("float32")


def write_clip(
    path,
    *,
    seconds=1.0,
    video="libx264",
    audio="aac",
    times=None,
    fps=25,
    rate=48000,
    layout="mono",
    sound=None,
    delay=0.0,
    again=None,
    aspect=None,
    orientation=None,
    gop=12,
    size=SIZE,
    options=None,
):
    """Write a recording whose pictures are `picture(k)` at `times` (default: every 1 / fps).

    The sound begins at `delay`, and once more at `again`.
    """
    even = times is None
    times = np.arange(round(seconds * fps)) / fps if even else times
    with av.open(str(path), "w", options=options or {}) as file:
        pictures = (
            _add_video(file, video, fps, even, gop, size, orientation, aspect) if video else None
        )
        sounds = (
            file.add_stream(audio, rate, AUDIO.get(audio, {}), layout=layout) if audio else None
        )
        if pictures:
            for index, time in enumerate(times):
                frame = av.VideoFrame.from_ndarray(picture(index % 256, size), "rgb24")
                frame.time_base = pictures.codec_context.time_base
                frame.pts = round(time / frame.time_base)
                file.mux(pictures.encode(frame))
            file.mux(pictures.encode())
        if sounds:
            values = noise(seconds, rate, sounds.codec_context.channels) if sound is None else sound
            for begin in (delay, *([] if again is None else [again])):
                _write_sound(file, sounds, rate, layout, values, begin)
            file.mux(sounds.encode())
    return path


def _add_video(file, codec, fps, even, gop, size, orientation, aspect):
    fast = {"preset": "ultrafast", "cpu-used": "8", "x265-params": "log-level=none"}
    wanted = {"libx264": ("preset",), "libx265": ("preset", "x265-params")}
    options = {name: fast[name] for name in wanted.get(codec, ())}
    stream = file.add_stream(codec, rate=fps, options=options)
    stream.width = stream.height = size
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    stream.gop_size = gop
    stream.codec_context.time_base = Fraction(1, fps) if even else Fraction(1, 900)
    if aspect:
        stream.codec_context.sample_aspect_ratio = Fraction(*aspect)
    if orientation:
        stream.set_display_rotation(*orientation)
    return stream


def _write_sound(file, stream, rate, layout, values, begin):
    context = stream.codec_context
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(values), "fltp", layout)
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    resampler = av.AudioResampler(context.format.name, layout, rate, context.frame_size or 1024)
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        part.pts += round(begin * rate)
        file.mux(stream.encode(part))
