"""The tokenizer of a text encoder: WordPiece, byte-level BPE, or any other in `tokenizer.json`."""

import functools
import hashlib
import json

import numpy as np

from utils.files import write_text
from utils.texts.pieces import Pieces, split_by_words
from utils.texts.tokenizer_files import (
    read_source,
    read_standard,
    word_piece,
)

UNKNOWN = ("[UNK]", "<unk>")
PADDING = ("[PAD]", "<pad>")
# A vocabulary of weights may be that much larger, so that its size suits the hardware.
SPARE_TOKENS, SPARE_SHARE = 128, 0.01


class TextTokenizer:
    """The tokenizer of a text encoder. It needs no TensorFlow.

    Texts that contain the name of a special token, such as `[SEP]`, are cut like any other text.

    Args:
        tokenizer: A `tokenizers.Tokenizer`; it is changed: it no longer cuts or pads texts.

    Attributes:
        size: Number of tokens: one more than the largest token number.
        unknown: Number of the token of what no other token spells, or `None`.
        start: Number of the token before each text, such as `[CLS]` or `<s>`, or `None`.
        end: Number of the token after each text, such as `[SEP]` or `</s>`, or `None`.
        padding: Number of the token that fills batches.

    Raises:
        ValueError: If the tokenizer puts more than one token before or behind a text.

    Example:
        >>> vocabulary = "[PAD] [UNK] [CLS] [SEP] a dress ##es".split()
        >>> tokenizer = TextTokenizer.from_vocabulary(vocabulary)
        >>> [ids.tolist() for ids in tokenizer.token_ids(["A dress", "dresses, "])]
        [[4, 5], [5, 6, 1]]
    """

    def __init__(self, tokenizer):
        padding = (tokenizer.padding or {}).get("pad_id")
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self.size = max(tokenizer.get_vocab().values()) + 1
        named = getattr(tokenizer.model, "unk_token", None)
        self.unknown = self._number_of([named, *UNKNOWN] if named else UNKNOWN)
        self.padding = (self._number_of(PADDING) or 0) if padding is None else padding
        self.start, self.end = self._template()

    @classmethod
    def from_source(cls, source):
        """Load the tokenizer of a pretrained encoder.

        Args:
            source: A folder in the layout of Hugging Face or keras_hub, `package://NAME/FOLDER`
                for a folder of an installed Python package, or a preset of keras_hub. A preset
                needs TensorFlow, a folder does not.

        Returns:
            The `TextTokenizer`.

        Raises:
            ValueError: If the source is not there, or holds no tokenizer.
        """
        return cls(read_source(source))

    @classmethod
    def from_vocabulary(cls, vocabulary, lowercase=True, strip_accents=True):
        """Make BERT's tokenizer (WordPiece).

        Args:
            vocabulary: The tokens; the index of a token is its number.
            lowercase: Whether texts are converted to lower case.
            strip_accents: Whether accents are removed.

        Raises:
            ValueError: If one of `[UNK]`, `[CLS]` and `[SEP]` is missing.
        """
        return cls(word_piece(vocabulary, lowercase, strip_accents))

    @classmethod
    def load(cls, path):
        """Load a file that `save` wrote, or any `tokenizer.json` of Hugging Face.

        Raises:
            FileNotFoundError: If it is missing.
            ValueError: If it is not in the format of the package `tokenizers`.
        """
        return cls(read_standard(path))

    def save(self, path):
        """Write the tokenizer in the format of the package `tokenizers`, in one step."""
        write_text(path, self._content())

    def to_json(self):
        """Return the content of the file that `save` writes: a dict of JSON values."""
        return json.loads(self._tokenizer.to_str())

    @classmethod
    def from_json(cls, values):
        """Return the `TextTokenizer` of a dict that `to_json` made.

        Raises:
            ValueError: If it is not in the format of the package `tokenizers`.
        """
        if "vocabulary" in values:  # as older runs stored it
            return cls.from_vocabulary(**values)
        return cls(read_standard("The stored tokenizer", json.dumps(values)))

    def __reduce__(self):
        return TextTokenizer.from_json, (self.to_json(),)

    @functools.cached_property
    def checksum(self):
        """The SHA-256 of everything that decides how texts are cut, 64 hexadecimal digits."""
        return hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()

    @property
    def file_checksum(self):
        """The SHA-256 of the file that `save` writes, 64 hexadecimal digits."""
        return hashlib.sha256(self._content().encode()).hexdigest()

    def check_fits(self, vocabulary_size):
        """Check that the tokens are those of an encoder's weights, as far as their number tells.

        Args:
            vocabulary_size: Number of rows of the weights' token embedding.

        Raises:
            ValueError: If there are more tokens than rows, or far fewer.
        """
        spare = max(SPARE_TOKENS, SPARE_SHARE * vocabulary_size)
        if not vocabulary_size - spare <= self.size <= vocabulary_size:
            raise ValueError(
                f"The tokenizer must fit the encoder's weights. Expected: {vocabulary_size} "
                f"tokens. Received: {self.size}. Take both from one model."
            )

    def token_of(self, number):
        """Return the token of a number as the vocabulary spells it, such as `##s`."""
        return self._tokenizer.id_to_token(int(number))

    def token_ids(self, texts):
        """Return a list of int32 arrays: each text's token numbers, without start and end token.

        Spaces around a text have no tokens.
        """
        texts = [text.strip() for text in texts]
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [np.asarray(encoding.ids, dtype="int32") for encoding in encodings]

    def word_token_ids(self, words):
        """Cut the words of one text.

        The pieces are those of the words joined by spaces: byte-level BPE cuts a word behind a
        space in another way than without.

        Args:
            words: A list of words; an empty word has no pieces.

        Returns:
            A list of int32 arrays: the token numbers of each word.
        """
        return split_by_words(self._encode, words)

    def pieces(self, text):
        """Return the `Pieces` of a text: tokens, places and the words they belong to."""
        return Pieces.of(text, self._encode)

    def _content(self):
        return self._tokenizer.to_str() + "\n"

    def _encode(self, text):
        return self._tokenizer.encode(text, add_special_tokens=False)

    def _number_of(self, names):
        found = (self._tokenizer.token_to_id(name) for name in names)
        return next((number for number in found if number is not None), None)

    def _template(self):
        """Return the token that the tokenizer puts before a text, and the token behind it."""
        encoding = self._tokenizer.encode("a")
        own = [i for i, special in enumerate(encoding.special_tokens_mask) if not special]
        before, behind = encoding.ids[: own[0]], encoding.ids[own[-1] + 1 :]
        if len(before) > 1 or len(behind) > 1:
            raise ValueError(
                "The tokenizer must put at most one token before and one behind a text. Received: "
                f"{len(before)} and {len(behind)}. Choose another encoder."
            )
        return (*before, None)[0], (*behind, None)[0]
