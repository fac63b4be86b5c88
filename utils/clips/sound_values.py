"""The choice of what measures the sound, as the option `--audio` names it."""

import warnings

import numpy as np

from utils.clips.voice import VOICE_NAMES, voice_values

RATE = 16_000
HOP = 0.01  # seconds


class OwnVoice:
    """The voice values of this repository; see `voice_values`.

    Attributes:
        names: Names of the values.
        files: Files of models; there are none.
        notes: What the user should know, a sentence each.
    """

    names = VOICE_NAMES
    files = ()
    notes = ()

    def __call__(self, samples):
        """Measure a sound.

        Args:
            samples: Mono sound at 16,000 Hz, float32 `(n,)`.

        Returns:
            The time of each row in seconds from the first sample, `(T,)`, and the values, float32
            `(T, D)`.
        """
        values = voice_values(samples)
        return HOP * np.arange(len(values)), values


class OpenSmile:
    """The low-level descriptors of eGeMAPS by openSMILE; otherwise like `OwnVoice`.

    Raises:
        ImportError: If the package is not installed; the message says how to install it.

    Reference:
        Eyben et al., 2016, "The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for Voice
        Research and Affective Computing".
    """

    files = ()
    notes = ("The values of the sound are openSMILE's, whose licence is non-commercial.",)

    def __init__(self):
        try:
            import opensmile  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise ImportError(
                "--audio opensmile needs openSMILE, whose licence allows no commercial use: "
                "https://github.com/audeering/opensmile. Run `pip install opensmile==2.6.0`, or "
                "leave the option out."
            ) from error
        self._smile = opensmile.Smile(
            feature_set=opensmile.FeatureSet.eGeMAPSv02,
            feature_level=opensmile.FeatureLevel.LowLevelDescriptors,
        )
        self.names = tuple(self._smile.feature_names)

    def __call__(self, samples):
        """Measure a sound; see `OwnVoice`."""
        if not len(samples):
            return np.zeros(0), np.zeros((0, len(self.names)), "float32")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Segment too short")
            table = self._smile.process_signal(samples, RATE)
        values = np.nan_to_num(table.to_numpy("float32"))
        # A row stands for a window of 20 ms, and the next one begins 10 ms later.
        return HOP * (1 + np.arange(len(values))), values


SOURCES = {"voice": OwnVoice, "opensmile": OpenSmile}
