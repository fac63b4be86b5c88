"""When the words of a transcript are spoken."""

from dataclasses import dataclass

import numpy as np

from utils.clips.speech.forced_alignment import ForcedAlignment, acoustic_files, confidence
from utils.clips.speech.locating import Stretch, match_heard, stretches
from utils.clips.speech.pieces import RATE, sound_pieces
from utils.clips.speech.spoken import spoken_words
from utils.clips.speech.spreading import spread_unknown

ENGLISH = "en"
# Seconds of sound that are aligned at once, and that a located stretch may have.
AT_ONCE, LONGEST = 20.0, 60.0


@dataclass(frozen=True)
class Alignment:
    """The times of the words of a transcript.

    Attributes:
        spans: Start and end of each word in seconds from the first sample, float64 `(n, 2)`,
            rising and without overlap. A word of which nothing is spoken, such as a dash, has the
            same start and end.
        confidence: How well the sound fits each word, float64 `(n,)` from 0 to 1; 0 where nothing
            tells its time.
        notes: What the user should know, a sentence each.
    """

    spans: np.ndarray
    confidence: np.ndarray
    notes: tuple[str, ...] = ()


class Aligner:
    """Finds when the words of a transcript are spoken, by forced alignment.

    A transcript of a long recording is first located by the words that a recogniser heard, and
    then aligned in stretches of some seconds: memory and time per minute stay the same for an
    hour. Forced alignment knows English. In another language words have the times of equal words
    that were heard. Words that cannot be aligned are spread over the sound between their
    neighbours, with a note.

    Args:
        language: Language of the speech, `"en"` or another code.

    Attributes:
        files: Paths of the acoustic model and the dictionary, a tuple of `Path`.

    Raises:
        ImportError: If `pocketsphinx` is not installed; the message says how to install it.

    Example:
        >>> alignment = Aligner().align(samples, "set white with p two soon".split())
        >>> alignment.spans[0].tolist()
        [0.54, 0.75]
    """

    def __init__(self, language=ENGLISH):
        self.language = language
        self.files = acoustic_files() if language == ENGLISH else ()

    def align(self, samples, words, heard=()):
        """Align the words of a transcript with a recording.

        Args:
            samples: Mono sound at 16,000 Hz, float `(n,)` in [-1, 1].
            words: The words, texts of any kind.
            heard: What a recogniser heard in `samples`, a list of `HeardWord`. Without it a
                transcript of more than 20 s of sound cannot be located.

        Returns:
            An `Alignment`.
        """
        spoken = [spoken_words(word) for word in words]
        work = _Work(samples, words, spoken, heard)
        if self.language == ENGLISH:
            work.align()
        else:
            work.take_heard(range(len(words)))
        return work.result(self.language)


class _Work:
    """The alignment of one transcript."""

    def __init__(self, samples, words, spoken, heard):
        self.samples, self.words, self.spoken, self.heard = samples, words, spoken, heard
        self.duration = len(samples) / RATE
        self.pieces = sound_pieces(samples)
        self.spans = np.full((len(words), 2), np.nan)
        self.confidence = np.zeros(len(words))
        self.pairs = match_heard(_texts(words), _texts([one.word for one in heard]))

    def align(self):
        """Give words the times of forced alignment; what it cannot align, of the recogniser."""
        if not any(self.spoken) or not len(self.pieces):
            return
        aligner = ForcedAlignment()
        for stretch in self._stretches():
            places = [i for i in range(stretch.first, stretch.last) if self.spoken[i]]
            if places and not self._aligned(aligner, stretch, places):
                self.take_heard(places)

    def _stretches(self):
        start, end = float(self.pieces[0, 0]), float(self.pieces[-1, 1])
        if end - start <= AT_ONCE:
            return [Stretch(0, len(self.words), start, end)]
        if not self.pairs:
            return []
        times = [(one.start, one.end) for one in self.heard]
        return stretches(len(self.words), self.pairs, times, self.duration)

    def _aligned(self, aligner, stretch, places):
        if stretch.end - stretch.start > LONGEST:
            return False
        part = self.samples[round(stretch.start * RATE) : round(stretch.end * RATE)]
        found = aligner.align(part, [one for i in places for one in self.spoken[i]])
        if found is None:
            return False
        rest = iter(found)
        for i in places:
            parts = [next(rest) for _ in self.spoken[i]]
            self.spans[i] = stretch.start + parts[0].start, stretch.start + parts[-1].end
            self.confidence[i] = np.mean([confidence(part.fit) for part in parts])
        return True

    def take_heard(self, places):
        """Give words the times at which the recogniser heard them."""
        found, reached = dict(self.pairs), 0.0
        for i in places:
            if i in found:
                one = self.heard[found[i]]
                start = max(reached, one.start)
                reached = max(start, one.end)
                self.spans[i] = start, reached
                self.confidence[i] = one.confidence

    def result(self, language):
        weights = [sum(map(len, spoken)) for spoken in self.spoken]
        if language != ENGLISH:
            weights = [len(word) for word in self.words]
        lost = int(np.isnan(self.spans[np.array(weights, bool), 0]).sum())
        notes = []
        if language != ENGLISH and self.words:
            notes.append(
                f"Forced alignment knows English alone; the times of words in {language!r} are "
                "the recogniser's."
            )
        if lost:
            notes.append(
                f"{lost} of {len(self.words)} words could not be aligned with the sound; they are "
                "spread evenly over the sound between their neighbours."
            )
        spans = spread_unknown(self.spans, weights, self.pieces, self.duration)
        return Alignment(spans, self.confidence, tuple(notes))


def _texts(words):
    """Return words in one spelling; letters that are not Latin stay as they are."""
    return [" ".join(spoken_words(word)) or word.casefold() for word in words]
