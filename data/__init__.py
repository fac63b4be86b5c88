"""Data sets: built-in data, and commands for real data. README.md describes the formats."""
