"""Data sets: the built-in diagnostic ones, and what real ones must look like (README.md)."""
