import numpy as np
import pytest

from utils.clips.face.region import Region
from utils.clips.face.track import Following, track

LEFT, RIGHT = Region(100.0, 100.0, 60.0), Region(400.0, 100.0, 120.0)


def keep(following, region, time, roll=0.0):
    following.keep(region, time, [0.0, 0.0, roll, region.x / 500, region.y / 200, 0.1])


def following(region, time=0.0, **pose):
    found = Following()
    found.choose([region], time)
    keep(found, region, time, **pose)
    return found


def test_the_largest_face_is_taken_first():
    assert Following().choose([LEFT, RIGHT], 0.0) == 1
    assert Following().choose([], 0.0) is None


def test_the_followed_face_is_kept_beside_a_larger_one():
    followed = following(LEFT)
    assert followed.choose([RIGHT, Region(110.0, 95.0, 66.0)], 0.1) == 1


def test_a_lost_face_is_no_other_one_until_it_is_forgotten():
    followed = following(LEFT)
    assert followed.choose([RIGHT], 0.5) is None
    assert followed.choose([RIGHT], 1.5) == 0
    assert followed.notes(3)[-1] == (
        "Another face is followed from 1.5 s on: a cut, or another person."
    )


def test_a_lost_face_that_comes_back_is_no_change():
    followed = following(LEFT)
    followed.choose([], 0.1)
    keep(followed, LEFT, 5.0)
    assert followed.choose([Region(110.0, 100.0, 60.0)], 5.0) == 0
    assert followed.notes(3) == ("The face was not found in 1 of 3 frames.",)


def test_a_face_of_quite_another_size_at_the_same_place_is_another_one():
    assert following(LEFT).choose([Region(100.0, 100.0, 150.0)], 0.1) is None


def test_several_faces_are_told_with_the_place_of_the_followed_one():
    followed = Following()
    followed.choose([LEFT, RIGHT], 0.0)
    keep(followed, RIGHT, 0.0)
    assert followed.notes(1) == (
        "Up to 2 faces were seen at once; the face followed is the one around 80% of the "
        "picture's width and 50% of its height.",
    )


def test_a_clip_without_a_face_and_one_without_frames():
    assert Following().notes(7) == ("No face was found in any of the 7 frames.",)
    assert Following().notes(0) == ()


def test_a_head_on_its_side_throughout_is_told():
    assert "rotation may be wrong" in following(LEFT, roll=-88.0).notes(1)[0]
    assert following(LEFT, roll=30.0).notes(1) == ()


def test_frames_without_a_face_become_rows_of_nan():
    found = track([[1.0, 2.0], None], [0.0, 0.1], 2, following(LEFT))
    assert found.values.dtype == np.float32 and found.times.dtype == np.float64
    assert found.values[0].tolist() == [1.0, 2.0] and np.isnan(found.values[1]).all()
    assert found.times == pytest.approx([0.0, 0.1])
    assert track([], [], 2, Following()).values.shape == (0, 2)
