"""Recognisers of speech behind one interface."""

from utils.clips.speech.faster_whisper import FasterWhisper
from utils.clips.speech.moonshine import Moonshine

WHISPER = "faster-whisper:"


def make_recogniser(name, language="en"):
    """Load a recogniser of speech.

    Every recogniser has `recognise(samples)`, which takes mono sound at 16,000 Hz, float32 `(n,)`
    in [-1, 1], and returns a list of `HeardWord` in order; `files`, the paths of its models, a
    tuple of `Path`; and `language`, the code of its language.

    - `"moonshine"`: English, by a small model inside its package; nothing is downloaded. It tells
      no confidence: a word's is how well the sound fits it in forced alignment.
    - `"faster-whisper:MODEL"`: many languages. `MODEL` is a folder with a model of CTranslate2, or
      a name such as `base`, which is downloaded once. Confidence is Whisper's mean probability of
      the word's tokens. English words get their times by forced alignment.

    Args:
        name: One of them, or `"none"`.
        language: Language of the speech, which `faster-whisper` is told.

    Returns:
        The recogniser; `None` for `"none"`.

    Raises:
        ImportError: If its package is not installed; the message says how to install it.
        OSError: If its model is missing.
        ValueError: If there is no such recogniser, or if it does not know the language.

    Example:
        >>> [one.word for one in make_recogniser("moonshine").recognise(samples)]
        ['Set', 'white', 'with', 'p2', 'soon.']
    """
    if name == "none":
        return None
    if name == "moonshine":
        return Moonshine()
    if name.startswith(WHISPER) and name != WHISPER:
        return FasterWhisper(name.removeprefix(WHISPER), language)
    raise ValueError(
        f"A recogniser must be moonshine, {WHISPER}MODEL or none. Received: {name!r}. Choose one "
        "of them."
    )
