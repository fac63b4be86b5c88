"""Resampling to mono at 16,000 Hz, sample by sample on a fixed grid."""

from fractions import Fraction
from typing import Any

import numpy as np

from utils.clips.media.decoder import av

RATE = 16_000  # Hz
# FFmpeg mixes floats without this so that two equal channels become 1.4 times as loud.
MIX = {"rematrix_maxval": "1.0"}

LONGEST_STEP = 0.2  # seconds between input and output samples that coincide


class Resampling:
    """Collects the samples `begin` to `stop` of a sound at 16,000 Hz.

    Frames are given with the number of their first sample, counted at their own rate from the first
    sample of the sound. Where one does not follow the frame before it, a gap is filled with
    silence, and what was there already is left out.

    Args:
        begin: Number of the first sample to keep, at 16,000 Hz.
        stop: Number after the last one, or `None`.
        most: Number of samples that may be kept.
        too_long: Called before more are kept; it raises an exception.
    """

    def __init__(self, begin, stop, most, too_long):
        self._begin = begin
        self._stop = stop
        self._most = most
        self._too_long = too_long
        # It grows without copies, as a list of parts could not.
        self._kept = bytearray()
        self._run: Any = None  # PyAV's resampler of frames without a gap between them
        self._kind = None  # format, layout and rate of its frames
        self._next = 0  # number of the next input sample
        self._place = 0  # number of the next output sample

    @property
    def is_new(self):
        """Whether nothing was added so far."""
        return self._kind is None

    @property
    def is_full(self):
        """Whether all samples up to `stop` are there."""
        return self._stop is not None and self._count() >= self._stop - self._begin

    def add(self, frame, place):
        """Add a frame, PyAV's `AudioFrame`, whose first sample has the number `place`."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._kind != kind or place > self._next:
            self.finish()
            self._begin_run(frame, place)
        skipped = self._next - place
        if skipped >= frame.samples:
            return
        frame = _without_head(frame, skipped)
        self._next += frame.samples
        self._keep(self._run.resample(frame))

    def finish(self):
        """Take what the resampler still holds."""
        if self._run:
            self._keep(self._run.resample(None))
        self._run = None

    def samples(self):
        """Return the samples, float32 `(n,)` from -1 to 1."""
        return np.frombuffer(self._kept, "float32")

    def _begin_run(self, frame, place):
        """Begin at the start or after a gap, where an input and an output sample coincide.

        Segments then equal the whole sound, and what follows a gap equals undamaged sound.
        """
        rate = frame.sample_rate
        if self._kind and self._kind[2] != rate:
            self._next = round(self._next * rate / self._kind[2])
        ratio = Fraction(RATE, rate)
        step = ratio.denominator if ratio.denominator <= LONGEST_STEP * rate else 1
        silent = 0
        if self.is_new:
            first = -(-place // step) * step
        else:
            place = max(place, self._next)
            first = place // step * step
            silent = place - first
        self._kind = (frame.format.name, frame.layout.name, rate)
        self._next = first + silent
        self._place = round(first * ratio)
        self._run = av.AudioResampler(format="flt", layout="mono", rate=RATE, options=MIX)
        if silent:
            self._keep(self._run.resample(_silence(frame, silent)))

    def _keep(self, frames):
        for frame in frames:
            block = frame.to_ndarray()[0]
            place = self._place
            self._place += len(block)
            at = self._begin + self._count()  # number of the next sample to keep
            self._grow_to(place)
            block = block[max(at - place, 0) :]
            if self._stop is not None:
                block = block[: max(self._stop - self._begin - self._count(), 0)]
            if self._count() + len(block) > self._most:
                self._too_long()
            np.nan_to_num(block, copy=False)
            self._kept += np.clip(block, -1, 1).tobytes()

    def _grow_to(self, place):
        """Fill a gap before an output sample with silence."""
        goal = place if self._stop is None else min(place, self._stop)
        missing = goal - self._begin - self._count()
        if missing <= 0:
            return
        if self._count() + missing > self._most:
            self._too_long()
        self._kept += bytes(4 * missing)

    def _count(self):
        return len(self._kept) // 4


def _silence(frame, samples):
    """Return silence in the format of a frame."""
    values = frame.to_ndarray()
    width = 1 if frame.format.is_planar else frame.layout.nb_channels
    middle = 128 if values.dtype == np.uint8 else 0
    return _like(frame, np.full((len(values), samples * width), middle, values.dtype))


def _like(frame, values):
    made = av.AudioFrame.from_ndarray(values, frame.format.name, frame.layout.name)
    made.sample_rate = frame.sample_rate
    return made


def _without_head(frame, skipped):
    """Return a frame without its first samples."""
    if not skipped:
        return frame
    values = frame.to_ndarray()
    width = 1 if frame.format.is_planar else frame.layout.nb_channels
    return _like(frame, np.ascontiguousarray(values[:, skipped * width :]))
