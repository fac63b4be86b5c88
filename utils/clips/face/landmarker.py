"""MediaPipe's face landmarker with its 52 blendshapes, in place of the own measurements."""

import importlib
from pathlib import Path

import numpy as np

from utils.clips.face.head import find_head
from utils.clips.face.mesh import POINTS, Mesh
from utils.clips.face.track import Following, track
from utils.clips.face.values import POSE_NAMES, pose_values

FACES = 4  # most faces that are looked for
SIDES = ("Left", "Right")
BLENDSHAPE_NAMES = (
    "_neutral",
    *(f"browDown{side}" for side in SIDES),
    "browInnerUp",
    *(f"browOuterUp{side}" for side in SIDES),
    "cheekPuff",
    *(f"cheekSquint{side}" for side in SIDES),
    *(
        f"eye{move}{side}"
        for move in ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
        for side in SIDES
    ),
    *(f"jaw{move}" for move in ("Forward", "Left", "Open", "Right")),
    "mouthClose",
    *(f"mouth{move}{side}" for move in ("Dimple", "Frown") for side in SIDES),
    "mouthFunnel",
    "mouthLeft",
    *(f"mouth{move}{side}" for move in ("LowerDown", "Press") for side in SIDES),
    "mouthPucker",
    "mouthRight",
    *(f"mouth{move}" for move in ("RollLower", "RollUpper", "ShrugLower", "ShrugUpper")),
    *(f"mouth{move}{side}" for move in ("Smile", "Stretch", "UpperUp") for side in SIDES),
    *(f"noseSneer{side}" for side in SIDES),
)
LANDMARKER_NAMES = BLENDSHAPE_NAMES + POSE_NAMES
SOURCE = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/"
    "float16/latest/face_landmarker.task"
)


class LandmarkerTracker:
    """Follows one face of a clip by MediaPipe's face landmarker, like `FaceTracker`.

    Args:
        file: Path of the model, `face_landmarker.task`.

    Attributes:
        names: Names of the values: MediaPipe's 52 blendshapes, from 0 to 1, and the head's pose as
            `FaceTracker` gives it.
        files: The model's `Path`.

    Raises:
        FileNotFoundError: If the file is missing.
        ImportError: If mediapipe is not installed.
        ValueError: If the file is not the model.

    Example:
        >>> from utils.clips.media import read_frames  # doctest: +SKIP
        >>> LandmarkerTracker("face_landmarker.task").follow(read_frames("clip.mp4"))
        ... # doctest: +SKIP

    Reference:
        https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker/python
    """

    names = LANDMARKER_NAMES

    def __init__(self, file):
        path = Path(file)
        if not path.is_file():
            raise FileNotFoundError(
                "--face landmarker:FILE expected the model of MediaPipe's face landmarker. "
                f"Received: {path}, which is not a file. Download it from {SOURCE}."
            )
        try:
            self._mediapipe = importlib.import_module("mediapipe")
        except ImportError as error:
            raise ImportError(
                f"--face landmarker:FILE needs mediapipe, which cannot be imported: {error}. "
                "Run `pip install mediapipe`."
            ) from error
        self.files = (path,)
        with self._landmarker():  # a file that is no model is refused here, not by every clip
            pass

    def follow(self, frames):
        """The values of one face of a clip, as a `FaceTrack`; see `FaceTracker.follow`."""
        following = Following()
        times, rows = [], []
        # A landmarker remembers faces, so that each clip gets its own.
        with self._landmarker() as landmarker:
            start = stamp = None
            for frame in frames:
                start = frame.time if start is None else start
                milliseconds = round((frame.time - start) * 1000)
                # Time stamps must grow.
                stamp = milliseconds if stamp is None else max(milliseconds, stamp + 1)
                found = self._detect(landmarker, frame.image, stamp)
                times.append(frame.time)
                rows.append(_measure(found, frame, following))
        return track(rows, times, len(self.names), following)

    def _landmarker(self):
        tasks = self._mediapipe.tasks
        options = tasks.vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(self.files[0])),
            running_mode=tasks.vision.RunningMode.VIDEO,
            num_faces=FACES,
            output_face_blendshapes=True,
        )
        try:
            return tasks.vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise ValueError(
                "--face landmarker:FILE expected the model of MediaPipe's face landmarker. "
                f"Received: {self.files[0]}, which MediaPipe refuses: {error} "
                f"Download it from {SOURCE}."
            ) from error

    def _detect(self, landmarker, image, stamp):
        mediapipe = self._mediapipe
        picture = mediapipe.Image(
            image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(image)
        )
        return landmarker.detect_for_video(picture, stamp)


def _measure(found, frame, following):
    """The values of the followed face, a list, or None where it is not among the found ones."""
    height, width = frame.image.shape[:2]
    # MediaPipe gives shares of the picture; a depth is a share of its width.
    meshes = [
        Mesh(np.array([[p.x, p.y, p.z] for p in face[:POINTS]]) * [width, height, width], 1.0)
        for face in found.face_landmarks
    ]
    chosen = following.choose([mesh.region for mesh in meshes], frame.time)
    if chosen is None:
        return None
    mesh = meshes[chosen]
    pose = pose_values(find_head(mesh.points), (width, height))
    following.keep(mesh.region, frame.time, pose)
    scores = {entry.category_name: entry.score for entry in found.face_blendshapes[chosen]}
    return [*(scores[name] for name in BLENDSHAPE_NAMES), *pose]
