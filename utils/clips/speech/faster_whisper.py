"""Recognition of many languages by Whisper, run by the optional package faster-whisper."""

import dataclasses
import importlib
from pathlib import Path

from utils.clips.speech.aligner import ENGLISH, Aligner
from utils.clips.speech.heard_word import HeardWord

INSTALL = "Run `pip install faster-whisper==1.2.1`."


class FasterWhisper:
    """Recognises speech by a model of Whisper.

    Whisper's own times are rough: a word also has the pause before it. English words therefore get
    their times by forced alignment; words of other languages keep Whisper's.

    Args:
        model: A folder with a model of CTranslate2, or the name of one, such as `"base"`, which
            the package downloads once.
        language: Language of the speech, such as `"en"`.

    Attributes:
        files: Paths of the model, a tuple of `Path`.
        language: The same language.

    Raises:
        ImportError: If faster-whisper is not installed; the message says how to install it.
        FileNotFoundError: If the model is not there and cannot be downloaded.
        ValueError: If the folder holds no model, or if it does not know the language.

    Reference:
        Radford et al., 2022, "Robust Speech Recognition via Large-Scale Weak Supervision".
    """

    def __init__(self, model, language=ENGLISH):
        try:
            package = importlib.import_module("faster_whisper")
        except ImportError as error:
            raise ImportError(
                "The recogniser faster-whisper needs the package faster-whisper, which is not "
                f"installed. {INSTALL}"
            ) from error
        folder = Path(model) if Path(model).is_dir() else _downloaded(package, model)
        self.files = tuple(sorted(path for path in folder.iterdir() if path.is_file()))
        self.language = language
        try:
            self._model = package.WhisperModel(str(folder), device="cpu", compute_type="int8")
        except (RuntimeError, ValueError) as error:
            raise ValueError(
                "--asr faster-whisper:MODEL expected a folder with a model of CTranslate2. "
                f"Received: {folder}, which cannot be loaded: {error}. Name another folder."
            ) from error
        if language not in self._model.supported_languages:
            raise ValueError(
                f"--language expected a language that {model} knows: "
                f"{', '.join(self._model.supported_languages)}. Received: {language!r}. Choose one "
                "of them, or another model."
            )
        self._aligner = Aligner(language)

    def recognise(self, samples):
        """Return the words of a recording, a list of `HeardWord`; see `make_recogniser`."""
        if not len(samples):
            return []
        segments, _ = self._model.transcribe(
            samples,
            language=self.language,
            # Otherwise unclear speech is tried again at six temperatures, by chance.
            temperature=0,
            word_timestamps=True,
            vad_filter=True,
            condition_on_previous_text=False,
        )
        heard = _whole_words(word for segment in segments for word in segment.words or ())
        spans = self._aligner.align(samples, [one.word for one in heard], heard).spans.tolist()
        return [
            dataclasses.replace(one, start=start, end=end)
            for one, (start, end) in zip(heard, spans, strict=True)
        ]


def _downloaded(package, model):
    try:
        return Path(package.download_model(model))
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            "--asr faster-whisper:MODEL expected a folder, or the name of a model that can be "
            f"downloaded. Received: {model}: {' '.join(str(error).split())} Without a network, "
            "copy the folder of a model to this machine and name it."
        ) from error


def _whole_words(pieces):
    """Return `HeardWord`s: Whisper cuts a word at its marks, as in " well", "-known"."""
    words = []
    for piece in pieces:
        text = piece.word.strip()
        if not text:
            continue
        found = HeardWord(text, float(piece.start), float(piece.end), float(piece.probability))
        if words and piece.word == text and not text[0].isalnum():
            before = words.pop()
            found = HeardWord(
                before.word + text,
                before.start,
                found.end,
                min(before.confidence, found.confidence),
            )
        words.append(found)
    return words
