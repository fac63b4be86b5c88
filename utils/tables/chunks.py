"""Texts, cut into overlapping chunks."""

import itertools

import numpy as np


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
