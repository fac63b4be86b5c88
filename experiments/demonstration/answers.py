"""What the demonstration answers: the page of a scored recording or text."""

import dataclasses
from pathlib import Path

from experiments.demonstration.questions import Answer
from experiments.pages.clip_page import clip_page
from experiments.runs.clip_scoring import ClipScoring
from utils.clips.failure import failure_reason
from utils.clips.media import Clip


@dataclasses.dataclass(frozen=True)
class _TypedText:
    """Stands in the place of a `Clip` for a text without a recording."""

    id: str = "Typed text"
    path: None = None


class Answers:
    """Answers `Question`s with a `ClipScoring`; runs in a process of its own.

    Args:
        scoring: The `ClipScoring`.
        model: The `Path` of the model.
    """

    def __init__(self, scoring, model):
        self._scoring = scoring
        self._model = model

    @classmethod
    def open(cls, path, asr, language, output):
        """Load the model; see `ClipScoring.open`."""
        return cls(ClipScoring.open(path, asr, language, output), Path(path))

    def __call__(self, question):
        """Return the `Answer` to a `Question`; no fault of a clip or a library is raised."""
        try:
            return Answer(page=self._page(question))
        except Exception as error:
            reason = failure_reason(error)
        # The folder of an upload means nothing to whoever has sent it.
        if question.path is not None:
            reason = reason.replace(str(question.path), question.path.name)
        return Answer(failure=reason)

    def _page(self, question):
        if question.path is None:
            clip, score = _TypedText(), self._scoring.score_text(question.text)
        else:
            clip = Clip(question.path.name, question.path, text=question.text)
            score = self._scoring.score(clip)
        return clip_page([(clip, score)], self._scoring.names, self._model, None)
