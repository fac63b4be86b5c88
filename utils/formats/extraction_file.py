"""`extraction.json`: by what the features of a data folder were extracted."""

from pathlib import Path

from utils.files import read_json
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file

FILE = "extraction.json"
# Raised by each change that gives other values for the same recording.
VERSION = 1
KEYS = {"version": int, "settings": dict, "names": dict, "models": dict}
# The settings that the values of a modality depend on; the shared ones concern all.
SHARED = ("align", "asr", "language")
OWN = {"text": ("text",), "audio": ("audio",), "video": ("face", "face_fps")}


def read_extraction(folder):
    """Read `extraction.json` of a data folder.

    Args:
        folder: The `Path` of a folder or a file.

    Returns:
        A dict: `version`, an integer; `settings`, the `ExtractionSettings`; `names`, from each
        modality to the names of its features; `models`, from `words` and each modality to the
        SHA-256 of each model file. `None` if there is no such file.

    Raises:
        InvalidData: If the file is damaged.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    with plain_file(path, f"what `data.extract` has written, with {', '.join(KEYS)}"):
        return checked_extraction(read_json(path))


def checked_extraction(record):
    """Return what `extraction.json` holds, or `None` for `None`.

    Raises:
        ValueError: If it is something else; the message says what was received.
    """
    if record is None:
        return None
    if not isinstance(record, dict):
        raise ValueError(f"a {type(record).__name__}")
    wrong = [key for key, kind in KEYS.items() if not isinstance(record.get(key), kind)]
    if wrong:
        raise ValueError(f"{wrong[0]} = {record.get(wrong[0])!r:.80}")
    return record


def check_same_extraction(own, found, modalities, where):
    """Refuse features of another extraction than those of a training.

    Args:
        own: The extraction of the training; `None`: its features are of another origin.
        found: The extraction of the data.
        modalities: Names of the modalities whose features are used.
        where: The data, for the message.

    Raises:
        InvalidData: Naming the first difference.
    """
    if not modalities or own == found:
        return
    if own is None or found is None:
        expected, received = _origin(own), _origin(found)
        advice = (
            "Train on features of `python -m data.extract`."
            if own is None
            else f"Extract the recordings with `python -m data.extract`, and keep its {FILE}."
        )
    else:
        difference = _difference(own, found, modalities)
        if difference is None:
            return
        expected, received, advice = difference
    raise InvalidData(
        f"{where} must hold features of the extraction that the model was trained on. "
        f"Expected: {expected}. Received: {received}. {advice}"
    )


def _origin(extraction):
    return f"features that `data.extract` has {'not ' if extraction is None else ''}made"


def _difference(own, found, modalities):
    """Return what was expected, what was received and what to do; `None` without a difference."""
    if own["version"] != found["version"]:
        newer = own["version"] > found["version"]
        return (
            f"version {own['version']} of the extraction",
            f"version {found['version']}",
            "Extract the recordings again." if newer else "Train again on the new features.",
        )
    for name in (*SHARED, *(setting for one in modalities for setting in OWN[one])):
        one, other = own["settings"].get(name), found["settings"].get(name)
        if one != other:
            option = f"--{name.replace('_', '-')}"
            return f"{option} {one}", f"{option} {other}", f"Extract with {option} {one}."
    for part in ("words", *modalities):
        one, other = own["models"].get(part, {}), found["models"].get(part, {})
        for model in sorted({*one, *other}):
            if one.get(model) != other.get(model):
                return (
                    f"the model {model} with SHA-256 {one.get(model)!s:.12}",
                    f"{other.get(model)!s:.12}",
                    "Install the packages of requirements-clips.txt, and extract again.",
                )
    for name in modalities:
        one, other = own["names"].get(name, []), found["names"].get(name, [])
        if one != other:
            return (
                f"the {len(one)} features of {name} that its run names",
                f"{len(other)} others",
                "Extract the recordings again.",
            )
    return None
