"""Pictures as they are meant to be seen: turned and mirrored by the file's display matrix."""

import numpy as np

from utils.clips.media.decoder import SideDataType

UPRIGHT = (0, False)


def orientation(frame):
    """Return how a frame must be turned: quarter turns (0 to 3), and whether it is mirrored after.

    Quarter turns go against the clock.

    Args:
        frame: PyAV's `VideoFrame`.

    Reference:
        ISO/IEC 14496-12, 6.2.2 (matrix of a track); FFmpeg's `libavutil/display.h`.
    """
    for data in frame.side_data:
        if data.type == SideDataType.DISPLAYMATRIX:
            a, b, _, c, d, *_ = np.frombuffer(bytes(data), "int32").tolist()
            return _quarter_turns(a, b, c, d)
    return UPRIGHT


def _quarter_turns(a, b, c, d):
    # A point (x, y) of the stored picture is shown at (a x + c y, b x + d y), y downwards.
    mirrored = a * d - b * c < 0
    if mirrored:
        a, c = -a, -c
    # The stored direction of x is shown in the direction (a, b).
    return round(np.arctan2(-b, a) / (np.pi / 2)) % 4, mirrored


def turned(image, quarter_turns, mirrored):
    """Return an image `(H, W, 3)` turned, then mirrored left to right; C-contiguous."""
    image = np.rot90(image, quarter_turns)
    return np.ascontiguousarray(image[:, ::-1] if mirrored else image)
