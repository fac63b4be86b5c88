"""Two devices, logical processors, in a process of their own."""

import json

import pytest
import tensorflow as tf

from experiments.train import main
from models.text_backbone import SMALL_BERT
from tests.conftest import call, without_report
from tests.experiments.text_tabular.conftest import GATE
from tests.processes import run


def train(folder, *options):
    """Train on one device, then on two."""
    processor = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(processor, logical)
    SMALL_BERT["dropout"] = 0.0  # which replicas draw apart
    with without_report():
        for strategy in ("cpu", "mirrored"):
            call(main, "--run-dir", folder / strategy, "--strategy", strategy, *options)


@pytest.mark.slow
def test_two_devices_give_the_curve_of_one_with_class_weights(tickets, tmp_path):
    # 48 training samples: the last batch of each epoch has two, one for each replica.
    options = ["--data", tickets, "--epochs", 2, "--class-weights", "[1, 5]", *GATE]
    outputs = (tmp_path / "output.txt", tmp_path / "errors.txt")
    run(train, tmp_path, *options, "--batch-size", 23, outputs=outputs)
    one, two = (
        [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        for name in ("cpu", "mirrored")
    )
    assert json.loads((tmp_path / "mirrored" / "metadata.json").read_text())["replicas"] == 2
    assert len(one) == len(two) == 3
    for mine, yours in zip(one, two, strict=True):
        for name in ("loss", "valid_log_loss"):
            assert mine.get(name) == pytest.approx(yours.get(name), abs=1e-4)
    assert one[0]["valid_log_loss"] != pytest.approx(one[-1]["valid_log_loss"], abs=1e-3)
