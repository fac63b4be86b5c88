"""A face over the frames of a clip, and the choice of one face among several."""

from dataclasses import dataclass, field

import numpy as np

from utils.clips.face.region import Region

NEAR = 2 / 3  # a face moves less than this share of its region's side while it is out of sight
SIMILAR = 2.0  # and its size changes by less than this factor
FORGOTTEN = 1.0  # seconds after which a lost face's place is forgotten
SIDEWAYS = 60.0  # degrees of roll that nobody keeps for most of a recording


@dataclass(frozen=True)
class FaceTrack:
    """The values of one face over the frames of a clip.

    Attributes:
        times: float64 `(F,)`, the frames' times in seconds.
        values: float32 `(F, D)`, a column for each of the tracker's `names`; a row is NaN where no
            face was found.
        notes: Sentences about what is odd: no face, several faces, a face that changed.
    """

    times: np.ndarray
    values: np.ndarray
    notes: tuple[str, ...]


@dataclass
class Following:
    """Which face of a clip is followed.

    The largest face is taken first. Then the face nearest to its last place is kept, however large
    others are, and no face elsewhere is taken until the followed one has been lost for
    `FORGOTTEN` seconds. A cut to a face at about the same place and of about the same size goes
    unnoticed.

    Attributes:
        region: The followed face's last `Region`, or None before the first face.
        most: The most faces seen in one frame.
    """

    region: Region | None = None
    most: int = 0
    _seen: float = 0.0
    _places: list[tuple[float, float]] = field(default_factory=list)
    _rolls: list[float] = field(default_factory=list)
    _changes: list[float] = field(default_factory=list)

    def choose(self, regions, time):
        """The index of the face to follow, or None where the followed one is not among them.

        Args:
            regions: `Region`s of all faces in the frame.
            time: The frame's time in seconds.
        """
        self.most = max(self.most, len(regions))
        if not regions:
            return None
        if self.region is not None:
            last = np.array([self.region.x, self.region.y])
            steps = [np.linalg.norm(last - (region.x, region.y)) for region in regions]
            nearest = int(np.argmin(steps))
            if near(self.region, regions[nearest]):
                return nearest
            if time - self._seen <= FORGOTTEN:
                return None
            self._changes.append(time)
        return max(range(len(regions)), key=lambda row: regions[row].size)

    def keep(self, region, time, pose):
        """Remember where the followed face is.

        Args:
            region: Its `Region` in the frame.
            time: The frame's time in seconds.
            pose: The values of `values.POSE_NAMES`.
        """
        self.region, self._seen = region, time
        _, _, roll, x, y, _ = pose
        self._places.append((x, y))
        self._rolls.append(roll)
        self.most = max(self.most, 1)

    def notes(self, frames):
        """Sentences about a clip of so many frames, a tuple."""
        found = len(self._places)
        if frames and not found:
            return (f"No face was found in any of the {frames} frames.",)
        notes = []
        if found < frames:
            notes.append(f"The face was not found in {frames - found} of {frames} frames.")
        if self.most > 1:
            x, y = np.median(self._places, axis=0)
            notes.append(
                f"Up to {self.most} faces were seen at once; the face followed is the one around "
                f"{x:.0%} of the picture's width and {y:.0%} of its height."
            )
        if self._changes:
            times = ", ".join(f"{time:.1f} s" for time in self._changes)
            notes.append(f"Another face is followed from {times} on: a cut, or another person.")
        if found and np.median(np.abs(self._rolls)) > SIDEWAYS:
            notes.append(
                "The head lies on its side in most frames: the recording's rotation may be wrong."
            )
        return tuple(notes)


def near(a, b):
    """Whether two regions can be one face's, a moment apart."""
    larger = max(a.size, b.size)
    return np.hypot(a.x - b.x, a.y - b.y) < NEAR * larger and larger < SIMILAR * min(a.size, b.size)


def track(rows, times, width, following):
    """The `FaceTrack` of a clip.

    Args:
        rows: A list of values for each frame, or None where no face was found.
        times: The frames' times in seconds.
        width: Number of values.
        following: The clip's `Following`.
    """
    values = np.full((len(rows), width), np.nan, "float32")
    for row, entry in zip(values, rows, strict=True):
        if entry is not None:
            row[:] = entry
    return FaceTrack(np.array(times, "float64"), values, following.notes(len(rows)))
