"""Data sets: built-in data, and commands for real data. README.md describes the formats."""

from utils.installed import check_installed

check_installed()
