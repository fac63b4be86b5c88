"""Write generated data in the file, the layout and the shapes of a published corpus."""

import pickle
from pathlib import Path

import numpy as np

from data.synthetic.arguments import check_whole_number
from data.synthetic.corpora import CORPORA, SPLITS
from utils.environment import available_memory
from utils.new_file import check_free, new_folder

MIN_SAMPLES = 20
# Clips of a video, as in CMU-MOSI: 2199 of 93 videos.
CLIPS = 24
# What the features show of the label, against noise of deviation 1.
STRENGTHS = {"text": 0.4, "audio": 0.3, "video": 0.3}
WORLD_SEED = 20_26
WORDS = ("really", "good", "movie", "not", "the", "plot", "acting", "was", "so", "boring")
KEYS = {"text": "text", "audio": "audio", "video": "vision"}
PICKLE_PROTOCOL = 4


def write_like(directory, name, samples=None, seed=0):
    """Write a pickle like that of a published corpus, completely or not at all.

    The label is planted in the features of every modality, so that a model can learn it. Counts,
    lengths and the shares of the labels are those of `CORPORA`; all else is noise.

    Args:
        directory: The folder to make; it must be new or empty.
        name: A name from `CORPORA`.
        samples: Training samples, at least 20; valid and test keep their proportion to them.
            `None`: as many as are published.
        seed: Seed, at least 0.

    Returns:
        The path of the file, and from each split to its samples by group.

    Raises:
        FileExistsError: If `directory` is a file or not empty.
        ValueError: If an argument is wrong, or the data needs more than the available memory.
    """
    directory, corpus = Path(directory), _corpus(name)
    if samples is not None:
        check_whole_number("samples", samples, MIN_SAMPLES, "Ask for more samples.")
    check_whole_number("seed", seed, 0, "Choose any other whole number.")
    check_free(directory)
    sizes = split_sizes(corpus, samples)
    _check_size(name, corpus, sizes)
    counts = {split: divided(size, corpus.counts[split]) for split, size in sizes.items()}
    content = {
        split: _split(np.random.default_rng([seed, i]), split, corpus, counts[split])
        for i, split in enumerate(SPLITS)
    }
    with new_folder(directory) as partial, (partial / corpus.file).open("wb") as file:
        pickle.dump(content, file, PICKLE_PROTOCOL)
    groups = {s: dict(zip(corpus.groups, counts[s].tolist(), strict=True)) for s in SPLITS}
    return directory / corpus.file, groups


def split_sizes(corpus, samples=None):
    """Return the number of samples of each split; `samples` are those of train."""
    published = {split: sum(counts) for split, counts in corpus.counts.items()}
    factor = 1 if samples is None else samples / published["train"]
    return {split: max(round(size * factor), 1) for split, size in published.items()}


def divided(size, counts):
    """Divide samples in the proportion of counts, by largest remainders.

    Args:
        size: Number of samples.
        counts: Published numbers of samples by group.

    Returns:
        Integers by group, which add up to `size`.
    """
    exact = size * np.array(counts) / sum(counts)
    whole = exact.astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: size - whole.sum()]] += 1
    return whole


def _corpus(name):
    if name not in CORPORA:
        raise ValueError(f"`like` must be one of {', '.join(CORPORA)}. Received: {name!r}.")
    return CORPORA[name]


def _check_size(name, corpus, sizes):
    steps = sum(stream.steps * stream.width for stream in corpus.streams.values())
    size, available = sum(sizes.values()) * steps * 8, available_memory()
    if size > available:
        raise ValueError(
            f"All samples of {name} need up to {size / 1e9:.1f} GB. Expected: at most the "
            f"available memory, {available / 1e9:.1f} GB. Ask for fewer `samples`."
        )


def _split(rng, split, corpus, counts):
    count = counts.sum()
    groups = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    if corpus.labels == "score":
        labels = np.array([rng.choice(corpus.values[group]) for group in groups])
        signals = labels[:, None] / max(corpus.values[-1])
    else:
        labels = np.array(corpus.values)[groups]
        signals = np.eye(len(counts))[groups]
    lengths = _lengths(rng, corpus, count)
    features = {KEYS[name]: _features(rng, name, corpus, signals, lengths[name]) for name in KEYS}
    ids = [f"{split}{i // CLIPS:04d}$_${i % CLIPS}" for i in range(count)]
    write = _mmsa_section if corpus.layout == "mmsa" else _mult_section
    return write(rng, corpus, features, lengths, labels, groups, ids)


def _lengths(rng, corpus, count):
    """Draw the valid steps of each modality, `(count,)`; the same ones in aligned data."""
    lengths = {}
    for name, stream in corpus.streams.items():
        if stream.mean:
            shape = (stream.mean / stream.sd) ** 2
            drawn = rng.gamma(shape, stream.mean / shape, count).round().astype(int)
        else:
            drawn = rng.integers(1, stream.steps, count, endpoint=True)
        lengths[name] = drawn.clip(1, stream.steps)
    return dict.fromkeys(lengths, lengths["text"]) if corpus.aligned else lengths


def _features(rng, name, corpus, signals, lengths):
    """Return noise with the signal at each valid step; MulT pads at the left, MMSA at the right."""
    stream = corpus.streams[name]
    world = np.random.default_rng([WORLD_SEED, sorted(KEYS).index(name)])
    directions = world.standard_normal((signals.shape[1], stream.width), "float32")
    steps = np.arange(stream.steps)
    if corpus.layout == "mult":
        steps = steps[::-1]
    x = rng.standard_normal((len(lengths), stream.steps, stream.width), "float32")
    x += (STRENGTHS[name] * signals.astype("float32") @ directions)[:, None]
    x *= (steps < lengths[:, None])[..., None]
    return x.astype("float64") if corpus.layout == "mmsa" and name != "text" else x


def _mmsa_section(rng, corpus, features, lengths, labels, groups, ids):
    text = corpus.streams["text"]
    mask = np.arange(text.steps) < lengths["text"][:, None]
    tokens = rng.integers(1000, 20_000, mask.shape) * mask
    scores = labels.astype("float32")
    section = {
        "raw_text": np.array([" ".join(rng.choice(WORDS, n)) for n in lengths["text"]]),
        **features,
        "id": [one.replace("$_$", "/") for one in ids] if corpus.by_modality else ids,
        "text_bert": np.stack([tokens, mask, np.zeros_like(tokens)], axis=1),
        "annotations": np.array([corpus.groups[group].capitalize() for group in groups]),
        "classification_labels": groups.astype("float32"),
        "regression_labels": scores,
    }
    if not corpus.aligned:
        for name in ("audio", "video"):
            section[f"{KEYS[name]}_lengths"] = lengths[name].tolist()
    if corpus.by_modality:
        for letter in "TAV":
            own = scores + rng.choice([-0.2, 0, 0.2], len(scores))
            section[f"regression_labels_{letter}"] = own.clip(-1, 1).astype("float32")
    return section


def _mult_section(rng, corpus, features, lengths, labels, groups, ids):
    if corpus.labels == "emotions":  # pairs [is not, is], and no ids
        return {**features, "labels": np.stack([1 - labels, labels], axis=2)}
    return {**features, "labels": labels, "id": np.array(ids)[:, None]}
