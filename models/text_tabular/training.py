"""Optimizer of the models of a text with a table."""

import keras

from ..schedules import WarmupLinear


def make_optimizer(config, steps):
    """Return AdamW without decay on biases and norms, as a complete config says.

    Args:
        config: What `complete_config` returns.
        steps: Steps of the whole training, over which the learning rate falls to 0 if
            `run_scheduler` is set; else it stays once `warmup_steps` are over.
    """
    schedule = WarmupLinear(config["lr"], config["warmup_steps"], steps, config["run_scheduler"])
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=config["weight_decay"], epsilon=config["adam_epsilon"]
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
