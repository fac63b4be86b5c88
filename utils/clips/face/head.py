"""Where a head is and how it is turned, from the points that no expression moves."""

from dataclasses import dataclass

import numpy as np

MIDLINE = {  # point of the mesh: (y, z)
    10: (-0.603, -0.142),
    151: (-0.435, -0.196),
    168: (-0.074, -0.237),
    6: (0.015, -0.293),
    197: (0.093, -0.356),
    195: (0.165, -0.424),
}
PAIRS = {  # (right point, left point): (x, y, z) of the left one
    (33, 263): (0.5, 0.0, 0.0),
    (133, 362): (0.191, 0.011, -0.059),
    (127, 356): (0.776, 0.091, 0.549),
    (234, 454): (0.767, 0.255, 0.587),
    (21, 251): (0.728, -0.233, 0.317),
    (54, 284): (0.66, -0.372, 0.192),
    (67, 297): (0.387, -0.561, -0.057),
    (162, 389): (0.765, -0.087, 0.45),
    (143, 372): (0.691, 0.069, 0.155),
}


def reference():
    """The points of forehead, temples, eye corners and bridge of the nose on an average head.

    The average of the meshes of six people, made symmetric; upright where the line from the top
    of the forehead to the chin of a closed mouth is vertical. The origin is the middle between
    the outer eye corners, the unit their distance; x points to the person's left, y down and z
    into the head.

    Returns:
        The points' indices in the mesh, int `(n,)`, and the points `(n, 3)`.
    """
    rows, points = list(MIDLINE), [(0.0, y, z) for y, z in MIDLINE.values()]
    for (right, left), (x, y, z) in PAIRS.items():
        rows += [right, left]
        points += [(-x, y, z), (x, y, z)]
    return np.array(rows), np.array(points)


STILL, AVERAGE = reference()


@dataclass(frozen=True)
class Head:
    """A head in a picture.

    Attributes:
        rotation: `(3, 3)`; its columns are the head's axes in the picture: to the person's left,
            down, and into the head.
        unit: The distance of the outer eye corners in pixels, as if seen from the front.
        centre: `(3,)`, the middle between the outer eye corners in pixels.
    """

    rotation: np.ndarray
    unit: float
    centre: np.ndarray

    def points(self, pixels):
        """Points `(n, 3)` in pixels as points of the upright head, in units."""
        return (pixels - self.centre) @ self.rotation / self.unit

    def angles(self):
        """Yaw, pitch and roll in degrees.

        Yaw is positive where the person turns to their own left (the picture's right), pitch
        where they look up, roll where the head leans to their own left shoulder (clockwise in the
        picture). From the upright head, pitch is applied first, then yaw, then roll, so a picture
        that is turned changes the roll alone.
        """
        r = self.rotation
        yaw = np.arctan2(r[2, 0], np.hypot(r[0, 0], r[1, 0]))
        pitch = np.arctan2(-r[2, 1], r[2, 2])
        roll = np.arctan2(r[1, 0], r[0, 0])
        return tuple(float(np.degrees(angle)) for angle in (yaw, pitch, roll))


def find_head(points):
    """The `Head` of a mesh: the similarity that brings the average head closest to it.

    It minimises the sum of squared distances over rotation, scale and place:
    with the centred points A of the average and B of the mesh and U S Vᵀ = BᵀA, the rotation is
    U D Vᵀ, where D = diag(1, 1, det(U Vᵀ)), and the scale is tr(S D) / ‖A‖².

    Args:
        points: `(468, 3)` in pixels.

    Reference:
        Umeyama, "Least-squares estimation of transformation parameters between two point
        patterns", IEEE PAMI 13(4), 1991.
    """
    still = points[STILL]
    average = AVERAGE - AVERAGE.mean(axis=0)
    u, s, vt = np.linalg.svd((still - still.mean(axis=0)).T @ average)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    unit = float((s * sign).sum() / (average**2).sum())
    centre = still.mean(axis=0) - unit * rotation @ AVERAGE.mean(axis=0)
    return Head(rotation, unit, centre)
