"""Recognition of English by Moonshine's tiny model, which its package carries."""

import importlib.util
from pathlib import Path

import numpy as np

from utils.clips.speech.forced_alignment import ForcedAlignment, confidence
from utils.clips.speech.heard_word import HeardWord
from utils.clips.speech.pieces import RATE, sound_pieces
from utils.clips.speech.spoken import spoken_words

PACKAGE = "moonshine_voice"
FOLDER = Path("assets", "tiny-en")
FILES = ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")
INSTALL = "Run `pip install --no-deps moonshine-voice==0.0.73`."
# Its own detection of voice keeps traces of earlier recordings, so that results depend on their
# order. With the threshold 0 it takes the sound as a whole.
OPTIONS = {"vad_threshold": "0.0", "return_audio_data": "false"}
# A piece whose words fit the sound so badly is no speech, but noise or music.
LEAST_CONFIDENCE = 0.15


class Moonshine:
    """Recognises English speech offline. Its model comes with the package, never by a network.

    The recording is cut at its pauses into pieces of at most 15 s, each recognised by itself; so
    memory is bounded, and neither earlier recordings nor their order change a result. Forced
    alignment gives words their times, and tells pieces without speech: Moonshine writes words for
    noise and music too.

    Attributes:
        files: Paths of the model, a tuple of `Path`.
        language: `"en"`.

    Raises:
        ImportError: If a package is not installed; the message says how to install it.
        FileNotFoundError: If the package has no model, as versions from 0.1 on.

    Reference:
        Jeffries et al., 2024, "Moonshine: Speech Recognition for Live Transcription and Voice
        Commands".
    """

    language = "en"

    def __init__(self):
        self.files = model_files()
        from moonshine_voice.moonshine_api import ModelArch
        from moonshine_voice.transcriber import Transcriber

        self._transcriber = Transcriber(self.files[0].parent, ModelArch.TINY, options=OPTIONS)

    def recognise(self, samples):
        """Return the words of a recording, a list of `HeardWord`; see `make_recogniser`."""
        aligner, heard = ForcedAlignment(), []
        for start, end in sound_pieces(samples).tolist():
            piece = np.asarray(samples[round(start * RATE) : round(end * RATE)], "float32")
            lines = self._transcriber.transcribe_without_streaming(piece, RATE).lines
            words = [word for line in lines for word in line.text.split()]
            found = timed_words(aligner, piece, words)
            heard += [
                HeardWord(w.word, start + w.start, start + w.end, w.confidence) for w in found
            ]
        return heard


def timed_words(aligner, piece, words):
    """Give the words of a piece of sound their times and confidence, by forced alignment.

    Args:
        aligner: A `ForcedAlignment`.
        piece: Mono sound at 16,000 Hz, float `(n,)`.
        words: Words that a recogniser heard in it.

    Returns:
        A list of `HeardWord`; empty if the words do not fit the sound, as for noise or music.
        Words of which nothing is spoken are left out.
    """
    spoken = [(word, parts) for word in words if (parts := spoken_words(word))]
    found = (
        aligner.align(piece, [part for _, parts in spoken for part in parts]) if spoken else None
    )
    if found is None:
        return []
    rest, heard = iter(found), []
    for word, parts in spoken:
        aligned = [next(rest) for _ in parts]
        sure = float(np.mean([confidence(part.fit) for part in aligned]))
        heard.append(HeardWord(word, aligned[0].start, aligned[-1].end, sure))
    mean = np.mean([one.confidence for one in heard])
    return heard if mean >= LEAST_CONFIDENCE else []


def model_files():
    """Return the paths of the model in the package, a tuple of `Path`.

    Raises:
        ImportError: If the package is not installed.
        FileNotFoundError: If it has no model.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ImportError(
            f"The recogniser moonshine needs the package {PACKAGE}, which is not installed. "
            f"{INSTALL}"
        )
    folder = Path(found.origin).parent / FOLDER
    files = tuple(folder / name for name in FILES)
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{folder} must hold the model of moonshine, {', '.join(FILES)}. Received: no "
            f"{', '.join(missing)}; later versions of the package download it. {INSTALL}"
        )
    return files
