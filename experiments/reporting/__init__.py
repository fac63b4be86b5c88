"""The parts of a run's page: what the model looked at, figures, cards of model and data."""
