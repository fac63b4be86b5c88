"""CMU-MOSI as windows of context: an utterance, and those that precede it in its video.

The utterance to be scored stands at the last step, the ones before it in their order, and zeros at
the left where there are none. So a prediction never sees what is said later. The setting is that of
Poria et al., "Context-Dependent Sentiment Analysis in User-Generated Videos", ACL 2017, but causal.
"""

import json
from pathlib import Path

import numpy as np

from data.prepare.mosi_source import read_utterances
from utils.environment import file_checksum
from utils.formats.hdf5 import write_split
from utils.formats.split import SPLITS
from utils.formats.table import index_path, write_table
from utils.new_folder import check_free, new_folder

DEFAULTS = {"context": 20, "valid_share": 0.1, "seed": 0}
MAX_CONTEXT = 1000
DESCRIPTION_FILE = "prepared.json"
INDEX_COLUMNS = (
    *("row", "id", "video_id", "utt_no", "pos_in_video"),
    *("text", "score", "cls", "start", "end", "n_context"),
)
LEAK_WARNING = (
    "text and video of these files leak labels. They are the outputs of networks that were fitted "
    "on the labels of the published training videos, which here form train and valid. So they tell "
    "these labels almost perfectly, and those of other videos far worse: train and valid measure "
    "nothing. The audio does not leak. For results, replace the text by embeddings of the "
    "transcripts (column text of the index files), and the video by features that no label went "
    "into."
)


def prepare_mosi_context(
    source,
    output,
    context=DEFAULTS["context"],
    valid_share=DEFAULTS["valid_share"],
    seed=DEFAULTS["seed"],
):
    """Write the public utterance-level files as a data folder of context windows.

    The folder gets `text`, `audio`, `video`, `y` and `index` of each split, ordered by `video_id`
    and `utt_no`, and `prepared.json`. NaN and infinite features are kept: readers replace and
    count them.

    Args:
        source: A folder with `utterances.csv`, `text.csv`, `audio.csv`, `video.csv`.
        output: The folder to make; it must not exist, or be empty.
        context: Steps of a sample, from 1 to 1000.
        valid_share: Share of the training videos that become `valid`, in (0, 1), if the source
            names no such split. Whole videos are drawn.
        seed: Seed of that draw, at least 0.

    Returns:
        The description that `prepared.json` holds.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If an argument or a file's content is wrong; files are named.
        OSError: If `output` holds something already or cannot be written.
    """
    _check_arguments(context, valid_share, seed)
    check_free(Path(output))
    utterances = read_utterances(source)
    splits = _split_videos(utterances, valid_share, seed)
    description = {
        "recipe": "mosi_context",
        "context": context,
        "valid_share": valid_share,
        "seed": seed,
        "warning": LEAK_WARNING,
        "sha256": {path.name: file_checksum(path) for path in utterances.files},
        "splits": {name: _describe(utterances, rows) for name, rows in splits.items()},
    }
    with new_folder(output) as partial:
        for name, rows in splits.items():
            positions = _positions(utterances, rows)
            sequences = {
                modality: _windows(x[rows], positions, context)
                for modality, x in utterances.features.items()
            }
            write_split(partial, name, sequences, utterances.scores[rows])
            index = _index(utterances, rows, positions, context)
            write_table(index_path(partial, name), index)
        text = json.dumps(description, indent=2) + "\n"
        (partial / DESCRIPTION_FILE).write_text(text, encoding="utf-8")
    return description


def _check_arguments(context, valid_share, seed):
    if not 1 <= context <= MAX_CONTEXT:
        raise ValueError(
            f"`context` must lie between 1, the utterance alone, and {MAX_CONTEXT}. "
            f"Received: {context}. Choose {DEFAULTS['context']}."
        )
    if not 0 < valid_share < 1:
        raise ValueError(
            f"`valid_share` must lie between 0 and 1. Received: {valid_share}. Choose 0.1."
        )
    if seed < 0:
        raise ValueError(
            f"`seed` must be at least 0. Received: {seed}. Any other whole number will do."
        )


def _split_videos(utterances, valid_share, seed):
    """Return from each split to its rows, ordered by video and place in it."""
    split_of = dict(zip(utterances.videos, utterances.columns["split"], strict=True))
    train = sorted(video for video, split in split_of.items() if split == "train")
    if "valid" not in split_of.values():
        if len(train) < 2:
            raise ValueError(
                "The source must hold at least 2 training videos, one of them to validate on. "
                f"Received: {len(train)}. Name a valid split in the column split."
            )
        count = min(max(1, round(valid_share * len(train))), len(train) - 1)
        drawn = np.random.default_rng(seed).choice(train, count, replace=False)
        split_of.update((str(video), "valid") for video in drawn)
    order = np.lexsort((utterances.numbers, np.array(utterances.videos)))
    names = np.array([split_of[utterances.videos[row]] for row in order])
    return {name: order[names == name] for name in SPLITS if name in names}


def _positions(utterances, rows):
    """Return how many utterances precede each of the ordered `rows` in its video."""
    positions = np.zeros(len(rows), int)
    for i in range(1, len(rows)):
        if utterances.videos[rows[i]] == utterances.videos[rows[i - 1]]:
            positions[i] = positions[i - 1] + 1
    return positions


def _windows(x, positions, context):
    """Return windows `(N, context, D)` of features `(N, D)` that stand in order.

    Args:
        x: Features of the utterances of whole videos.
        positions: `(N,)`, how many utterances precede each one in its video.
        context: Steps of a window.
    """
    back = np.arange(context)[::-1]
    inside = back <= positions[:, None]
    places = np.where(inside, np.arange(len(x))[:, None] - back, 0)
    return np.where(inside[..., None], x[places], np.float32(0))


def _index(utterances, rows, positions, context):
    """Return the columns that describe the samples."""
    columns = {name: [values[row] for row in rows] for name, values in utterances.columns.items()}
    columns["row"] = list(range(len(rows)))
    columns["pos_in_video"] = positions.tolist()
    columns["n_context"] = np.minimum(positions, context - 1).tolist()
    return {name: columns[name] for name in INDEX_COLUMNS}


def _describe(utterances, rows):
    return {
        "samples": len(rows),
        "videos": len({utterances.videos[row] for row in rows}),
        "positive": float((utterances.scores[rows] >= 0).mean()),
    }
