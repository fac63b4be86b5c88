"""What a model makes of an extracted clip: its prediction, and what contributed to it."""

import dataclasses
from typing import Any

import numpy as np

from experiments.runs.clip_sample import ClipSample
from experiments.tasks.explained_outputs import output_named

# Copies of a sample that are predicted at once.
MOST_BYTES = 64 * 2**20


@dataclasses.dataclass(frozen=True)
class ScoredWord:
    """A spoken word.

    Attributes:
        text: As the transcript spells it.
        start: Its start in seconds of the recording.
        end: Its end.
        contribution: The prediction minus the prediction without this word; `None` if the model
            does not read it.
    """

    text: str
    start: float
    end: float
    contribution: float | None


@dataclasses.dataclass(frozen=True)
class ScoredModality:
    """A modality that the model uses.

    Attributes:
        name: `text`, `audio` or `video`.
        contribution: The prediction minus the prediction without it; `None` if it is absent.
        weight: The share that the model itself gives to it, 0 to 1, or `None`.
        absence: Why it is absent; empty if it is there.
    """

    name: str
    contribution: float | None
    weight: float | None
    absence: str = ""


@dataclasses.dataclass(frozen=True)
class ClipScore:
    """What a model makes of one clip.

    Contributions are by occlusion: the prediction minus the prediction without the part. They are
    in the unit of the output: of a score, or of a probability.

    Attributes:
        found: The `ExtractedClip`.
        target: The `Target` of the labels.
        outputs: Scores or probabilities, float64 `(columns,)`.
        output: Name of the output that the contributions belong to.
        words: The `ScoredWord`s in order.
        modalities: The `ScoredModality`s.
        notes: What the user should know of the recording and of the prediction, a sentence each.
    """

    found: Any
    target: Any
    outputs: np.ndarray
    output: str
    words: list[ScoredWord]
    modalities: list[ScoredModality]
    notes: list[str]

    @property
    def value(self):
        """The explained score or probability."""
        return float(self.outputs[list(self.target.names).index(self.output)])

    def cells(self):
        """Return the prediction as texts and numbers by heading."""
        cells = self.target.prediction_cells(self.outputs[None])
        return {name: values[0] for name, values in cells.items()}


class ClipScorer:
    """Scores clips with a model.

    Args:
        run: A `LoadedRun` or an `OnnxRun` of a model of sequences.
        takes: The `ModelInputs` of its model.
        extraction: How the clips are extracted; see `describe_extraction`.
        output: Name of the class, label or score to explain; `None`: the predicted class, the most
            probable label, or the first score.

    Raises:
        InvalidData: If the model needs features of another extraction.
        ValueError: If there is no such output.

    Example:
        >>> run = open_run("model.onnx")
        >>> scorer = ClipScorer(run, ModelInputs.of(run, "model.onnx"), extraction)
        >>> [(word.text, word.contribution) for word in scorer.score(found).words]
        [('I', 0.01), ('loved', 0.83), ('it', 0.12)]

    Reference:
        Li, Monroe and Jurafsky, 2016, "Understanding Neural Networks through Representation
        Erasure".
    """

    def __init__(self, run, takes, extraction, output=None):
        self._run = run
        self._takes = takes
        self._fed = takes.fed(extraction)
        self._column = None if output is None else output_named(run.target, output)

    def score(self, found):
        """Score an `ExtractedClip`.

        Returns:
            Its `ClipScore`.

        Raises:
            ClipError: If the clip has nothing that the model takes.
        """
        sample = ClipSample(found, self._takes, self._fed)
        counted = np.flatnonzero(sample.counted).tolist() if "text" in sample.present else []
        outputs, weights, lost = self._predict(sample, [*counted, *sample.present])
        column = self._explained(outputs)
        effects = dict(zip([*counted, *sample.present], lost[:, column].tolist(), strict=True))
        words = [
            ScoredWord(text, start, end, effects.get(i))
            for i, (text, (start, end)) in enumerate(
                zip(sample.words, sample.spans.tolist(), strict=True)
            )
        ]
        modalities = [
            ScoredModality(name, effects.get(name), weights.get(name), sample.absent.get(name, ""))
            for name in self._takes.modalities
        ]
        return ClipScore(
            found=found,
            target=self._run.target,
            outputs=outputs,
            output=self._run.target.names[column],
            words=words,
            modalities=modalities,
            notes=[*found.notes, *sample.notes],
        )

    def _predict(self, sample, parts):
        """Predict a sample with and without each of its parts.

        Returns:
            The outputs `(columns,)`; the weights of the modalities, a dict; and the outputs minus
            the outputs without each part, `(parts, columns)`.
        """
        size = max(1, MOST_BYTES // self._bytes(sample))
        lost = []
        predictions: Any = None
        for start in range(0, max(1, len(parts)), size):
            block = parts[start : start + size]
            # The sample itself stands among its copies, so that both are computed in the same way.
            predictions = self._run.predict(sample.without([None, *block]))
            lost.append(predictions.outputs[:1] - predictions.outputs[1 : len(block) + 1])
        shares = predictions.shares
        named = predictions.inputs.parts
        weights = {} if shares is None else dict(zip(named, shares[0].tolist(), strict=True))
        return predictions.outputs[0], weights, np.concatenate(lost)

    def _bytes(self, sample):
        """Return the size of one copy of a sample."""
        arrays = [x for x in sample.without([None]).values() if isinstance(x, np.ndarray)]
        return max(1, sum(x.nbytes for x in arrays))

    def _explained(self, outputs):
        if self._column is not None:
            return self._column
        return int(np.argmax(outputs)) if self._run.target.kind in ("class", "labels") else 0
