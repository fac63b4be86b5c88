"""Turns data sets as they are published into this repository's HDF5 layout."""

from data.prepare.mosi_context import prepare_mosi_context

__all__ = ["prepare_mosi_context"]
