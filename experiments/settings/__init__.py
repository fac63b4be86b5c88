"""The options of a training run, in groups, each checked where it is declared."""

from experiments.settings.train_settings import FAMILIES, TrainSettings

__all__ = ["FAMILIES", "TrainSettings"]
