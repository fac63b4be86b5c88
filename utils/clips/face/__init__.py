"""The named values of one face over the frames of a clip."""

from utils.clips.face.source import face_tracker
from utils.clips.face.track import FaceTrack
from utils.clips.face.tracker import FaceTracker
from utils.clips.face.values import FACE_NAMES

__all__ = ["FACE_NAMES", "FaceTrack", "FaceTracker", "face_tracker"]
