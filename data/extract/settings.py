"""The options of `data.extract`."""

import dataclasses
from typing import Literal

from utils.clips.settings import ExtractionSettings
from utils.options import PositiveFloat, PositiveInt, SettingsGroup, setting


@dataclasses.dataclass
class WorkSettings(SettingsGroup):
    """Work, which changes no value."""

    processes: PositiveInt = setting(1, "clips at a time, each in a separate process")
    time_limit: PositiveFloat = setting(
        3600.0, "seconds that a clip may take; then it is listed as a failure"
    )
    strategy: Literal["local", "ray"] = setting(
        "local",
        "local: --processes on this machine; ray: --processes on the machines of a Ray cluster, "
        "which have the recordings and the output at the same path",
    )


@dataclasses.dataclass
class ExtractSettings(ExtractionSettings, WorkSettings):
    """All options of an extraction."""

    @property
    def extraction(self):
        """The `ExtractionSettings` alone."""
        fields = dataclasses.fields(ExtractionSettings)
        return ExtractionSettings(**{field.name: getattr(self, field.name) for field in fields})
