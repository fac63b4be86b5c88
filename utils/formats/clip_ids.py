"""Ids of clips that name their video, such as `03bSnISJMiM$_$11` and `03bSnISJMiM/11`."""

import re

CLIP_ID = re.compile(r"(.+)(?:\$_\$|/).+")
COLUMN = "video_id"


def with_video_ids(columns):
    """Add the column `video_id` to the columns about samples, if all their ids name a video.

    Args:
        columns: Dict from column name to a value for each sample.

    Returns:
        The same columns, or a new dict with one more.
    """
    clips = [CLIP_ID.fullmatch(name) for name in columns.get("id", [])]
    if COLUMN in columns or not clips or not all(clips):
        return columns
    return {**columns, COLUMN: [clip.group(1) for clip in clips if clip]}
