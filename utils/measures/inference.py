"""Telling the target of a data set from its labels."""

import dataclasses
import json
import math
import re
from pathlib import Path

import numpy as np

from utils.files import write_json
from utils.measures.class_target import ClassTarget, LabelsTarget, class_name
from utils.measures.score_target import TOLERANCE, ScoresTarget, ScoreTarget
from utils.measures.target import as_columns, is_number
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file

TARGETS = {target.kind: target for target in (ScoreTarget, ScoresTarget, ClassTarget, LabelsTarget)}
FILE = "target.json"
REQUEST = re.compile(
    r"(score|scores|class|labels)(?::\s*(-?\d+\.?\d*)\s*,\s*(-?\d+\.?\d*))?\s*", re.ASCII
)
SYNTAX = "score, score:LOW,HIGH, scores, scores:LOW,HIGH, class or labels"
# With fewer samples, no score beyond 1 may be chance.
FEWEST_NARROW = 50
# Whole numbers from 0 to fewer than so many may be classes.
MOST_NUMBERED_CLASSES = 50


@dataclasses.dataclass(frozen=True)
class TargetRequest:
    """What a user says of a target; the labels tell the rest.

    Attributes:
        kind: `"score"`, `"scores"`, `"class"`, `"labels"`, or `None` to find it out.
        low: The lowest score, or `None`.
        high: The highest score, or `None`.
        classes: The classes in their order; empty: those of train, sorted.
    """

    kind: str | None = None
    low: float | None = None
    high: float | None = None
    classes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text, classes=()):
        """Read what `--target` and `--classes` say.

        Raises:
            ValueError: If `text` is no target.
        """
        if text is None:
            return cls("class" if classes else None, classes=tuple(classes))
        match = REQUEST.fullmatch(text)
        low, high = map(float, match.groups()[1:]) if match and match[2] else (None, None)
        wrong = low is not None and high is not None and low >= high
        if match is None or wrong or (match[2] and not match[1].startswith("score")):
            raise ValueError(f"--target must be {SYNTAX}. Received: {text!r}.")
        if classes and match[1] != "class":
            raise ValueError(f"--classes needs --target class. Received: --target {text}.")
        return cls(match[1], low, high, tuple(classes))


def infer_target(where, train, request=None, names=()):
    """Tell the target of a data set.

    One column of numbers is a score. Its range is [-3, 3] where there are negative ones; [-1, 1]
    where there are 50 or more, none is beyond, and they are no whole numbers; otherwise it goes
    from the lowest to the highest whole number around them. Texts are classes. Several columns are
    classes where each row has a single 1, true-or-false labels where there are only 0 and 1, and
    otherwise scores. Whole numbers from 0 on, and -1 and 1, may be scores or classes: there the
    user must say which.

    Args:
        where: The file and key of the labels, for messages.
        train: The labels of the training split as a file holds them: numbers or a list of texts.
        request: A `TargetRequest`, or `None`.
        names: Names of several columns; empty: their numbers from 0.

    Returns:
        A `Target`.

    Raises:
        InvalidData: If two readings are possible, or the labels do not fit the request.
    """
    request = request or TargetRequest()
    y = as_columns(where, train)
    if isinstance(y, list):
        return _text_classes(where, y, request)
    kind, found = (request.kind, "--target") if request.kind else _kind(where, y, np.ndim(train))
    if kind == "class":
        return _classes(y, request, found, names)
    if kind == "labels":
        return LabelsTarget(_numbered(y, names), found)
    low, high, found = _range(y, request, found)
    if kind == "scores":
        return ScoresTarget(_numbered(y, names), found, low, high)
    return ScoreTarget(("score",), found, low, high)


def target_from_json(values):
    """Build the target that `Target.to_json` has described.

    Raises:
        InvalidData: Naming the entry that is wrong.
    """
    values = dict(values) if isinstance(values, dict) else {}
    kind = values.pop("kind", None)
    if kind not in TARGETS:
        raise InvalidData(
            f"A target must have a `kind`, one of {', '.join(TARGETS)}. Received: {kind!r}."
        )
    known = {field.name for field in dataclasses.fields(TARGETS[kind])} - {"found", "stated"}
    unknown = sorted(set(values) - known)
    lists = [values[name] for name in ("names", "values") if name in values]
    numbers = [values[name] for name in ("low", "high") if name in values]
    if (
        unknown
        or not all(
            isinstance(one, list) and one and all(isinstance(name, str) for name in one)
            for one in lists
            if one != []
        )
        or not all(type(one) in (int, float) and math.isfinite(one) for one in numbers)
    ):
        raise InvalidData(
            f"A target of the kind {kind} has {', '.join(sorted(known))}: names and values are "
            f"lists of texts, low and high are numbers. Received: {values!r}."
        )
    lists = {name: tuple(values[name]) for name in ("names", "values") if name in values}
    return TARGETS[kind](**{**values, **lists})


def read_target(folder):
    """Return the target that `target.json` in a data folder tells, or `None` without the file.

    Raises:
        InvalidData: If the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    with plain_file(path, "a JSON object that tells the target"):
        content = path.read_text(encoding="utf-8-sig")
    try:
        target = target_from_json(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise InvalidData(f"{path} must tell the target. {error} Correct the file.") from error
    stated = {"stated": True} if isinstance(target, ClassTarget) else {}
    return dataclasses.replace(target, found=FILE, **stated)


def write_target(folder, target):
    """Write `target.json`, which `read_target` reads, into a data folder."""
    write_json(Path(folder) / FILE, target.to_json())


def _kind(where, y, rank):
    """Return the kind of labels, and how it was told."""
    if y.shape[1] > 1:
        binary = np.isin(y, (0, 1)).all()
        if binary and rank == 2 and (y.sum(axis=1) == 1).all():
            return "class", "one-hot rows"
        return ("labels", "rows of 0 and 1") if binary else ("scores", "several columns")
    if not np.isfinite(y).all():
        return "score", "one column of numbers"  # Its check names the rows.
    values = np.unique(y)
    whole = len(values) > 1 and (values == np.round(values)).all()
    numbered = whole and np.array_equal(values, np.arange(len(values)))
    if (numbered and len(values) <= MOST_NUMBERED_CLASSES) or (
        whole and set(values.tolist()) <= {-1.0, 0.0, 1.0}
    ):
        seen = ", ".join(f"{value:g}" for value in values[:12])
        raise InvalidData(
            f"{where} may hold a score or classes. Received: the whole numbers {seen}. Say which: "
            f"--target score or --target class, or write target.json beside the data."
        )
    return "score", "one column of numbers"


def _range(y, request, found):
    """Return the range of scores, and how it was told."""
    if request.low is not None:
        return request.low, request.high, found
    y = y[np.isfinite(y)]
    lowest, highest = (float(y.min()), float(y.max())) if len(y) else (0.0, 0.0)
    fractions = (y != np.round(y)).any()
    narrow = max(-lowest, highest) <= 1 + TOLERANCE and len(y) >= FEWEST_NARROW
    if lowest < 0 and fractions and narrow:
        return -1.0, 1.0, f"{found}, none beyond 1"
    if lowest < 0 or highest <= 3 + TOLERANCE:
        return -3.0, 3.0, found
    low, high = math.floor(lowest + TOLERANCE), math.ceil(highest - TOLERANCE)
    return float(low), float(high), f"{found}, from {lowest:g} to {highest:g}"


def _classes(y, request, found, names):
    if y.shape[1] > 1:
        names = request.classes or names
        return ClassTarget(_numbered(y, names), found, stated=bool(request.classes))
    names = request.classes or tuple(class_name(value) for value in np.unique(y))
    return ClassTarget(names, found, names, stated=bool(request.classes))


def _text_classes(where, texts, request):
    if request.kind not in (None, "class"):
        raise InvalidData(
            f"{where} must hold numbers for --target {request.kind}. "
            f"Received: texts, such as {texts[0]!r}. Say --target class, or correct the file."
        )
    wrong = [text for text in texts if not is_number(text)]
    if request.kind is None and len(wrong) < len(texts) / 2:
        raise InvalidData(
            f"{where} must hold numbers. Received: {wrong[0]!r} among {len(texts) - len(wrong)} "
            "numbers. Correct the file, or say --target class if these are classes."
        )
    names = request.classes or tuple(sorted({class_name(text) for text in texts}))
    return ClassTarget(names, "labels that are words", names, stated=bool(request.classes))


def _numbered(y, names):
    return tuple(names) or tuple(str(i) for i in range(y.shape[1]))
