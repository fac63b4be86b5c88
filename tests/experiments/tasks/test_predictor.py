import logging
from types import SimpleNamespace

import tensorflow as tf

from experiments.tasks.predictor import explaining


def test_graphs_of_many_models_are_no_retracing(caplog):
    inputs = SimpleNamespace(explain=lambda model, batch: model * batch)
    logger = tf.get_logger()
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.WARNING, "tensorflow"):
            for factor in range(6):
                explain = explaining(factor, inputs, tf.TensorSpec([None]))
                assert float(explain(tf.constant([1.0]))[0]) == factor
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.messages == []
