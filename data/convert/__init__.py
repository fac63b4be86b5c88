"""Convert any readable data into HDF5 files that stream from disk."""
