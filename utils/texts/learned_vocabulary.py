"""A vocabulary of word pieces that is learned from texts."""

import tensorflow as tf
from keras_hub.tokenizers import compute_word_piece_vocabulary

from utils.texts.tokenizer_files import WORD_PIECE_SPECIALS


def learn_vocabulary(texts, size):
    """Learn BERT's kind of vocabulary (WordPiece), lower case and without accents.

    Args:
        texts: An iterable of texts; it may be read more than once.
        size: Largest number of tokens, including the special tokens.

    Returns:
        The tokens, a list; see `TextTokenizer.from_vocabulary`.

    Example:
        >>> learn_vocabulary(["a dress", "dresses"], 100)[:6]
        ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a']

    Reference:
        Wu et al., 2016, "Google's Neural Machine Translation System".
    """
    data = tf.data.Dataset.from_generator(
        lambda: iter(texts), output_signature=tf.TensorSpec((), "string")
    )
    specials = list(WORD_PIECE_SPECIALS)
    return compute_word_piece_vocabulary(
        data, size, lowercase=True, strip_accents=True, reserved_tokens=specials
    )
