"""Ids of clips that name their video: `VIDEO$_$CLIP`, `VIDEO/CLIP` or `VIDEO[CLIP]`."""

import re

CLIP_ID = re.compile(r"(.+)(?:(?:\$_\$|/)(.+)|\[([^\[\]]+)\])")
COLUMN = "video_id"


def video_and_clip(sample):
    """Return the two parts of an id, or `None` if it has another form."""
    found = CLIP_ID.fullmatch(sample)
    return found and (found[1], found[2] or found[3])


def with_video_ids(columns):
    """Add the column `video_id` to the columns about samples, if all their ids name a video.

    Args:
        columns: Dict from column name to a value for each sample.

    Returns:
        The same columns, or a new dict with one more.
    """
    clips = [video_and_clip(name) for name in columns.get("id", [])]
    if COLUMN in columns or not clips or not all(clips):
        return columns
    return {**columns, COLUMN: [clip[0] for clip in clips if clip]}


def videos_of_samples(columns):
    """Return the video of each sample; `None` if it is not known, or says nothing.

    It says nothing if all samples are of one video, or each is of its own.

    Args:
        columns: Dict from column name to a value for each sample, `id` among them.
    """
    columns = with_video_ids(columns)
    if COLUMN not in columns:
        return None
    # A sample without a video is on its own.
    videos = [one or f"id {name}" for one, name in zip(columns[COLUMN], columns["id"], strict=True)]
    return videos if 1 < len(set(videos)) < len(videos) else None


def column_of_samples(columns, name, option):
    """Return a column about samples; `video_id` may stand in ids `VIDEO$_$CLIP` alone.

    Args:
        columns: Dict from column name to a value for each sample.
        name: Name of the column.
        option: The option that names the column, for the message.

    Raises:
        ValueError: If there is no such column; the message lists them.
    """
    columns = with_video_ids(columns)
    if name not in columns:
        raise ValueError(
            f"{option} must be a column of the data, in sequences of its index_SPLIT.csv: "
            f"{', '.join(columns) or 'it has no index'}. Received: {name}."
        )
    return columns[name]
