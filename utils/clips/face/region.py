"""A turned square of a picture: cut out for a network, and its points placed back."""

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Region:
    """A square of a picture, turned about its centre.

    Attributes:
        x: Centre in pixels from the picture's left edge.
        y: Centre in pixels from the picture's top edge.
        size: Side of the square in pixels.
        angle: Turn in radians, positive where the square's right side sinks.
    """

    x: float
    y: float
    size: float
    angle: float = 0.0

    def crop(self, picture, side):
        """Cut the square out, bilinearly; what lies outside the picture is black.

        Args:
            picture: A `PIL.Image.Image` in RGB.
            side: Pixels of a side of the result.

        Returns:
            An RGB picture, uint8 `(side, side, 3)`.
        """
        cosine, sine = self.size * np.cos(self.angle), self.size * np.sin(self.angle)
        left = self.x - (cosine - sine) / 2
        top = self.y - (sine + cosine) / 2
        turn = (cosine / side, -sine / side, left, sine / side, cosine / side, top)
        return np.asarray(
            picture.transform((side, side), Image.Transform.AFFINE, turn, Image.Resampling.BILINEAR)
        )

    def to_picture(self, points):
        """Place points of the square in the picture.

        Args:
            points: `(n, 2)` or `(n, 3)`, in shares of the side from the square's top left corner;
                a third column is a depth in the same unit.

        Returns:
            The points in pixels, of the same shape.
        """
        placed = np.asarray(points, "float64") * self.size
        x, y = placed[:, 0] - self.size / 2, placed[:, 1] - self.size / 2
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        placed[:, 0] = self.x + cosine * x - sine * y
        placed[:, 1] = self.y + sine * x + cosine * y
        return placed


def surrounding(points, right_to_left, margin):
    """The upright square of a face around points, with a margin.

    Args:
        points: `(n, 2)` or more columns, in pixels.
        right_to_left: Vector `(2,)` from a point of the face's right side to its partner on the
            left side; the square is turned along it.
        margin: Side of the square in longest sides of the points' own box.
    """
    angle = float(np.arctan2(right_to_left[1], right_to_left[0]))
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = points[:, :2] @ np.array([[cosine, -sine], [sine, cosine]])
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = (low + high) / 2
    size = float((high - low).max() * margin)
    return Region(float(cosine * x - sine * y), float(sine * x + cosine * y), size, angle)
