"""Training, evaluation and export of the text-and-table models."""
