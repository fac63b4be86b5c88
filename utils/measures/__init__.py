"""Targets and measures: what a label is, and how well it is predicted."""
