"""Gradients of functions with a gradient of their own, which TensorFlow keeps for good."""

import contextlib

from tensorflow.python.framework.ops import gradient_registry

PREFIX = "CustomGradient-"


@contextlib.contextmanager
def gradients_forgotten():
    """Forget the gradients that functions with a gradient of their own register meanwhile.

    A function of a graph registers its gradient under a new name each time it is traced, and with
    it the graph. A graph that has its gradients needs the names no more, so only the memory grows.
    """
    known = {*gradient_registry.list()}
    try:
        yield
    finally:
        for name in {*gradient_registry.list()} - known:
            if name.startswith(PREFIX):
                gradient_registry._registry.pop(name)
