"""The index of a folder of extracted clips."""

from pathlib import Path

from utils.untrusted.invalid_data import InvalidData

# Where a clip goes whose split is not given: what is labelled is to be trained on, or divided by
# --shares; the rest is to be predicted.
LABELLED_SPLIT, UNLABELLED_SPLIT = "train", "test"


def check_clips(clips, where, align):
    """Refuse clips that do not go together, before any work.

    Args:
        clips: A list of `Clip`s.
        where: Where they are listed, for messages.
        align: `"words"` or `"none"`; see `ExtractionSettings`.

    Raises:
        InvalidData: Naming the first clip without a label where others have one, or the first text
            without a recording where words need times.
    """
    texts = [clip.id for clip in clips if clip.path is None]
    if texts and align == "words":
        raise InvalidData(
            f"{where} must have a recording for each clip, since --align words needs the times of "
            f"words. Received: {len(texts)} texts alone, {texts[0]!r} first. Give --align none."
        )
    unlabelled = [clip.id for clip in clips if not is_labelled(clip)]
    if unlabelled and len(unlabelled) < len(clips):
        raise InvalidData(
            f"{where} must have a label for each clip, or for none. Received: {len(unlabelled)} of "
            f"{len(clips)} clips without a label, {unlabelled[0]!r} first. Add the labels, or "
            "extract clips without labels into a folder of their own."
        )


def is_labelled(clip):
    """Whether a clip has a label, in any of its columns."""
    return any(clip.label.values())


def split_of(clip):
    """Return the name of a clip's split."""
    return clip.split or (LABELLED_SPLIT if is_labelled(clip) else UNLABELLED_SPLIT)


def index_rows(clips, files, aligned):
    """Return a row of `index.csv` for each finished clip.

    Args:
        clips: A list of `Clip`s.
        files: The `ClipFiles`.
        aligned: Whether the steps of all modalities are words.

    Returns:
        A list of dicts. `text` is the transcript. `step_words` has the word of each step where
        steps are words. `notes` is what the extraction had to say. `video_id` is there if the
        clips have one, or if several are cut from one recording.
    """
    paths = [clip.path for clip in clips if clip.path is not None]
    with_video = len({*paths}) < len(paths) or any(clip.video_id for clip in clips)
    rows = []
    for clip in clips:
        found = files.read(clip.id)
        row = {"id": clip.id, "split": split_of(clip), **clip.label}
        if with_video:
            row["video_id"] = clip.video_id or Path(clip.path or clip.id).stem
        row["text"] = found["text"]
        if aligned:
            row["step_words"] = " ".join(step["word"] for step in found["steps"])
        row["notes"] = " ".join(found["notes"])
        rows.append({**row, **{n: x for n, x in clip.others.items() if n not in row}})
    return rows
