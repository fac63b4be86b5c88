"""Baselines from the literature, on the same input and output as the house's own models."""

BASELINES = {}

__all__ = ["BASELINES"]
