import numpy as np
import pytest
from PIL import Image

from utils.clips.face.region import Region, surrounding

TURNED = Region(60.0, 45.0, 40.0, 0.5)


def test_a_crop_holds_the_colours_of_the_places_that_its_points_are_put_back_to():
    y, x = np.mgrid[0:100, 0:120]
    ramp = Image.fromarray(np.stack([2 * x, 2 * y, 0 * x], axis=-1).astype("uint8"))
    side = 16
    crop = TURNED.crop(ramp, side).astype("float64")
    rows, columns = np.mgrid[0:side, 0:side]
    shares = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=-1) / side
    places = TURNED.to_picture(shares)
    # The middle of pixel k lies at k + 0.5.
    expected = 2 * (places - 0.5)
    assert crop.reshape(-1, 3)[:, :2] == pytest.approx(expected, abs=1.5)


def test_outside_the_picture_a_crop_is_black():
    white = Image.new("RGB", (20, 20), "white")
    crop = Region(0.0, 10.0, 20.0).crop(white, 20)
    assert crop[:, :9].max() == 0 and crop[:, 11:].min() == 255


def test_depth_is_scaled_with_the_square_and_not_turned():
    placed = TURNED.to_picture(np.array([[0.5, 0.5, 0.25]]))
    assert placed[0] == pytest.approx([60.0, 45.0, 10.0])


def test_the_surrounding_square_of_turned_points_is_turned_with_them():
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    found = surrounding(TURNED.to_picture(corners), [np.cos(0.5), np.sin(0.5)], 1.5)
    assert (found.x, found.y, found.size, found.angle) == pytest.approx((60.0, 45.0, 60.0, 0.5))
