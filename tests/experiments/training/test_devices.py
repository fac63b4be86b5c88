import pytest

from experiments.training import devices
from experiments.training.devices import describe_devices


@pytest.fixture
def driver(tmp_path, monkeypatch):
    path = tmp_path / "version"
    monkeypatch.setattr(devices, "DRIVER", path)
    monkeypatch.setattr(devices.tf.config, "list_physical_devices", lambda kind: [])
    return path


def test_a_machine_without_a_gpu_is_named(driver):
    line, advice = describe_devices("auto")
    assert line.startswith("device: CPU, ") and advice is None


def test_a_gpu_that_tensorflow_cannot_use_is_told(driver):
    driver.write_text("NVRM version")
    _, advice = describe_devices("auto")
    assert 'pip install "tensorflow[and-cuda]==2.' in advice
    assert describe_devices("cpu")[1] is None


def test_gpus_are_counted_and_named(driver, monkeypatch):
    monkeypatch.setattr(devices.tf.config, "list_physical_devices", lambda kind: ["a", "b"])
    details = {"device_name": "NVIDIA H100"}
    monkeypatch.setattr(devices.tf.config.experimental, "get_device_details", lambda gpu: details)
    assert describe_devices("mirrored") == ("device: 2 x NVIDIA H100", None)
