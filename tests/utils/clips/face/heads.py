"""Meshes of points in known poses."""

import numpy as np

from utils.clips.face.head import AVERAGE, STILL


def mesh(seed=0):
    """The average head's still points among others at random places, `(468, 3)` in units."""
    points = np.random.default_rng(seed).normal(0.0, 0.4, (468, 3))
    points[STILL] = AVERAGE
    return points


def posed(points, yaw=0.0, pitch=0.0, roll=0.0, unit=80.0, centre=(300.0, 200.0, 0.0)):
    """Points in pixels after a turn in degrees, by turns about single axes.

    Axes: x to the picture's right, y down, z away from the camera. The nose points to -z.
    """
    yaw, pitch, roll = np.radians([yaw, pitch, roll])
    nod = [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    turn = [[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]]
    lean = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    rotation = np.array(lean) @ np.array(turn) @ np.array(nod)
    return points @ rotation.T * unit + np.array(centre)
