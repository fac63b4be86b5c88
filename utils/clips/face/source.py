"""The choice of what measures faces, as the option `--face` names it."""

from utils.clips.face.landmarker import LandmarkerTracker
from utils.clips.face.tracker import FaceTracker

PREFIX = "landmarker:"


def face_tracker(source="mesh", iris=True):
    """The tracker of a source.

    Args:
        source: `"mesh"`, or `"landmarker:FILE"` for MediaPipe's face landmarker in a file.
        iris: Whether to measure the eyes; for `"mesh"` alone.

    Returns:
        An object with `names`, `files` and `follow(frames)`.

    Raises:
        ValueError: If the source is unknown, or if the landmarker's file is not its model.
        FileNotFoundError: If the landmarker's file is missing.
        ImportError: If a package is not installed.
    """
    if source == "mesh":
        return FaceTracker(iris=iris)
    if source.startswith(PREFIX) and len(source) > len(PREFIX):
        return LandmarkerTracker(source.removeprefix(PREFIX))
    raise ValueError(
        f"--face expected mesh or landmarker:FILE. Received: {source!r}. "
        "Leave it out to use the mesh, which needs no download."
    )
