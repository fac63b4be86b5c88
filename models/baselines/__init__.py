"""Baselines from the literature, on the same input and output as the house's own models."""

from models.baselines.mag import MAG

BASELINES = {"mag": MAG}

__all__ = ["BASELINES", "MAG"]
