import numpy as np
import pytest

from tests.utils.clips.face.heads import mesh, posed
from utils.clips.face.head import AVERAGE, STILL, find_head
from utils.clips.face.values import (
    EXPRESSION_NAMES,
    FACE_NAMES,
    POSE_NAMES,
    expression_values,
    pose_values,
)

# Points of the person's right side and their partners on the left.
SIDES = [(55, 285), (107, 336), (46, 276), (70, 300), (61, 291), (50, 280), (205, 425), (129, 358)]


def expression(points, **pose):
    points = posed(points, **pose)
    return dict(
        zip(EXPRESSION_NAMES, expression_values(find_head(points).points(points)), strict=True)
    )


def test_each_value_has_one_name():
    assert len(set(FACE_NAMES)) == len(FACE_NAMES) == 34
    assert len(expression_values(mesh())) == len(EXPRESSION_NAMES)


def test_expression_does_not_change_with_pose_distance_or_place():
    frontal = expression(mesh())
    turned = expression(mesh(), yaw=40, pitch=-25, roll=100, unit=21.0, centre=(5, 5, 5))
    assert turned == pytest.approx(frontal, abs=1e-9)


def test_a_mirrored_face_swaps_its_sides():
    points = mesh()
    swapped = points.copy()
    for right, left in SIDES:
        swapped[[right, left]] = points[[left, right]]
    for row in (0, 1, 2, 4, 13, 14, 17, 152, 168):
        points[row, 0] = swapped[row, 0] = 0.0
    swapped *= [-1.0, 1.0, 1.0]
    swapped[STILL] = AVERAGE  # which is symmetric
    mirrored = expression(swapped)
    original = expression(points)
    for name, value in original.items():
        other = name.replace("right", "*").replace("left", "right").replace("*", "left")
        assert mirrored[other] == pytest.approx(value, abs=1e-9), name


def test_lips_that_part_open_the_mouth_and_nothing_else_of_it():
    points = mesh()
    points[[13, 14]] = [0.0, 0.7, -0.3]
    closed = expression(points, yaw=20)
    points[14, 1] += 0.2
    points[13, 1] -= 0.1
    opened = expression(points, yaw=20)
    assert closed["mouth_open"] == pytest.approx(0.0, abs=1e-9)
    assert opened["mouth_open"] == pytest.approx(0.3)
    for name in ("mouth_width", "upper_lip", "jaw", "brow_inner_left"):
        assert opened[name] == pytest.approx(closed[name]), name


def test_a_smile_widens_the_mouth_raises_its_corners_and_shortens_the_upper_lip():
    points = mesh()
    points[[61, 291]] = [[-0.28, 0.8, -0.1], [0.28, 0.8, -0.1]]
    calm = expression(points, pitch=10)
    points[[61, 291]] += [[-0.1, -0.05, 0.04], [0.1, -0.05, 0.04]]
    points[0, 1] -= 0.03
    smile = expression(points, pitch=10)
    change = {name: smile[name] - calm[name] for name in calm}
    assert change["mouth_width"] == pytest.approx(0.2)
    assert change["mouth_corner_right"] == pytest.approx(0.05)
    assert change["mouth_corner_left"] == pytest.approx(0.05)
    assert change["upper_lip"] == pytest.approx(-0.03)
    assert change["mouth_corner_depth_left"] == pytest.approx(0.04)


def test_raised_brows_lie_higher():
    points = mesh()
    calm = expression(points)
    points[[55, 107, 285, 336], 1] -= 0.08
    raised = expression(points)
    assert raised["brow_inner_right"] - calm["brow_inner_right"] == pytest.approx(0.08)
    assert raised["brow_inner_left"] - calm["brow_inner_left"] == pytest.approx(0.08)
    assert raised["brow_outer_left"] == pytest.approx(calm["brow_outer_left"])


def test_place_and_scale_are_shares_of_the_picture():
    head = find_head(posed(mesh(), yaw=10, unit=64.0, centre=(160.0, 90.0, 0.0)))
    pose = dict(zip(POSE_NAMES, pose_values(head, (640, 360)), strict=True))
    assert pose["head_yaw"] == pytest.approx(10.0)
    assert [pose[name] for name in ("face_x", "face_y", "face_scale")] == pytest.approx(
        [0.25, 0.25, 0.1]
    )
    assert np.isfinite(list(pose.values())).all()
