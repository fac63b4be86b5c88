"""Baselines from the literature, on the same input and output as the house's own models."""

from models.baselines.almt import ALMT
from models.baselines.mag import MAG

BASELINES = {"mag": MAG, "almt": ALMT}

__all__ = ["ALMT", "BASELINES", "MAG"]
