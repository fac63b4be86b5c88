"""Options of the devices that a training runs on."""

import dataclasses
from typing import Literal

from utils.options import PositiveInt, SettingsGroup, setting

Strategy = Literal["auto", "cpu", "mirrored", "multiworker", "ray"]


@dataclasses.dataclass
class DeviceSettings(SettingsGroup):
    """Devices and precision."""

    strategy: Strategy = setting(
        "auto",
        "devices: auto, all GPUs if there are several, else the default one; cpu, no GPU; "
        "mirrored, all GPUs; multiworker, the devices of all processes that TF_CONFIG names; ray, "
        "the devices of --workers processes that Ray starts",
    )
    workers: PositiveInt = setting(1, "processes that train together, with --strategy ray")
    mixed_precision: Literal["none", "float16", "bfloat16"] = setting(
        "none", "compute in half precision; the output stays float32"
    )
    jit: Literal["auto", "on", "off"] = setting(
        "auto",
        "compile the training step by XLA, on one device; auto: in long runs without buckets and "
        "half precision",
    )
    deterministic: bool = setting(
        False,
        "force deterministic kernels, which are slower; on a CPU, runs agree without them",
        nargs="?",
        const=True,
    )

    def _own_faults(self):
        if self.workers > 1 and self.strategy != "ray":
            yield (
                f"--workers {self.workers} needs --strategy ray. Received: {self.strategy}. "
                "With multiworker, TF_CONFIG names the workers."
            )
