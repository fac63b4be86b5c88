"""Convert published data sets that have a special form into this repository's HDF5 layout."""

from data.prepare.mosi_context import prepare_mosi_context

__all__ = ["prepare_mosi_context"]
