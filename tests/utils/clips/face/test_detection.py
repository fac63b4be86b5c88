import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.utils.clips.face.pictures import drawing
from utils.clips.face.detection import FaceFinder, anchors, apart, letterbox, overlap

edge = st.integers(0, 12)


def test_short_range_has_two_boxes_at_a_fine_place_and_six_at_a_coarse_one():
    centres = anchors(128, (8, 8) + (16,) * 6)
    assert centres.shape == (896, 2)
    assert centres[:3].tolist() == [[4 / 128, 4 / 128], [4 / 128, 4 / 128], [12 / 128, 4 / 128]]
    assert centres[512:519, 0].tolist() == [8 / 128] * 6 + [24 / 128]


def test_full_range_has_one_box_a_place():
    centres = anchors(192, (4,))
    assert centres.shape == (2304, 2)
    assert centres[49].tolist() == [6 / 192, 6 / 192]  # second column of the second row


@settings(max_examples=50, deadline=None)
@given(ends=st.tuples(*[edge] * 8))
def test_overlap_is_the_share_of_cells_that_two_boxes_have_in_common(ends):
    grids, boxes = [], []
    for x0, x1, y0, y1 in (ends[:4], ends[4:]):
        grid = np.zeros((13, 13), bool)
        grid[min(y0, y1) : max(y0, y1) + 1, min(x0, x1) : max(x0, x1) + 1] = True
        grids.append(grid)
        sides = abs(x1 - x0) + 1, abs(y1 - y0) + 1
        boxes.append(np.array([(x0 + x1 + 1) / 2, (y0 + y1 + 1) / 2, *sides], "float64"))
    expected = (grids[0] & grids[1]).sum() / (grids[0] | grids[1]).sum()
    assert overlap(*boxes) == pytest.approx(expected)


def test_of_boxes_around_one_face_the_first_is_kept():
    boxes = np.array([[0.5, 0.5, 0.2, 0.2], [0.51, 0.5, 0.2, 0.2], [0.8, 0.5, 0.2, 0.2]])
    assert apart(boxes) == [0, 2]


def test_a_letterbox_keeps_the_picture_s_shape_and_says_where_it_lies():
    square, frame = letterbox(Image.new("RGB", (200, 100), "white"), 64)
    assert square[16:48].min() == 255 and square[:16].max() == 0 and square[48:].max() == 0
    corners = np.array([[0.0, 0.25], [1.0, 0.75]])
    assert frame.to_picture(corners) == pytest.approx(np.array([[0.0, 0.0], [200.0, 100.0]]))


def test_faces_are_found_where_they_are_the_largest_first():
    pytest.importorskip("ai_edge_litert")
    faces = ((80, 120, 100), (250, 110, 150))
    small, large = FaceFinder().find(Image.fromarray(drawing(*faces)))[::-1]
    assert (small.x, small.y) == pytest.approx((80, 120), abs=15)
    assert (large.x, large.y) == pytest.approx((250, 110), abs=20)
    assert small.size < large.size
