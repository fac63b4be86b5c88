"""Commands that train, evaluate and compare models: `python -m experiments.NAME --help`."""

from utils.installed import check_installed

check_installed()
