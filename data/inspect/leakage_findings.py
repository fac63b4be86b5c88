"""Findings about content that splits share, and about features that contain the labels."""

from data.inspect.finding import Finding, many, name_some
from data.inspect.probe import probed

# Honest audio and video features predict a speaker's opinion far worse than text does.
TELLING = {"text": 0.95, "audio": 0.85, "video": 0.85}
FITTED = 0.85
DROP = 0.15
STANDARD_ERRORS = 3


def find_leaks(overlaps):
    """Find content that should not be in two splits.

    Args:
        overlaps: `Overlap`s.

    Yields:
        `Finding`s.
    """
    for one in overlaps:
        yield from _same_samples(one)
        yield from _hints(one)
    if overlaps and all(one.videos is None for one in overlaps):
        yield Finding(
            "note",
            "The data names no videos, so videos in two splits cannot be found.",
            "Add a column video_id; in an HDF5 folder it belongs into index_SPLIT.csv.",
        )


def find_repetitions(repetitions):
    """Find samples that are twice in one split.

    Args:
        repetitions: The `Repetition` of each split, by name.

    Yields:
        `Finding`s.
    """
    for name, one in repetitions.items():
        if one.samples:
            first, second = one.rows
            other = f", {one.contradictory:,} with another label" if one.contradictory else ""
            yield Finding(
                "warning",
                f"{many(one.samples, 'sample')} of {name} {_repeat(one.samples)} the features of "
                f"an earlier one{other}; for example, row {second} repeats row {first}.",
                "Keep one of each.",
            )


def find_fitted_features(probes, target):
    """Find modalities whose features perhaps come from a network trained on the labels.

    Args:
        probes: `Probe`s.
        target: The `Target` of the labels.

    Yields:
        `Finding`s.
    """
    for one in probes:
        advice = (
            f"Check whether a network trained on these labels made the {one.modality} features, or "
            "whether a feature is the label itself. If so, extract them without labels."
        )
        if one.across is not None and one.within >= FITTED:
            drop = one.within - one.across
            if drop > max(DROP, STANDARD_ERRORS * 0.5 / one.samples**0.5):
                yield Finding(
                    "warning",
                    f"{one.modality} alone predicts {probed(target)} in {one.within:.0%} of "
                    f"held-out training samples, but in {one.across:.0%} of another split.",
                    advice,
                )
                continue
        if one.within >= TELLING[one.modality]:
            yield Finding(
                "warning",
                f"{one.modality} alone predicts {probed(target)} in {one.within:.0%} of "
                "held-out training samples; features made without labels rarely reach that.",
                advice,
            )


def _same_samples(one):
    if one.content:
        first, second = one.rows
        found = "features of a sample" if one.content == 1 else "features of samples"
        yield Finding(
            "error",
            f"{many(one.content, 'sample')} of {one.second} {_has(one.content)} exactly the "
            f"{found} of {one.first}; for example row {second} of {one.second} and row {first} of "
            f"{one.first}.",
            f"Remove them from {one.first}: a model would be tested on its training samples.",
        )
    if one.ids:
        yield Finding(
            "warning",
            f"{one.first} and {one.second} share {many(len(one.ids), 'id')}: {name_some(one.ids)}.",
            f"Remove these samples from {one.first}, or rename them if they are different samples.",
        )
    if one.videos:
        yield Finding(
            "warning",
            f"{one.first} and {one.second} share {many(len(one.videos), 'video')}: "
            f"{name_some(one.videos)}.",
            "Split again by video: a model may recognise the speaker. To choose settings, "
            "cross-validate with --folds 5 --group video_id.",
        )


def _hints(one):
    for name, count in one.modalities.items():
        if count:
            yield Finding(
                "note",
                f"{many(count, 'sample')} of {one.second} {_has(count)} the {name} features of a "
                f"sample of {one.first}, but not its other features.",
                "Nothing needs to be done for short samples; of a long one, check that it is not "
                "the same recording.",
            )
    if one.texts:
        yield Finding(
            "note",
            f"{many(one.texts, 'sample')} of {one.second} {_has(one.texts)} a text that is also in "
            f"{one.first}.",
            "Nothing needs to be done for short texts; a long one is probably the same recording: "
            f"remove it from {one.first}.",
        )


def _has(count):
    return "has" if count == 1 else "have"


def _repeat(count):
    return "repeats" if count == 1 else "repeat"
