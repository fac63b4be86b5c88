"""The tokens in `text_bert`, which MMSA's pickles hold beside the texts."""

import numpy as np

# Samples whose text is compared with their tokens, and the share that must agree.
COMPARED, AGREEING = 50, 0.9


def bert_tokens(value, count, tokenizer):
    """Return the token numbers of each sample, without start and end token.

    Args:
        value: Numbers `(N, 3, T)`: token numbers, attention mask and segments.
        count: The number of samples.
        tokenizer: The `TextTokenizer` whose tokens they should be.

    Returns:
        A list of int32 arrays, or a text that says why the tokens are not the tokenizer's.
    """
    value = np.asarray(value)
    if value.dtype.kind not in "fiub" or value.shape[:2] != (count, 3) or value.ndim != 3:
        return f"it must be numbers ({count}, 3, T), and has the shape {value.shape}"
    ids, mask = value[:, 0], value[:, 1] != 0
    if not (np.isfinite(ids).all() and (ids[mask] == np.floor(ids[mask])).all()):
        return "its token numbers are not whole"
    ids = ids.astype("int64")
    used = ids[mask]
    if len(used) and not 0 <= used.min() <= used.max() < tokenizer.size:
        return f"its token numbers reach {used.max()}, but the tokenizer has {tokenizer.size}"
    rows = [one[valid] for one, valid in zip(ids, mask, strict=True)]
    if any(len(row) and row[0] != tokenizer.start for row in rows):
        return f"its texts do not start with the token {tokenizer.start}"
    # A text that was cut may have lost its end token.
    if any(0 < len(row) < value.shape[2] and row[-1] != tokenizer.end for row in rows):
        return f"its texts do not end with the token {tokenizer.end}"
    ended = [row[1:-1] if len(row) and row[-1] == tokenizer.end else row[1:] for row in rows]
    return [row.astype("int32") for row in ended]


def disagreement(tokens, texts, tokenizer):
    """Compare tokens with the texts that are known.

    Args:
        tokens: A list of int32 arrays; they may be the first tokens of a text alone.
        texts: The text of each sample; empty where it is not known.
        tokenizer: The `TextTokenizer`.

    Returns:
        A text that says how many differ; empty if at least nine in ten agree.
    """
    rows = [row for row, text in enumerate(texts) if text.strip()][:COMPARED]
    found = tokenizer.token_ids([texts[row] for row in rows])
    pairs = [(tokens[row], ids) for row, ids in zip(rows, found, strict=True)]
    agree = sum(len(a) <= len(b) and np.array_equal(a, b[: len(a)]) for a, b in pairs)
    if agree >= AGREEING * len(rows):
        return ""
    return f"it differs from the tokens of the texts in {len(rows) - agree} of {len(rows)} samples"
