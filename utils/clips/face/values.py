"""Named values of a face, which change with its expression and not with its pose.

Lengths are in units of the distance between the outer eye corners and measured in the axes of the
upright head, so that they stay as they are where the head turns, moves or comes closer. "Right"
and "left" are the person's own sides. A picture that is mirrored swaps the values of the two
sides, turns the sign of `head_yaw`, `head_roll` and both `gaze_..._x`, and makes `face_x` 1 -
`face_x`. The networks hold to this up to about 2.5 degrees and 0.03 units.
"""

import numpy as np

from utils.clips.face.head import Head

EXPRESSION_NAMES = (
    "brow_inner_right",  # height of the brow's inner end above the eye line
    "brow_inner_left",
    "brow_outer_right",  # height of the brow's outer end above the eye line
    "brow_outer_left",
    "brow_gap",  # distance of the brows' inner ends
    "mouth_width",  # distance of the mouth's corners
    "mouth_open",  # distance of the lips' inner edges
    "mouth_corner_right",  # height of the corner above the middle between the lips
    "mouth_corner_left",
    "mouth_corner_depth_right",  # how far the corner lies behind the front of the lips
    "mouth_corner_depth_left",
    "upper_lip",  # from the nose's base down to the upper lip's upper edge; a smile shortens it
    "lower_lip",  # from the lower lip's lower edge down to the chin
    "upper_lip_thickness",
    "lower_lip_thickness",
    "jaw",  # from the nose's tip down to the chin
    "nose_length",  # from bridge to tip; wrinkling shortens it
    "nose_width",  # distance of the nose's wings
    "cheek_right",  # height of the cheek, negative as it lies below the eye line
    "cheek_left",
    "pucker",  # how far the lips stand out before the nose's base
)
POSE_NAMES = (
    "head_yaw",  # degrees, positive where the person turns to their own left
    "head_pitch",  # degrees, positive where the person looks up
    "head_roll",  # degrees, positive where the head leans to the person's left shoulder
    "face_x",  # place of the point between the eyes in shares of the picture's width
    "face_y",  # and of its height, from the top
    "face_scale",  # distance of the eyes' outer corners in shares of the picture's longer side
)
SCORE_NAMES = ("face_score",)  # probability of a face, 0 to 1, which a covered face keeps
EYE_NAMES = (
    "eye_open_right",  # distance of the lids, about 0.11 where open and 0.02 where closed
    "eye_open_left",
    "gaze_right_x",  # the iris from the eye's middle, positive to the person's left
    "gaze_right_y",  # positive up
    "gaze_left_x",
    "gaze_left_y",
)
FACE_NAMES = EXPRESSION_NAMES + POSE_NAMES + SCORE_NAMES + EYE_NAMES


def expression_values(points):
    """The values of `EXPRESSION_NAMES`.

    Mouth width and upper lip tell smiles best; the height and the depth of the mouth's corners
    and the height of the cheeks help.

    Args:
        points: `(468, 3)` points of the mesh in the axes and units of the head (`Head.points`).

    Returns:
        A list of floats.
    """
    x, y, z = points.T

    def distance(a, b):
        return float(np.linalg.norm(points[a] - points[b]))

    lips_y, lips_z = (y[13] + y[14]) / 2, (z[0] + z[17]) / 2
    return [
        -(y[55] + y[107]) / 2,
        -(y[285] + y[336]) / 2,
        -(y[46] + y[70]) / 2,
        -(y[276] + y[300]) / 2,
        x[285] - x[55],
        distance(61, 291),
        distance(13, 14),
        lips_y - y[61],
        lips_y - y[291],
        z[61] - lips_z,
        z[291] - lips_z,
        y[0] - y[2],
        y[152] - y[17],
        distance(0, 13),
        distance(14, 17),
        y[152] - y[1],
        distance(168, 4),
        distance(129, 358),
        -(y[50] + y[205]) / 2,
        -(y[280] + y[425]) / 2,
        z[2] - lips_z,
    ]


def pose_values(head: Head, size):
    """The values of `POSE_NAMES`.

    Args:
        head: The head in the picture.
        size: `(width, height)` of the picture in pixels.

    Returns:
        A list of floats.
    """
    width, height = size
    return [
        *head.angles(),
        head.centre[0] / width,
        head.centre[1] / height,
        head.unit / max(width, height),
    ]
