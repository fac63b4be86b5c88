"""Read a published data set of a special form, write HDF5 files."""

from data.prepare.mosi_context import prepare_mosi_context

__all__ = ["prepare_mosi_context"]
