"""Lids and gaze of both eyes, by the iris network.

The mesh of the whole face does not move where a person blinks; this network's outline of the lids
does, so the eyes' opening is measured here.
"""

import numpy as np

from utils.clips.face.head import Head
from utils.clips.face.mesh import Mesh
from utils.clips.face.network import Network
from utils.clips.face.region import surrounding

EYES = ((33, 133, False), (362, 263, True))  # corners in the mesh from the picture's left; mirror?
MARGIN = 2.3  # side of an eye's region in widths of the eye, as the network expects
# The outline starts at the outer corner: the lower lid to the inner corner, then the upper lid.
UPPER_LID = (11, 12, 13)
LOWER_LID = (3, 4, 5)


class EyeNetwork:
    """Finds the lids and the iris of an eye.

    Reference:
        Ablavatski et al., "Real-time Pupil Tracking from Monocular Video for Digital Puppetry",
        https://arxiv.org/abs/2006.11341.
    """

    def __init__(self):
        self.network = Network("iris_landmark")

    def __call__(self, picture, mesh: Mesh, head: Head):
        """The values of `values.EYE_NAMES`, a list of floats.

        What is seen is taken as drawn on the plane of the face, so that a turned head makes an eye
        neither narrower nor more closed.

        Args:
            picture: A `PIL.Image.Image` in RGB.
            mesh: The face in it.
            head: The face's head.
        """
        flatten = np.linalg.inv(head.rotation[:2, :2]).T / head.unit
        opening, gaze = [], []
        for first, last, mirrored in EYES:
            corners = mesh.points[[first, last], :2]
            region = surrounding(corners, corners[1] - corners[0], MARGIN)
            lids, iris = self._find(picture, region, mirrored)
            opening.append(np.mean(((lids[LOWER_LID,] - lids[UPPER_LID,]) @ flatten)[:, 1]))
            x, y = (iris - corners.mean(axis=0)) @ flatten
            gaze += [x, -y]
        return opening + gaze

    def _find(self, picture, region, mirrored):
        """Outline `(71, 2)` and centre of the iris `(2,)` in pixels."""
        side = self.network.side
        eye = region.crop(picture, side)
        outline, iris = self.network(eye[:, ::-1] if mirrored else eye)
        points = np.concatenate([outline.reshape(-1, 3), iris.reshape(-1, 3)])[:, :2] / side
        if mirrored:
            points[:, 0] = 1.0 - points[:, 0]
        points = region.to_picture(points)
        return points[:71], points[71]
