"""Honest comparison of models: equal tuning, runs, paired statistics, and pages of results."""
