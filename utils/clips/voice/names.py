"""Names of the values of a voice."""

from utils.clips.voice import cepstrum, spectrum
from utils.clips.voice.modulation import RATES

PITCH = ("f0", "f0_change", "hnr", "jitter", "shimmer", "h1_h2", "h1_a3")
FREQUENCIES = ("f1", "f2", "f3")
BANDWIDTHS = ("b1", "b2", "b3")
LEVEL = ("level", "relative_level", "loudness", "loudness_change", "zero_crossings")
MODULATION = tuple(f"modulation_{rate}" for rate in RATES)
CEPSTRUM = tuple(f"mfcc_{k + 1}" for k in range(cepstrum.COEFFICIENTS))

# Values that only a voiced frame has; in others they are 0.
VOICED_NAMES = (*PITCH, *FREQUENCIES, *BANDWIDTHS)
# The columns of `voice_values`.
VOICE_NAMES = (
    *("voiced", "periodicity"),
    *VOICED_NAMES,
    *LEVEL,
    *MODULATION,
    *spectrum.NAMES,
    *CEPSTRUM,
    *(f"{name}_change" for name in CEPSTRUM),
    *(f"{name}_bend" for name in CEPSTRUM),
)
