"""The sound of a clip: mono at 16,000 Hz, placed on the clip's timeline by presentation times."""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from utils.clips.media.clip_error import ClipError
from utils.clips.media.opened_clip import open_clip
from utils.clips.media.packets import FrameSource
from utils.clips.media.resampling import RATE, Resampling
from utils.clips.media.span import check_span, early_end

LONGEST = 2 * 3600  # seconds that are read at once: 0.46 GB
MARGINS = (1.0, 15.0, None)  # seconds before the start from which decoding begins; None: all
AHEAD = 0.25  # seconds before the start that are resampled too, so that its filter is filled
ROUNDING = 0.05  # samples by which a time in microseconds may be off
# Times of frames jitter in files of telephones; larger steps are gaps, or repeated sound.
JITTER = 0.05  # seconds


@dataclass(frozen=True)
class Sound:
    """The sound of a clip, or of a segment.

    Attributes:
        samples: float32 `(n,)` from -1 to 1, mono, 16,000 a second; `n` is 0 without sound.
        start: Time of the first sample on the clip's timeline, in seconds.
        notes: Sentences about what was unusual, such as damage or gaps.
    """

    samples: np.ndarray
    start: float
    notes: tuple[str, ...] = ()


def read_sound(path, start=0.0, end=None):
    """Read the sound of a clip, or of a segment of it.

    Sample `k` of the whole sound lies at the time of the first decoded sample plus `k / 16000`
    seconds. A segment holds exactly those samples whose time is in `[start, end)`: a long file is
    not decoded from its beginning. Where a file's own time stamps jitter, by at most 0.05 s, the
    segment follows the stamp at its start. Gaps are filled with silence. All channels are mixed
    with the weights of ITU-R BS.775, scaled so that nothing clips.

    Exceptions of the caller, such as a time limit raised by a signal, pass through between two
    packets.

    Args:
        path: A file.
        start: First moment, in seconds on the clip's timeline.
        end: Last moment, in seconds; `None`: to the end.

    Returns:
        The `Sound`.

    Raises:
        ClipError: If the file cannot be used (see `open_clip`), is too damaged, or if more than
            two hours are read at once.

    Example:
        ```python
        sound = read_sound("interview.mp4", start=60.0, end=65.0)
        seconds = len(sound.samples) / 16000
        ```
    """
    check_span(path, start, end)
    for margin in MARGINS:
        with open_clip(path) as clip:
            if clip.audio is None:
                return Sound(np.zeros(0, "float32"), float(start))
            found = _SegmentReader(clip, start, end, margin).read()
        if found is not None:
            return found
    raise AssertionError("The last margin decodes everything.")


class _SegmentReader:
    """Reads a segment of the sound of an open clip.

    Input samples are counted from the first sample of the whole sound, so that the resampler
    meets them in the same phase wherever decoding begins.
    """

    def __init__(self, clip, start, end, margin):
        self._clip = clip
        self._stream = clip.audio
        self._span = (start, end)
        self._margin = margin
        self._expected = None  # number of the next input sample
        self._gaps = self._repeats = 0.0  # seconds

    def read(self):
        """Return the `Sound`, or `None` if decoding must begin before the margin."""
        source = FrameSource(self._clip, self._stream, "sound")
        frames = iter(source)
        first = next(frames, None)
        if first is None or first.pts is None:
            return self._empty("The sound track holds no sound.")
        self._zero = self._clip.time(self._stream, first.pts)
        self._lead = first.samples
        start, end = self._span
        begin = max(math.ceil((start - self._zero) * RATE - ROUNDING), 0)
        stop = None if end is None else max(math.ceil((end - self._zero) * RATE - ROUNDING), begin)
        output = Resampling(begin, stop, LONGEST * RATE, self._too_long)
        if self._margin is not None and start - self._margin > self._zero + self._margin:
            source = FrameSource(self._clip, self._stream, "sound", sought=True)
            if not self._clip.seek(self._stream, start - self._margin):
                return None
            if not self._fill(iter(source), source, output, begin / RATE - AHEAD):
                return None
        else:
            self._fill(itertools.chain([first], frames), source, output)
        return self._result(source, output, begin)

    def _fill(self, frames, source, output, needed=None):
        """Decode into `output`; return whether it begins early enough.

        Args:
            frames: Iterator of PyAV's frames.
            source: Their `FrameSource`.
            output: A `Resampling`.
            needed: Seconds after the first sample of the sound from which frames are needed;
                `None`: all are.
        """
        for frame in frames:
            place = self._place(frame, source.after_fault)
            if place is None:
                continue
            if needed is not None:
                if output.is_new and place > needed * frame.sample_rate:
                    return False
                if place + frame.samples < needed * frame.sample_rate:
                    continue
            output.add(frame, place)
            if output.is_full:
                break
        output.finish()
        return True

    def _place(self, frame, resync):
        """Return the number of a frame's first sample, counted from the first of the sound."""
        rate, expected = frame.sample_rate, self._expected
        place = expected
        if frame.pts is not None:
            time = self._clip.time(self._stream, frame.pts) - self._zero
            place = self._on_grid(time * rate, frame.samples, rate)
            tolerance = math.ceil(self._stream.time_base * rate) if resync else JITTER * rate
            if expected is not None and abs(place - expected) <= tolerance:
                place = expected
        if place is None:
            return None
        if expected is not None:
            self._gaps += max(place - expected, 0) / rate
            self._repeats += max(expected - place, 0) / rate
        self._expected = max(place + frame.samples, expected or 0)
        return place

    def _on_grid(self, place, samples, rate):
        """Correct the rounding of a time stamp, where all frames have the same length."""
        tick = self._stream.time_base * rate  # samples
        if (1 / tick).denominator == 1:
            return round(place)
        whole = self._lead + samples * round((place - self._lead) / samples)
        return whole if abs(whole - place) <= math.ceil(tick) and place > 0 else round(place)

    def _result(self, source, output, begin):
        samples = output.samples()
        notes = source.notes()
        if self._gaps:
            notes.append(f"{self._gaps:.2f} s of sound are missing; they are silent here.")
        if self._repeats:
            notes.append(f"{self._repeats:.2f} s of sound repeat earlier times and are left out.")
        start = self._zero + begin / RATE
        if self._span[1] is None or not output.is_full:
            notes += early_end(self._clip, self._stream, "sound", start + len(samples) / RATE)
        return Sound(samples, start if len(samples) else float(self._span[0]), tuple(notes))

    def _empty(self, note):
        return Sound(np.zeros(0, "float32"), float(self._span[0]), (note,))

    def _too_long(self):
        raise ClipError(
            f"{self._clip.path} must have at most {LONGEST // 3600} hours of sound to be read at "
            "once. Received: more. Give start and end, or cut the file."
        )
