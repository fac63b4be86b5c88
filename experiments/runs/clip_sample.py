"""An extracted clip in the form that a model of sequences takes, with and without its parts."""

import dataclasses
from typing import Any

import numpy as np

from utils.clips.media import ClipError
from utils.clips.settings import ExtractionSettings
from utils.formats.csd import PAUSE
from utils.formats.extraction_file import check_same_extraction

WHAT = {"text": "words", "audio": "voice", "video": "face"}


@dataclasses.dataclass(frozen=True)
class ModelInputs:
    """What a model of sequences takes.

    Attributes:
        modalities: Names of the modalities that it uses.
        widths: From each of them to its feature width.
        lengths: From each of them to its longest sequence, in steps.
        text_steps: The `TextSteps` of a text encoder; `None`: the text has features.
        extraction: How `data.extract` has made the features of the training; `None`: it has not.
    """

    modalities: tuple[str, ...]
    widths: dict[str, int]
    lengths: dict[str, int]
    text_steps: Any
    extraction: dict[str, Any] | None

    @classmethod
    def of(cls, run, path):
        """Return what the model of a run takes.

        Args:
            run: A `LoadedRun` or an `OnnxRun`.
            path: Where it is from, for the message.

        Raises:
            ValueError: If the run's model takes no sequences.
        """
        inputs = getattr(run, "inputs", run)
        if not hasattr(inputs, "modalities"):
            raise ValueError(
                f"{path} must hold a model of sequences of text, audio and video. Received: a "
                "model of a text with a table, whose fields a clip does not have. Name another "
                "model."
            )
        widths, lengths = (run.widths, run.lengths) if inputs is run else inputs.sizes(run.model)
        return cls(inputs.modalities, widths, lengths, inputs.text_steps, inputs.extraction)

    @property
    def features(self):
        """The modalities that are fed as features: without the text of a text encoder."""
        encoded = self.text_steps is not None
        return [name for name in self.modalities if name != "text" or not encoded]

    def extraction_settings(self, **others):
        """Return the `ExtractionSettings` by which clips are extracted for the model.

        They are those of its training. A text encoder of other data needs the words alone.

        Args:
            **others: Settings in place of those of the training; `None`: as there.

        Raises:
            ValueError: If settings do not go together.
        """
        values: dict[str, Any] = {} if self.text_steps is None else {"text": "words"}
        if self.extraction is not None:
            known = {field.name for field in dataclasses.fields(ExtractionSettings)}
            given = self.extraction["settings"]
            values = {name: value for name, value in given.items() if name in known}
        values |= {name: value for name, value in others.items() if value is not None}
        settings = ExtractionSettings(**values)
        settings.check()
        return settings

    def fed(self, extraction):
        """Return the modalities that a clip can give to the model.

        A model with a text encoder reads words of any origin. Without features of its own training
        it predicts from them alone.

        Args:
            extraction: How the clip is extracted; see `describe_extraction`.

        Raises:
            InvalidData: If the model needs features of another extraction.
        """
        if self.text_steps is not None and self.extraction is None:
            return ("text",)
        check_same_extraction(self.extraction, extraction, self.features, "The clips")
        return self.modalities


class ClipSample:
    """A clip as a sample of a model.

    Args:
        found: The `ExtractedClip`.
        takes: The `ModelInputs` of the model.
        fed: The modalities that are fed, of `ModelInputs.fed`.

    Attributes:
        words: The spoken words, as the transcript spells them, a list.
        spans: Start and end of each word in seconds, float64 `(n, 2)`.
        counted: Whether each word is within what the model takes, boolean `(n,)`.
        present: The modalities that the clip has for the model.
        absent: From each other modality of the model to why it is absent.
        notes: What the user should know, a sentence each.

    Raises:
        ClipError: If the clip has nothing that the model takes.
    """

    def __init__(self, found, takes, fed):
        self._found = found
        self._takes = takes
        self.notes = []
        self._rows = np.flatnonzero(found.steps.spoken)
        self.spans = found.steps.spans[self._rows]
        spoken = [found.steps.words[row] for row in self._rows]
        written = found.text.split()
        self.words = written if len(written) == len(spoken) else spoken
        self.counted = np.ones(len(self.words), bool)
        self._arrays = {
            name: self._cut(name, found.arrays[name])
            for name in takes.features
            if name in fed and name in found.arrays
        }
        encoded = takes.text_steps is not None and self.words
        self.present = [
            name for name in fed if name in self._arrays or (name == "text" and encoded)
        ]
        self.absent = {
            name: "none was found" if name in fed else "the model knows other features"
            for name in takes.modalities
            if name not in self.present
        }
        if not self.present:
            needed = " or ".join(WHAT[name] for name in fed)
            raise ClipError(
                f"The clip must have {needed} for this model. Received: none. "
                "Give its --text, or leave it out."
            )
        if takes.text_steps is not None:
            self._count_tokens()

    def without(self, parts):
        """Return copies of the sample, each without a part, as `run.predict` takes them.

        Args:
            parts: The parts: the number of a word, the name of a modality, or `None` for nothing.

        Returns:
            A dict of raw features `(len(parts), T, D)` by modality. With a text encoder, `text` is
            a list of texts. Where all of them are empty, another copy with a word follows, since
            such a model refuses samples without a single text.
        """
        copies: dict[str, Any] = {}
        silent = self._takes.text_steps is not None and not self.words
        parts = [*parts, None] if silent else parts
        for name in self._takes.features:
            x = self._arrays.get(name, np.zeros((1, self._takes.widths[name]), "float32"))
            copies[name] = np.repeat(x[None], len(parts), axis=0)
            for row, part in enumerate(parts):
                if part == name:
                    copies[name][row] = 0
                elif name == "text" and isinstance(part, int):
                    copies[name][row, self._rows[part]] = 0
        if self._takes.text_steps is None:
            return copies
        # A model with a text encoder does without features that are absent.
        copies = {name: copies[name] for name in self._arrays}
        return copies | self._texts(parts, "a" if silent else "")

    def _texts(self, parts, last):
        """Return the texts of copies, and the words of their steps where all modalities have them.

        Args:
            parts: See `without`.
            last: The text of the last copy; empty: its own.
        """
        kept = [self._kept(part) for part in parts]
        written = [" ".join(self.words[i] for i in one) for one in kept]
        texts = {"text": [*written[:-1], last or written[-1]]}
        if self._takes.text_steps.kind == "word" and self._arrays:
            count = len(next(iter(self._arrays.values())))
            texts["step_words"] = [" ".join(self._step_words(one)[:count]) for one in kept]
        return texts

    def _step_words(self, kept):
        words = [PAUSE] * len(self._found.steps.words)
        for i in kept:
            words[self._rows[i]] = self.words[i]
        return words

    def _kept(self, part):
        words = range(len(self.words))
        if part == "text":
            return []
        return [i for i in words if i != part or not isinstance(part, int)]

    def _cut(self, name, x):
        """Return the steps that the model takes."""
        most, found = self._takes.lengths[name], self._found
        if len(x) <= most:
            return x
        in_steps = len(x) == len(found.steps.words)
        if in_steps:
            until = found.steps.spans[most - 1, 1]
        else:
            until = found.start + (found.end - found.start) * most / len(x)
        if name == "text":
            self.counted = self._rows < most
        note = (
            f"The model takes {most} of {len(x)} steps{'' if in_steps else f' of {name}'}: what "
            f"comes after {until:.1f} s does not count."
        )
        self.notes += [note] if note not in self.notes else []
        return x[:most]

    def _count_tokens(self):
        """Note how much of the text a text encoder reads, if it is not all of it."""
        steps = self._takes.text_steps
        if steps.kind == "word":
            unit, count, most = "words", len(self.words), steps.length
        else:
            unit = "tokens"
            count = len(steps.tokenizer.token_ids([" ".join(self.words)])[0])
            most = steps.length if steps.kind == "token" else steps.pieces
        if count > most:
            self.notes.append(f"The text has {count} {unit}, the model reads the first {most}.")
