"""The files of each clip in a data folder."""

import contextlib
import os
from pathlib import Path

import numpy as np

from utils.files import in_one_step, read_json, write_json

DETAILS = "clips"


class ClipFiles:
    """Writes and reads the files of clips.

    `ID.npz` has the features of the clip `ID`. `clips/ID.json` has its words and times, what was
    heard, and notes. It is written last, so that a clip with this file is finished.

    Args:
        folder: The data folder.
    """

    def __init__(self, folder):
        self.folder = Path(folder)

    def features(self, clip_id):
        """Return the `Path` of a clip's features."""
        return self.folder / f"{clip_id}.npz"

    def details(self, clip_id):
        """Return the `Path` of a clip's words and notes."""
        return self.folder / DETAILS / f"{clip_id}.json"

    def write(self, clip, found):
        """Write the files of a clip.

        Args:
            clip: The `Clip`.
            found: Its `ExtractedClip`.

        Raises:
            OSError: If a file cannot be written.
        """
        features, details = self.features(clip.id), self.details(clip.id)
        for path in (features, details):
            path.parent.mkdir(parents=True, exist_ok=True)
        with in_one_step(features) as partial, open(partial, "wb") as file:
            np.savez(file, **found.arrays, **found.absent)
        path = str(clip.path or "")
        write_json(details, {"path": path, "source": source_of(clip), **describe(found)})

    def remove(self, clip_id):
        """Remove the files of a clip that failed."""
        for path in (self.details(clip_id), self.features(clip_id)):
            for one in (path, Path(f"{path}.partial")):
                with contextlib.suppress(OSError):
                    one.unlink()

    def read(self, clip_id):
        """Return what `clips/ID.json` holds; `None` if the clip is not finished."""
        try:
            found = read_json(self.details(clip_id))
        except (OSError, ValueError):
            return None
        whole = isinstance(found, dict) and self.features(clip_id).is_file()
        return found if whole else None

    def is_finished(self, clip):
        """Whether the files of a clip are there, made from this recording, segment and text."""
        found, source = self.read(clip.id), source_of(clip)
        return found is not None and source is not None and found.get("source") == source


def source_of(clip):
    """Return what tells whether a clip has changed since it was extracted, as JSON has it."""
    if clip.path is None:
        return {"text": clip.text}
    with contextlib.suppress(OSError):
        status = os.stat(clip.path)
        return {
            "bytes": status.st_size,
            "modified": status.st_mtime_ns,
            "start": clip.start,
            "end": clip.end,
            "text": clip.text,
        }
    return None


def describe(found):
    """Return what is kept of an `ExtractedClip` beside its features, as JSON has it."""
    confidence = iter(found.confidence.tolist())
    steps = [
        _timed(word, *span, confidence=next(confidence) if spoken else None)
        for word, span, spoken in zip(
            found.steps.words, found.steps.spans.tolist(), found.steps.spoken, strict=True
        )
    ]
    return {
        "text": found.text,
        "start": found.start,
        "end": found.end,
        "steps": steps,
        "heard": [_timed(one.word, one.start, one.end, one.confidence) for one in found.heard],
        "agreement": found.agreement,
        "notes": list(found.notes),
        "seconds": {stage: round(value, 3) for stage, value in found.seconds.items()},
    }


def _timed(word, start, end, confidence):
    sure = None if confidence is None else round(confidence, 3)
    return {"word": word, "start": round(start, 3), "end": round(end, 3), "confidence": sure}
