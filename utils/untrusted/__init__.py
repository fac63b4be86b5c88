"""What interprets bytes that may be hostile: pickles, .npy arrays, the structure of HDF5 files."""
