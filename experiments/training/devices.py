"""The devices of a training, in words."""

from pathlib import Path

import tensorflow as tf

from utils.environment import describe_machine

DRIVER = Path("/proc/driver/nvidia/version")


def describe_devices(strategy):
    """Return a line that names what trains, and advice on a GPU that is there but idle, or `None`.

    Args:
        strategy: The `--strategy`; `make_distribution` has taken it.
    """
    gpus = [] if strategy == "cpu" else tf.config.list_physical_devices("GPU")
    if gpus:
        names = [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus]
        return f"device: {len(gpus)} x {names[0] or 'GPU'}", None
    line = f"device: CPU, {describe_machine()}"
    if strategy == "cpu" or not DRIVER.exists():
        return line, None
    return line, (
        "This machine has an NVIDIA GPU that TensorFlow cannot use. Install what it needs: "
        f'pip install "tensorflow[and-cuda]=={tf.__version__}". Or say --strategy cpu.'
    )
