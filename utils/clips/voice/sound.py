"""A recording at its own level, cut into frames."""

import numpy as np

RATE = 16_000  # samples a second
HOP = 160  # samples from a frame to the next: 100 frames a second
BLOCK = 512  # frames that are computed together
QUIETEST = 1e-6  # -60 dB: a quieter recording is not raised to the level of the others


class LevelledSound:
    """Mono sound without its mean, divided by its active level, and cut into frames.

    The active level is the mean power of all stretches of 10 ms which are at most 10 dB below the
    mean of the whole: pauses do not count, however long they are. With it, all later values are
    independent of the gain of the recording.

    Args:
        samples: Real numbers `(n,)`, at 16,000 Hz; full scale is 1.

    Attributes:
        count: Number of frames. Frame `k` is centred at sample `160 k`.
        level: The active level in dB below full scale; -60 if the recording is quieter.

    Raises:
        ValueError: If `samples` has another shape, or numbers that are not finite.

    Reference:
        The relative gate of ITU-R BS.1770-4, without its filter and with shorter stretches.
    """

    def __init__(self, samples):
        self._samples = _checked(np.asarray(samples))
        self.count = -(-len(self._samples) // HOP)
        self._mean = self._samples.mean(dtype="float64") if self.count else 0.0
        power = max(_active_power(self._samples, self._mean), QUIETEST)
        self._scale = power**-0.5
        self.level = 10 * float(np.log10(power))

    def blocks(self):
        """Yield the first frame of each block, and the frame after its last."""
        for first in range(0, self.count, BLOCK):
            yield first, min(first + BLOCK, self.count)

    def frames(self, first, last, width):
        """Cut the frames from `first` up to `last`.

        Args:
            first: Index of a frame; below 0 there is silence.
            last: Index of the frame after the last one.
            width: Samples of a frame, an even number.

        Returns:
            A float32 view `(last - first, width)`; the centre of a frame is at `width / 2`. What
            lies beyond the ends of the recording is 0.
        """
        start = first * HOP - width // 2
        stretch = self.stretch(start, start + (last - first - 1) * HOP + width)
        return np.lib.stride_tricks.sliding_window_view(stretch, width)[::HOP]

    def stretch(self, start, stop):
        """Return the samples from `start` up to `stop`, float32; 0 beyond the ends."""
        piece = self._samples[max(start, 0) : max(stop, 0)].astype("float64")
        piece = ((piece - self._mean) * self._scale).astype("float32")
        before = min(max(-start, 0), stop - start)
        return np.pad(piece, (before, stop - start - before - len(piece)))


def _checked(samples):
    if samples.ndim != 1 or samples.dtype.kind != "f":
        raise ValueError(
            "samples must be mono sound: floating-point numbers of shape (n,), at 16,000 Hz. "
            f"Received: {samples.dtype} of shape {samples.shape}. Average the channels, and "
            "divide whole numbers by their full scale."
        )
    step = BLOCK * HOP
    for start in range(0, len(samples), step):
        wrong = np.flatnonzero(~np.isfinite(samples[start : start + step]))
        if len(wrong):
            place = start + int(wrong[0])
            raise ValueError(
                f"samples must be finite. Received: {samples[place]} at {place / RATE:.3f} s. "
                "Repair the recording, or set such samples to 0."
            )
    return samples


def _active_power(samples, mean):
    powers = []
    for start in range(0, len(samples), BLOCK * HOP):
        piece = (samples[start : start + BLOCK * HOP].astype("float64") - mean) ** 2
        starts = np.arange(0, len(piece), HOP)
        powers.append(np.add.reduceat(piece, starts) / HOP)
    if not powers:
        return 0.0
    powers = np.concatenate(powers)
    return powers[powers >= powers.mean() / 10].mean()
