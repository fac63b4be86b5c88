"""Commands that train, evaluate and compare models: `python -m experiments.NAME --help`."""
