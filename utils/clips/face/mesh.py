"""468 points of a face in three dimensions."""

from dataclasses import dataclass

import numpy as np

from utils.clips.face.network import Network, probability
from utils.clips.face.region import Region, surrounding

POINTS = 468
MARGIN = 1.5  # side of a face's region in sides of its points' box, as the network expects
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners


@dataclass(frozen=True)
class Mesh:
    """A face's points.

    Attributes:
        points: `(468, 3)` in pixels of the picture: x to the right, y down, z away from the
            camera, with z = 0 near the face's centre.
        score: Probability that there is a face, 0 to 1. A covered face keeps a high one.
    """

    points: np.ndarray
    score: float

    @property
    def region(self):
        """The `Region` around the points in which the network finds them best."""
        points = self.points
        return surrounding(points, points[LEFT_EYE, :2] - points[RIGHT_EYE, :2], MARGIN)


class MeshNetwork:
    """Finds the points of the face in a region.

    Reference:
        Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
        https://arxiv.org/abs/1907.06724.
    """

    def __init__(self):
        self.network = Network("face_landmark")

    def __call__(self, picture, region: Region):
        """The `Mesh` of a region of a `PIL.Image.Image` in RGB, whether there is a face or not."""
        side = self.network.side
        points, logit = self.network(region.crop(picture, side))
        points = points.reshape(POINTS, 3) / np.float64(side)
        return Mesh(region.to_picture(points), float(probability(logit.item())))
