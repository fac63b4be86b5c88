"""Words of a recording: recognised, their times, and their vectors."""

from utils.clips.speech.agreement import agreement
from utils.clips.speech.aligner import Aligner, Alignment
from utils.clips.speech.heard_word import HeardWord
from utils.clips.speech.recogniser import make_recogniser
from utils.clips.speech.word_vectors import WordVectors

__all__ = [
    "Aligner",
    "Alignment",
    "HeardWord",
    "WordVectors",
    "agreement",
    "make_recogniser",
]
