"""The scores of clips as a page: recordings that play, with their words, voice and face."""

import base64
import os
from urllib.parse import quote

from experiments.pages.clip_curves import clip_panels, time_marks
from experiments.pages.page import page_template
from experiments.pages.scored_clip import LEAST, explained, headline, strengths
from experiments.runs.first_model import FIRST_MODEL, ONLY_WORDS
from utils.clips.playable import LONGEST, playable

# Bytes of all recordings in a page, before base64.
PAGE_BYTES = 40_000_000
# Width of a letter, a share of the time axis, on a wide screen and on a phone.
WIDE, NARROW = 0.0065, 0.02


def clip_page(scored, names, model, folder):
    """Return the HTML page of scored clips, which needs no other file and no network.

    A recording that is too large for the page, or longer than ten minutes, is played from its file.

    Args:
        scored: A list of pairs of a `Clip` and its `ClipScore`. A clip without a path is a text.
        names: From `audio` and `video` to the names of their values.
        model: The `Path` of the model.
        folder: The `Path` of the page's folder; `None`: the files do not stay, so that a recording
            which does not fit into the page is not played.
    """
    left, shown = PAGE_BYTES, []
    for clip, score in scored:
        found = clip.path and playable(clip.path, clip.start, clip.end, left)
        left -= len(found.content) if found else 0
        shown.append(_shown(clip, score, names, _player(clip, score.found, found, folder)))
    return page_template("clip.html.j2").render(
        clips=shown,
        meanings=_meanings(panel for one in shown for panel in one["panels"]),
        # Where the repository lies concerns nobody who is shown the page.
        model=FIRST_MODEL.name if model == FIRST_MODEL else model,
        warning=ONLY_WORDS if model == FIRST_MODEL else None,
        target=scored[0][1].target.describe(),
        limit=f"{LONGEST / 60:.0f} minutes or {PAGE_BYTES / 1e6:.0f} MB",
    )


def _shown(clip, score, names, player):
    """Return what the template needs of a clip."""
    found = score.found
    length = max(found.end - found.start, 1e-9)
    largest = max([abs(one.contribution or 0.0) for one in score.modalities], default=0.0) or 1.0
    return {
        "clip": clip,
        "score": score,
        "headline": headline(score),
        "explained": explained(score),
        "outputs": list(zip(score.target.names, score.outputs.tolist(), strict=True)),
        "player": player,
        "words": [
            {
                "word": word,
                "strength": abs(strength),
                "side": _side(strength) if abs(strength) >= LEAST else "",
                "left": (word.start - found.start) / length,
                "width": (word.end - word.start) / length,
                "fits": _fitting((word.end - word.start) / length, len(word.text) + 1),
            }
            for word, strength in zip(score.words, strengths(score), strict=True)
        ],
        "panels": clip_panels(found, names) if clip.path else [],
        "marks": time_marks(found.start, found.end),
        "shares": [
            (
                one,
                abs(one.contribution or 0.0) / largest,
                "more" if (one.contribution or 0) > 0 else "less",
            )
            for one in score.modalities
        ],
        "notes": list(dict.fromkeys(score.notes)),
    }


def _meanings(panels):
    """Return the title of each panel with its meaning, a list without repetitions."""
    return list(dict.fromkeys((panel.title, panel.meaning) for panel in panels))


def _side(contribution):
    """Return the class of style of a contribution."""
    return "more" if contribution > 0 else "less"


def _fitting(width, letters):
    """Return where a word fits into its time: `everywhere`, `wide` or, if nowhere, ""."""
    return "everywhere" if width >= NARROW * letters else "wide" if width >= WIDE * letters else ""


def _player(clip, found, content, folder):
    """Return the address of a recording, its kind, and the time at which the player's is 0.

    Nothing is returned where the recording is not played.
    """
    if content is not None:
        data = base64.b64encode(content.content).decode()
        address = f"data:{content.kind};base64,{data}"
        return {"address": address, "video": content.has_video, "zero": content.zero, "file": ""}
    if clip.path is None or folder is None:
        return None
    relative = os.path.relpath(clip.path, folder)
    return {
        "address": quote(relative),
        "video": len(found.face.times) > 0,
        "zero": 0.0,
        "file": relative,
    }
