"""CMU-MOSI as context windows: each utterance with the utterances before it in its video.

The last step of a sample is the scored utterance. Earlier utterances precede it in their order, and
missing ones are zeros at the left. A prediction never sees later utterances. This is a causal form
of the setting in Poria et al., "Context-Dependent Sentiment Analysis in User-Generated Videos",
ACL 2017.
"""

from pathlib import Path

import numpy as np

from data.prepare.mosi_source import read_utterances
from data.prepare.recipe import check_draw, write_description
from utils.environment import file_checksum
from utils.formats.hdf5 import write_split
from utils.formats.split import SPLITS
from utils.formats.table import index_path, write_table
from utils.measures.inference import write_target
from utils.measures.score_target import ScoreTarget
from utils.new_file import check_free, new_folder

DEFAULTS = {"context": 20, "valid_share": 0.1, "seed": 0}
MAX_CONTEXT = 1000
INDEX_COLUMNS = (
    *("row", "id", "video_id", "utt_no", "pos_in_video"),
    *("text", "score", "cls", "start", "end", "n_context"),
)
LEAK_WARNING = (
    "text and video of these files leak labels. They are outputs of networks that were trained on "
    "the labels of the published training videos, which here form train and valid. They predict "
    "these labels almost perfectly, but the labels of other videos far worse, so results on train "
    "and valid mean nothing. The audio does not leak. For meaningful results, replace the text by "
    "embeddings of the transcripts (column text of the index files), and the video by features "
    "that were extracted without labels."
)


def prepare_mosi_context(
    source,
    output,
    context=DEFAULTS["context"],
    valid_share=DEFAULTS["valid_share"],
    seed=DEFAULTS["seed"],
):
    """Write the public utterance-level files as a data folder of context windows.

    The folder contains `text`, `audio`, `video`, `y` and `index` of each split, sorted by
    `video_id` and `utt_no`, and `prepared.json`. NaN and infinite features are kept; readers
    replace and count them.

    Args:
        source: A folder with `utterances.csv`, `text.csv`, `audio.csv`, `video.csv`.
        output: The folder to make; it must be new or empty.
        context: Steps of a sample, from 1 to 1000.
        valid_share: Share of the training videos that become `valid`, in (0, 1), if the source
            names no such split. Whole videos are drawn.
        seed: Seed of the draw, at least 0.

    Returns:
        The content of `prepared.json`, a dict.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If an argument or the content of a file is wrong; the message names it.
        OSError: If `output` is not empty or cannot be written.
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
        write_description(partial, description)
        write_target(partial, ScoreTarget())
    return description


def _check_arguments(context, valid_share, seed):
    if not 1 <= context <= MAX_CONTEXT:
        raise ValueError(
            f"`context` must lie between 1 (no context) and {MAX_CONTEXT}. "
            f"Received: {context}. Choose {DEFAULTS['context']}."
        )
    check_draw(valid_share, seed)


def _split_videos(utterances, valid_share, seed):
    """Return a dict from each split to its row indices, sorted by video and position."""
    split_of = dict(zip(utterances.videos, utterances.columns["split"], strict=True))
    train = sorted(video for video, split in split_of.items() if split == "train")
    if "valid" not in split_of.values():
        if len(train) < 2:
            raise ValueError(
                "The source must hold at least 2 training videos, one of them for validation. "
                f"Received: {len(train)}. Name a valid split in the column split."
            )
        count = min(max(1, round(valid_share * len(train))), len(train) - 1)
        drawn = np.random.default_rng(seed).choice(train, count, replace=False)
        split_of.update((str(video), "valid") for video in drawn)
    order = np.lexsort((utterances.numbers, np.array(utterances.videos)))
    names = np.array([split_of[utterances.videos[row]] for row in order])
    return {name: order[names == name] for name in SPLITS if name in names}


def _positions(utterances, rows):
    """Return integers `(n,)`: the number of utterances before each of the sorted `rows`."""
    positions = np.zeros(len(rows), int)
    for i in range(1, len(rows)):
        if utterances.videos[rows[i]] == utterances.videos[rows[i - 1]]:
            positions[i] = positions[i - 1] + 1
    return positions


def _windows(x, positions, context):
    """Make context windows.

    Args:
        x: Features `(N, D)` of the utterances of whole videos, in order.
        positions: `(N,)`, the number of utterances before each one in its video.
        context: Steps of a window.

    Returns:
        Features `(N, context, D)`, zero where no utterance precedes.
    """
    back = np.arange(context)[::-1]
    inside = back <= positions[:, None]
    places = np.where(inside, np.arange(len(x))[:, None] - back, 0)
    return np.where(inside[..., None], x[places], np.float32(0))


def _index(utterances, rows, positions, context):
    """Return a dict of the index columns of the samples."""
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
