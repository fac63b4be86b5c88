"""From a recording or a typed text to its score: the model, and how clips are extracted for it."""

from dataclasses import dataclass
from typing import Any

from experiments.runs.clip_sample import ModelInputs
from experiments.runs.clip_score import ClipScorer
from experiments.runs.opened_run import open_run
from utils.clips.written_text import written_clip


@dataclass(frozen=True)
class ClipScoring:
    """Extracts and scores clips.

    Attributes:
        extractor: The `Extractor`.
        scorer: The `ClipScorer`.
        names: From `text`, `audio` and `video` to the names of their values.
    """

    extractor: Any
    scorer: ClipScorer
    names: dict[str, Any]

    @classmethod
    def open(cls, path, asr=None, language=None, output=None):
        """Load a model, and what extracts clips for it.

        Args:
            path: A run folder or an ONNX file.
            asr: What recognises speech; `None`: as in the extraction of the training.
            language: Language of the speech; `None`: the same.
            output: Name of the class, label or score to explain; `None`: see `ClipScorer`.

        Raises:
            FileNotFoundError: If there is no such model, or it lacks a file.
            ImportError: If a package is not installed; the message says how to install it.
            ValueError: If the model does not fit clips, or a value is wrong.
        """
        # These need the packages of requirements-clips.txt.
        from utils.clips.extraction import Extractor
        from utils.clips.stages import describe_extraction

        run = open_run(path)
        takes = ModelInputs.of(run, path)
        settings = takes.extraction_settings(asr=asr, language=language)
        extraction = describe_extraction(settings)
        scorer = ClipScorer(run, takes, extraction, output)
        return cls(Extractor(settings), scorer, extraction["names"])

    def score(self, clip):
        """Return the `ClipScore` of a `Clip`.

        Raises:
            ClipError: If the clip cannot be used, or has nothing that the model takes.
        """
        return self.scorer.score(self.extractor.extract(clip))

    def score_text(self, text):
        """Return the `ClipScore` of a text without a recording.

        Raises:
            ClipError: If the text has no words, or the model reads none.
        """
        return self.scorer.score(written_clip(text, self.extractor.stages.vectors))
