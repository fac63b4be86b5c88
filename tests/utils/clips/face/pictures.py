"""Drawn faces, frames of real clips where they are at hand, and known motion of both."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw

CLIPS = Path(__file__).parents[5] / "shared" / "data" / "clips"
SKIN = (230, 190, 160)


def frame(image, time=0.0):
    return SimpleNamespace(time=time, image=np.asarray(image))


def drawing(*faces, size=(320, 240)):
    """Simple faces, each `(x, y, height)` in pixels, that the networks take for real ones."""
    image = Image.new("RGB", size, (120, 160, 200))
    draw = ImageDraw.Draw(image)
    for x, y, height in faces:
        # Offsets in shares of the height, from the face's centre.
        def at(*offsets, x=x, y=y, height=height):
            return [(x if k % 2 == 0 else y) + offset * height for k, offset in enumerate(offsets)]

        thin, thick = max(1, height // 75), max(2, height // 40)
        draw.ellipse(at(-0.4, -0.5, 0.4, 0.5), fill=SKIN, outline="black", width=thin)
        for eye in (-0.17, 0.17):
            white = at(eye - 0.083, -0.2, eye + 0.083, -0.067)
            draw.ellipse(white, fill="white", outline="black", width=thin)
            draw.ellipse(at(eye - 0.027, -0.16, eye + 0.027, -0.107), fill="black")
            draw.line(at(eye - 0.1, -0.267, eye + 0.1, -0.283), fill="black", width=thick)
        draw.polygon(at(0.0, -0.1, -0.067, 0.1, 0.067, 0.1), fill=(200, 150, 120))
        draw.arc(at(-0.2, 0.033, 0.2, 0.333), 20, 160, fill="red", width=thick)
    return np.asarray(image)


@cache
def clip(name):
    """Every third frame of a real clip, as a tuple."""
    av = pytest.importorskip("av")
    path = CLIPS / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand")
    with av.open(str(path)) as container:
        decoded = [
            frame(entry.to_ndarray(format="rgb24"), float(entry.time))
            for k, entry in enumerate(container.decode(video=0))
            if k % 3 == 0
        ]
    return tuple(decoded)


def moved(image, degrees, scale, shift):
    """A picture turned clockwise about its middle, then scaled there and shifted (x, y)."""
    height, width = image.shape[:2]
    turn = np.radians(degrees)
    inverse = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) / scale
    middle = np.array([width, height]) / 2
    offset = middle - inverse @ (middle + shift)
    matrix = np.column_stack([inverse, offset]).ravel()
    turned = Image.fromarray(image).transform(
        (width, height), Image.Transform.AFFINE, matrix.tolist(), Image.Resampling.BICUBIC
    )
    return np.asarray(turned)
