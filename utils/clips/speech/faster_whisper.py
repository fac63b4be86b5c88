"""Recognition of many languages by Whisper, run by the optional package faster-whisper."""

import importlib
from pathlib import Path

from utils.clips.speech.heard_word import HeardWord

INSTALL = "Run `pip install faster-whisper==1.2.1`."


class FasterWhisper:
    """Recognises speech by a model of Whisper.

    Args:
        model: A folder with a model of CTranslate2, or the name of one, such as `"base"`, which
            the package downloads once.

    Attributes:
        files: Paths of the model, a tuple of `Path`.
        language: `None`: the model finds the language of each recording.

    Raises:
        ImportError: If faster-whisper is not installed; the message says how to install it.
        OSError: If the model is not there and cannot be downloaded.
        ValueError: If there is no model of that name.

    Reference:
        Radford et al., 2022, "Robust Speech Recognition via Large-Scale Weak Supervision".
    """

    language = None

    def __init__(self, model):
        try:
            package = importlib.import_module("faster_whisper")
        except ImportError as error:
            raise ImportError(
                "The recogniser faster-whisper needs the package faster-whisper, which is not "
                f"installed. {INSTALL}"
            ) from error
        folder = Path(model)
        if not folder.is_dir():
            folder = Path(package.download_model(model))
        self.files = tuple(sorted(path for path in folder.iterdir() if path.is_file()))
        self._model = package.WhisperModel(str(folder), device="cpu", compute_type="int8")

    def recognise(self, samples):
        """Return the words of a recording, a list of `HeardWord`; see `make_recogniser`."""
        if not len(samples):
            return []
        segments, _ = self._model.transcribe(
            samples,
            # Otherwise unclear speech is tried again at six temperatures, by chance.
            temperature=0,
            word_timestamps=True,
            vad_filter=True,
            condition_on_previous_text=False,
        )
        return [
            HeardWord(
                word.word.strip(), float(word.start), float(word.end), float(word.probability)
            )
            for segment in segments
            for word in segment.words or ()
            if word.word.strip()
        ]
