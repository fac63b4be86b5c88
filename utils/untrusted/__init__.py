"""Safe reading of files that may be hostile: pickles, `.npy` arrays, HDF5 structure."""
