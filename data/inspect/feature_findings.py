"""Findings about the splits' shapes and features."""

from data.inspect.finding import Finding, count_in_splits, many, name_features
from utils.formats import MODALITIES

UNSCALED = 1e3
OUTLIER = 20.0
# In fewer samples, each is more than 5 % of what a model sees.
FEWEST = 20


def find_missing_splits(names):
    """Find missing splits.

    Args:
        names: Names of all existing splits, readable or not.

    Yields:
        `Finding`s.
    """
    if "train" not in names:
        yield Finding(
            "warning", "There is no split train.", "Add it; the other splits allow only testing."
        )
    if "valid" not in names:
        yield Finding(
            "warning",
            "There is no split valid, with which training selects the best weights.",
            "Move some samples of train into it, whole videos if the data names videos.",
        )
    if "test" not in names:
        yield Finding(
            "note",
            "There is no split test.",
            "Results are computed on valid, which also selects the weights: say so in reports, "
            "or cross-validate with --folds.",
        )


def find_few_samples(splits):
    """Find a training split from which nothing can be concluded.

    Args:
        splits: Statistics with the number of `samples`, by name.

    Yields:
        `Finding`s.
    """
    if "train" in splits and splits["train"].samples < FEWEST:
        yield Finding(
            "warning",
            f"train has {many(splits['train'].samples, 'sample')}, fewer than {FEWEST}.",
            "Collect more: results of a model that learnt from so few mean nothing. Such data can "
            "only show that the commands run.",
        )


def find_missing_modalities(missing):
    """Find missing modalities.

    Args:
        missing: Their names.

    Yields:
        `Finding`s.
    """
    if missing:
        others = " ".join(name for name in MODALITIES if name not in missing)
        yield Finding(
            "note",
            f"There is no {' and no '.join(missing)}.",
            f"Train with --modalities {others}.",
        )


def find_shape_faults(splits):
    """Find modalities whose shape differs between splits.

    Args:
        splits: `SplitStatistics` by name.

    Yields:
        `Finding`s.
    """
    for name in _modalities(splits):
        shapes = {
            s: (x.modalities[name].length, x.modalities[name].width) for s, x in splits.items()
        }
        for what, axis, advice in (
            ("padded length", 0, "Pad or cut all splits to one length."),
            ("width", 1, "Extract the features of all splits in the same way."),
        ):
            if len({shape[axis] for shape in shapes.values()}) > 1:
                received = ", ".join(f"{shape[axis]} in {s}" for s, shape in shapes.items())
                yield Finding("error", f"{name}: the {what} differs: {received}.", advice)


def find_feature_faults(splits, names):
    """Find unusual features.

    Args:
        splits: `SplitStatistics` by name.
        names: From modalities to the names of their features, where they are known.

    Yields:
        `Finding`s.
    """
    totals = {s: x.samples for s, x in splits.items()}
    empty = {s: x.empty for s, x in splits.items()}
    if any(empty.values()):
        yield Finding(
            "warning",
            f"Samples without data in any modality: {count_in_splits(empty, totals)}.",
            "Remove them: a model cannot predict anything from them.",
        )
    for name in _modalities(splits):
        one = {s: x.modalities[name] for s, x in splits.items()}
        yield from _absences(name, one, totals)
        yield from _repairs(name, one)
        yield from _constants(name, one, names.get(name, []))
        yield from _ranges(name, one, names.get(name, []))
    yield from _paddings(splits)
    yield from _gaps(splits)


def _modalities(splits):
    return list(next(iter(splits.values())).modalities)


def _absences(name, one, totals):
    whole = [split for split, m in one.items() if m.absent == totals[split]]
    if whole:
        yield Finding(
            "warning",
            f"{name} is all zero in {', '.join(whole)}.",
            "Check the extraction, or leave the modality out with --modalities.",
        )
    part = {split: m.absent for split, m in one.items() if split not in whole}
    if any(part.values()):
        yield Finding(
            "note",
            f"Samples without {name}: {count_in_splits(part, totals)}.",
            "Models mask it. If it should exist, check the extraction of these samples.",
        )


def _repairs(name, one):
    repaired = {split: m.repaired for split, m in one.items()}
    if any(repaired.values()):
        yield Finding(
            "warning",
            f"{name} has NaN or infinite values, which become 0: {count_in_splits(repaired)}.",
            "Find out where the extraction fails: models use these zeros as values, since only "
            "steps that are zero in all features are masked.",
        )


def _constants(name, one, names):
    (first, statistics), *others = one.items()
    base = set(statistics.constant)
    moving = {split: sorted(base - set(m.constant)) for split, m in others if m.steps.any()}
    still = {split: sorted(set(m.constant) - base) for split, m in others}
    never = sorted(base.difference(*moving.values()))
    if never:
        yield Finding(
            "note",
            f"{name} features that never vary: {name_features(never, names)}.",
            "Nothing needs to be done: they carry no information, and scaling makes them 0.",
        )
    for split, columns in moving.items():
        if columns:
            yield Finding(
                "warning",
                f"{name} features that vary in {split} but not in {first}: "
                f"{name_features(columns, names)}.",
                "Remove them from the files of all splits: a model has not learnt these values, so "
                "its output is arbitrary.",
            )
    for split, columns in still.items():
        if columns:
            yield Finding(
                "note",
                f"{name} features that vary in {first} but not in {split}: "
                f"{name_features(columns, names)}.",
                f"Check that {split} was extracted in the same way as {first}.",
            )


def _ranges(name, one, names):
    largest = max(m.largest for m in one.values())
    if largest > UNSCALED:
        yield Finding(
            "note",
            f"{name} features are unscaled: the largest magnitude is {largest:.3g}.",
            "Nothing needs to be done: training scales them (--normalize standard, the default).",
        )
    first, statistics = next(iter(one.items()))
    far = (statistics.outliers > OUTLIER).nonzero()[0].tolist()
    if far:
        yield Finding(
            "note",
            f"{name} has outliers in {first}, up to {statistics.outliers.max():.0f} standard "
            f"deviations from the mean, in the features {name_features(far, names)}.",
            "Train with --clip-features 5, or with --normalize robust.",
        )


def _paddings(splits):
    sides = {
        (split, name): m.padding
        for split, x in splits.items()
        for name, m in x.modalities.items()
        if m.padding != "none"
    }
    where = {}
    for (split, name), side in sides.items():
        where.setdefault(side, {}).setdefault(name, []).append(split)
    named = "; ".join(
        f"{_side(side)} in " + ", ".join(f"{name} ({', '.join(s)})" for name, s in names.items())
        for side, names in where.items()
    )
    if len(where) > 1:
        yield Finding(
            "warning",
            f"Padding stands {named}.",
            "Pad all on one side: models that use positions or align the modalities need it.",
        )
    elif where and "right" not in where:
        side, names = next(iter(where.items()))
        yield Finding(
            "note",
            f"Padding stands {_side(side)} in {', '.join(names)}.",
            "Models with masks need no change. Check models that read only the first or last step.",
        )


def _gaps(splits):
    gaps = {
        f"{name} of {split}": m.gaps
        for split, x in splits.items()
        for name, m in x.modalities.items()
    }
    if any(gaps.values()):
        yield Finding(
            "note",
            f"Samples with zero steps between others: {count_in_splits(gaps)}.",
            "Such a step is masked like padding. Keep it if it means silence; otherwise check the "
            "extraction.",
        )


def _side(side):
    return "on both sides" if side == "both" else f"on the {side}"
