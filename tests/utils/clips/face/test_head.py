import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.utils.clips.face.heads import mesh, posed
from utils.clips.face.head import AVERAGE, STILL, find_head

angle = st.floats(-70.0, 70.0)


@settings(max_examples=40, deadline=None)
@given(yaw=angle, pitch=angle, roll=st.floats(-170.0, 170.0), unit=st.floats(5.0, 300.0))
def test_the_pose_that_was_applied_is_found_exactly(yaw, pitch, roll, unit):
    points = mesh()
    head = find_head(posed(points, yaw, pitch, roll, unit, centre=(10.0, 20.0, 5.0)))
    assert head.angles() == pytest.approx((yaw, pitch, roll), abs=1e-6)
    assert head.unit == pytest.approx(unit)
    assert head.centre == pytest.approx([10.0, 20.0, 5.0], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(yaw=angle, pitch=angle, roll=angle)
def test_the_points_of_a_head_of_another_shape_do_not_change_with_its_pose(yaw, pitch, roll):
    points = mesh()
    points[STILL] += np.random.default_rng(1).normal(0.0, 0.05, AVERAGE.shape)
    frontal, turned = posed(points), posed(points, yaw, pitch, roll, unit=33.0)
    expected = find_head(frontal).points(frontal)
    assert find_head(turned).points(turned) == pytest.approx(expected, abs=1e-9)


def test_the_signs_of_the_angles_are_as_stated():
    def tip(**pose):
        """The nose's tip in a picture, against the middle of the eyes."""
        nose = posed(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 0.0]]), unit=1.0, **pose)
        return nose[0] - nose[1]

    assert tip(yaw=30)[0] > 0  # to the picture's right, the person's left
    assert tip(pitch=30)[1] < 0  # up
    crown = posed(np.array([[0.0, -1.0, 0.0]]), roll=30, unit=1.0, centre=(0, 0, 0))
    assert crown[0, 0] > 0  # to the picture's right, the person's left shoulder


def test_an_expression_moves_no_head():
    points = posed(mesh(), yaw=20, pitch=5)
    changed = points.copy()
    others = np.setdiff1d(np.arange(468), STILL)
    changed[others] += 7.0
    assert find_head(changed).angles() == pytest.approx(find_head(points).angles())


def test_the_average_head_is_symmetric_with_eyes_one_unit_apart():
    mirrored = AVERAGE * [-1.0, 1.0, 1.0]
    assert sorted(map(tuple, mirrored + 0.0)) == sorted(map(tuple, AVERAGE + 0.0))
    right, left = AVERAGE[np.flatnonzero(np.isin(STILL, [33, 263]))]
    assert np.linalg.norm(left - right) == pytest.approx(1.0)
