"""Small data in the layouts of the pickles of MulT, MultiBench, MISA and MAG-BERT."""

import numpy as np

SIZES = {"train": 6, "valid": 3, "test": 2}
WORDS = ("<unk>", "<pad>", "it", "was", "good", "not")
WIDTHS = {"text": 3, "audio": 2, "video": 4}


def make_mult(labels="score", ids="parts", sizes=SIZES):
    """Return data as MulT (`ids="parts"`) or MultiBench pickle it, padded at the left.

    Args:
        labels: `score` `(N, 1, 1)`, `emotions` `(N, 4, 2)`, or `signs` (-1 and 1) `(N, 1)`.
        ids: `parts`, bytes `(N, 3)`; `mixed`, text and numbers `(N, 3)`; or `numbers` `(N, 1)`.
        sizes: Dict from splits to numbers of samples.
    """
    return {split: _mult_split(split, count, labels, ids) for split, count in sizes.items()}


def _mult_split(split, count, labels, ids):
    rng = np.random.default_rng(count)
    content = {
        key: rng.normal(size=(count, steps, WIDTHS[name]))
        for key, name, steps in (("text", "text", 5), ("audio", "audio", 7), ("vision", "video", 6))
    }
    for i in range(count):
        for x in content.values():
            x[i, : i % 3] = 0
    content["audio"][0, -1, 0] = -np.inf
    content["labels"] = _mult_labels(labels, count)
    content["id"] = _mult_ids(ids, split, count)
    return content


def _mult_labels(kind, count):
    if kind == "score":
        return np.linspace(-2.4, 2.8, count, dtype="f4")[:, None, None]
    if kind == "signs":
        return np.where(np.arange(count) % 2, 1.0, -1.0)[:, None]
    true = np.array([[(i >> k) & 1 for k in range(4)] for i in range(6, 6 + count)])
    return np.stack([1 - true, true], axis=2)


def _mult_ids(kind, split, count):
    if kind == "numbers":
        return np.arange(100, 100 + count)[:, None]
    rows = [(f"{split}_{i // 2}", i + 0.5, i + 1.0) for i in range(count)]
    if kind == "mixed":
        return np.array(rows, object)
    return np.array([[str(part).encode() for part in row] for row in rows])


def make_misa(words="all", vectors=True, sizes=SIZES):
    """Return data as MISA or MAG-BERT pickle it.

    Args:
        words: `ids` and `texts` as in MAG-BERT; `all`, ids and texts, as in MISA.
        vectors: Whether the embedding matrix and `word2id` are there.
        sizes: Dict from splits to numbers of samples.
    """
    rng = np.random.default_rng(0)
    names = {"valid": "dev"}
    content = {
        names.get(split, split): [_misa_sample(rng, split, i, words) for i in range(count)]
        for split, count in sizes.items()
    }
    if vectors:
        content["word2id"] = {word: i for i, word in enumerate(WORDS)}
        content["pretrained_emb"] = rng.normal(size=(len(WORDS), WIDTHS["text"])).astype("f4")
    return content


def _misa_sample(rng, split, i, words):
    ids = rng.integers(2, len(WORDS), 2 + i)
    spoken = [WORDS[number] for number in ids]
    visual, acoustic = (rng.normal(size=(len(ids), WIDTHS[name])) for name in ("video", "audio"))
    label = np.array([[i / 2 - 1.2]], "f4")
    parts = (spoken if words == "texts" else ids, visual, acoustic)
    return ((*parts, spoken) if words == "all" else parts, label, f"{split}{i // 2}[{i}]")
