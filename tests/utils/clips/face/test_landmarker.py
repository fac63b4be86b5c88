"""The adapter to MediaPipe's documented interface, against a stand-in for the package."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tests.utils.clips.face.heads import mesh, posed
from tests.utils.clips.face.pictures import frame
from utils.clips.face import face_tracker
from utils.clips.face.landmarker import BLENDSHAPE_NAMES, LANDMARKER_NAMES, LandmarkerTracker
from utils.clips.face.tracker import FaceTracker

IMAGE = np.zeros((360, 640, 3), "uint8")


def face(x, unit=60.0, yaw=0.0, smile=0.0):
    """A face as MediaPipe gives it: landmarks in shares of the picture, and blendshapes."""
    points = posed(mesh(), yaw=yaw, unit=unit, centre=(x, 180.0, 0.0)) / [640, 360, 640]
    landmarks = [SimpleNamespace(x=x, y=y, z=z) for x, y, z in points]
    landmarks += [SimpleNamespace(x=0.0, y=0.0, z=0.0)] * 10  # the irises
    scores = [
        SimpleNamespace(category_name=name, score=smile if name == "mouthSmileLeft" else 0.0)
        for name in BLENDSHAPE_NAMES
    ]
    return landmarks, scores


class StandIn:
    """The parts of `mediapipe` that the adapter uses; gives prepared faces, frame by frame."""

    def __init__(self, frames, refusal=None):
        self.frames, self.refusal = frames, refusal
        self.created, self.stamps, self.closed = [], [], 0
        vision = SimpleNamespace(
            FaceLandmarkerOptions=lambda **options: SimpleNamespace(**options),
            FaceLandmarker=SimpleNamespace(create_from_options=self._create),
            RunningMode=SimpleNamespace(VIDEO="video"),
        )
        self.tasks = SimpleNamespace(
            vision=vision, BaseOptions=lambda **options: SimpleNamespace(**options)
        )
        self.ImageFormat = SimpleNamespace(SRGB="srgb")

    def Image(self, image_format, data):
        assert image_format == "srgb" and data.dtype == np.uint8
        return data

    def _create(self, options):
        if self.refusal:
            raise self.refusal
        self.created.append(options)
        return self

    def __enter__(self):
        self._left = iter(self.frames)
        return self

    def __exit__(self, *_):
        self.closed += 1

    def detect_for_video(self, picture, stamp):
        self.stamps.append(stamp)
        faces = next(self._left)
        return SimpleNamespace(
            face_landmarks=[landmarks for landmarks, _ in faces],
            face_blendshapes=[scores for _, scores in faces],
        )


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "face_landmarker.task"
    path.write_bytes(b"model")
    return path


def follow(monkeypatch, model, frames, times):
    stand_in = StandIn(frames)
    monkeypatch.setitem(sys.modules, "mediapipe", stand_in)
    tracker = LandmarkerTracker(model)
    return tracker.follow([frame(IMAGE, time) for time in times]), stand_in, tracker


def test_blendshapes_and_pose_come_by_name(monkeypatch, model):
    found, stand_in, tracker = follow(monkeypatch, model, [[face(320, yaw=25, smile=0.7)]], [2.0])
    row = dict(zip(tracker.names, found.values[0].tolist(), strict=True))
    assert len(BLENDSHAPE_NAMES) == 52 and tracker.names == LANDMARKER_NAMES
    assert row["mouthSmileLeft"] == pytest.approx(0.7) and row["jawOpen"] == 0.0
    assert row["head_yaw"] == pytest.approx(25.0, abs=1e-3)
    assert (row["face_x"], row["face_y"]) == pytest.approx((0.5, 0.5))
    options = stand_in.created[0]
    assert options.base_options.model_asset_path == str(model)
    assert options.running_mode == "video" and options.output_face_blendshapes


def test_one_face_is_followed_although_their_order_changes(monkeypatch, model):
    small, large = face(120, unit=40.0, smile=0.1), face(450, unit=80.0, smile=0.9)
    frames = [[small, large], [large, small], [small], []]
    found, _, _ = follow(monkeypatch, model, frames, [0.0, 0.1, 0.2, 0.3])
    smile = found.values[:, LANDMARKER_NAMES.index("mouthSmileLeft")]
    assert smile[:2] == pytest.approx([0.9, 0.9]) and np.isnan(smile[2:]).all()
    assert found.notes[0] == "The face was not found in 2 of 4 frames."
    assert found.notes[1].startswith("Up to 2 faces were seen at once")


def test_time_stamps_grow_and_each_clip_has_a_landmarker_of_its_own(monkeypatch, model):
    frames = [[face(320)]] * 3
    _, stand_in, tracker = follow(monkeypatch, model, frames, [5.0, 5.0001, 5.1])
    assert stand_in.stamps == [0, 1, 100]
    tracker.follow([frame(IMAGE)])
    # One more was made to check the model.
    assert len(stand_in.created) == stand_in.closed == 3


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"Received: .*nothing.task.*Download it from"):
        face_tracker(f"landmarker:{tmp_path / 'nothing.task'}")


def test_a_missing_package_is_named(monkeypatch, model):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(ImportError, match=r"needs mediapipe.*pip install mediapipe"):
        face_tracker(f"landmarker:{model}")


def test_a_file_that_is_no_model_is_refused(monkeypatch, model):
    refusal = ValueError("Unable to open zip archive.")
    monkeypatch.setitem(sys.modules, "mediapipe", StandIn([], refusal))
    with pytest.raises(ValueError, match="which MediaPipe refuses: Unable to open zip archive"):
        face_tracker(f"landmarker:{model}")


@pytest.mark.parametrize("source", ["landmarker:", "openface"])
def test_an_unknown_source_is_refused(source):
    with pytest.raises(ValueError, match=r"--face expected mesh or landmarker:FILE\. Received"):
        face_tracker(source)


def test_the_mesh_is_the_stock_source():
    pytest.importorskip("ai_edge_litert")
    assert isinstance(face_tracker(), FaceTracker)
    assert len(face_tracker("mesh", iris=False).files) == 3
