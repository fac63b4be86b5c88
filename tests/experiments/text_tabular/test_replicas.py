"""Two devices, logical processors, in a process of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.experiments.text_tabular.conftest import GATE

ROOT = Path(__file__).parent.parent.parent.parent
SCRIPT = """
import sys
import utils.quiet_tensorflow
import tensorflow as tf
import experiments.pages.report
import experiments.train as command
from models.text_backbone import SMALL_BERT
from tests.conftest import call

processor = tf.config.list_physical_devices("CPU")[0]
logical = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(processor, logical)
SMALL_BERT["dropout"] = 0.0  # which replicas draw apart
experiments.pages.report.write_own_report = lambda run: None
run, *options = sys.argv[1:]
for strategy in ("cpu", "mirrored"):
    call(command.main, "--run-dir", f"{run}/{strategy}", "--strategy", strategy, *options)
"""


@pytest.mark.slow
def test_two_devices_give_the_curve_of_one_with_class_weights(tickets, tmp_path):
    # 48 training samples: the last batch of each epoch has two, one for each replica.
    options = ["--data", tickets, "--epochs", 2, "--class-weights", "[1, 5]", *GATE]
    command = [sys.executable, "-c", SCRIPT, tmp_path, *options, "--batch-size", 23]
    subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=True)
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
