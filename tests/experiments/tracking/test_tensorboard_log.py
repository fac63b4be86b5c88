import types

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from experiments.runs.run_folder import RunFolder
from experiments.tracking.tensorboard_log import CELL, TensorBoardLog, attention_image


@pytest.fixture(scope="module")
def events(trained_run):
    accumulator = EventAccumulator(str(trained_run / "tensorboard"), {"tensors": 0})
    return accumulator.Reload()


def test_every_run_logs_what_its_metrics_file_holds(events, trained_run):
    history = RunFolder(trained_run).load_metrics()
    mae = events.Tensors("valid/MAE")
    assert [event.step for event in mae] == [0, 1, 2, 3]
    values = [tf.make_ndarray(event.tensor_proto) for event in mae]
    np.testing.assert_allclose(values, [entry["valid_MAE"] for entry in history], rtol=1e-6)
    assert {"loss", "learning_rate", "valid/Corr"} <= set(events.Tags()["tensors"])


def test_weights_and_attention_are_shown(events):
    tags = set(events.Tags()["tensors"])
    assert {f"weights/{name}" for name in ("text", "audio", "video")} <= tags
    assert "attention/fusion/layer_0/text_from_audio" in tags
    image = events.Tensors("attention/text/layer_0")[0].tensor_proto.string_val
    assert len(image) == 2 + 4  # width, height, four samples
    assert image[2].startswith(b"\x89PNG")


def test_an_image_has_the_heads_side_by_side():
    maps = np.zeros((2, 3, 4, 5), "float32")
    maps[1, 2, 3, 4] = 1
    image = attention_image(maps)
    frame = CELL // 2
    assert image.shape == (2, 4 * CELL, 3 * (5 * CELL + frame), 1) and image.dtype == "uint8"
    assert np.all(image[0][:, :CELL] == 255)
    assert np.all(image[1][-CELL:, -CELL - frame : -frame] == 0)
    assert (image == 0).sum() == CELL**2


def test_a_full_disk_is_not_taken_for_a_full_memory(tmp_path, monkeypatch):
    def fail():
        reason = f"{tmp_path}/events.out.tfevents; No space left on device"
        raise tf.errors.ResourceExhaustedError(None, None, reason)

    log = TensorBoardLog(tmp_path)
    monkeypatch.setattr(log.writer, "flush", fail)
    with pytest.raises(OSError, match=r"No space left on device: .*test_a_full_disk"):
        log.log({"epoch": 0}, types.SimpleNamespace(shares=None), None)
