"""Forced alignment of a short stretch of English speech with its words, by PocketSphinx."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils.clips.speech.letter_to_sound import letter_sounds

FRAMES = 100  # a second
# Without the lattice, whose best path drops words at the end where silence explains noise better.
# The default beams lose the right path at 10 dB signal-to-noise, these below 5 dB.
SEARCH = {
    "bestpath": False,
    "beam": 1e-300,
    "pbeam": 1e-300,
    "wbeam": 1e-300,
    "maxhmmpf": -1,
    # Cepstra are centred on each stretch by itself, not on what was heard before.
    "cmn": "batch",
}
# The search keeps log-likelihoods divided by this.
SCORE_UNIT = 2**10
# `fit` at which a word is as likely right as wrong, and how steep its confidence is there: by
# logistic regression on the words of nine recordings against words of other recordings.
EVEN_FIT, STEEPNESS = -3.0, 1.5
LOWEST_FIT = -20.0


@dataclass(frozen=True)
class AlignedWord:
    """A spoken word and its time.

    Attributes:
        start: Its start in seconds from the first sample.
        end: Its end. A pause behind the word is not part of it.
        fit: Log-likelihood a frame, less the best of the sounds that compete: -0.5 to -3 where the
            word is spoken, -3 to -10 where something else is.
    """

    start: float
    end: float
    fit: float


class ForcedAlignment:
    """Finds when the words of a short stretch of English speech are spoken.

    The acoustic model keeps traces of what it heard before, which move scores a little: take one
    object for each recording, so that results do not depend on the order of recordings.

    Args:
        decoder: Class of the decoder; `None`: PocketSphinx's.

    Raises:
        ImportError: If `pocketsphinx` is not installed; the message says how to install it.

    Reference:
        Huggins-Daines et al., 2006, "PocketSphinx".
    """

    def __init__(self, decoder=None):
        decoder = decoder or import_pocketsphinx().Decoder
        self._decoder = decoder(samprate=16000, loglevel="FATAL", lm=None, **SEARCH)

    def align(self, samples, words):
        """Align words with the sound in which they are spoken.

        A transcript of other words is aligned as well; `fit` is low then.

        Args:
            samples: Mono sound at 16,000 Hz, float `(n,)` in [-1, 1], of seconds rather than
                minutes.
            words: Words as `spoken_words` returns them, at least one.

        Returns:
            A list of an `AlignedWord` for each word, or `None` if no path through the sound was
            found.
        """
        # Each sound takes three frames or more.
        if len(samples) * FRAMES < 16000 * 6 * len(words):
            return None
        decoder = self._decoder
        for word in words:
            _add_word(decoder, word)
        decoder.set_align_text(" ".join(words))
        decoder.start_utt()
        scaled = np.clip(np.asarray(samples) * 32767.0, -32768, 32767)
        decoder.process_raw(scaled.astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        segments = [s for s in decoder.seg() or () if s.word[0] not in "<["]
        if [segment.word.split("(")[0] for segment in segments] != words:
            return None
        return [_aligned_word(segment) for segment in segments]


def confidence(fit):
    """Return how sure it is that a word was spoken, from 0 to 1, from its `fit`."""
    return 1 / (1 + math.exp(-STEEPNESS * (fit - EVEN_FIT)))


def import_pocketsphinx():
    """Return the module `pocketsphinx`.

    Raises:
        ImportError: If it is not installed; the message says how to install it.
    """
    try:
        import pocketsphinx
    except ImportError as error:
        raise ImportError(
            "The times of words need pocketsphinx, which is not installed. "
            "Run `pip install -r requirements-clips.txt`."
        ) from error
    return pocketsphinx


def acoustic_files():
    """Return the paths of the acoustic model and the dictionary, a tuple of `Path`."""
    folder = Path(import_pocketsphinx().get_model_path("en-us"))
    model = sorted(path for path in (folder / "en-us").iterdir() if path.name != "README")
    return (*model, folder / "cmudict-en-us.dict")


def _add_word(decoder, word):
    if decoder.lookup_word(word) is not None:
        return
    owner = decoder.lookup_word(word.removesuffix("'s")) if word.endswith("'s") else None
    if owner is None:
        decoder.add_word(word, letter_sounds(word), True)
        return
    last = owner.split()[-1]
    hissed = last in ("S", "Z", "SH", "ZH", "CH", "JH")
    ending = "AH Z" if hissed else "S" if last in ("P", "T", "K", "F", "TH") else "Z"
    decoder.add_word(word, f"{owner} {ending}", True)


def _aligned_word(segment):
    frames = segment.end_frame + 1 - segment.start_frame
    score = math.log(segment.ascore) if segment.ascore > 0 else -math.inf
    fit = max(SCORE_UNIT * score / frames, LOWEST_FIT)
    return AlignedWord(segment.start_frame / FRAMES, (segment.end_frame + 1) / FRAMES, fit)
