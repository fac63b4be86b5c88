"""The roles of the files in a folder of computational sequences, and the videos of each split."""

import json
import re
from pathlib import Path

from utils.formats.split import SPLITS
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.plain_file import plain_file

ROLES_FILE = "sequences.json"
FOLDS_FILE = "folds.json"
MOSI_FOLDS = Path(__file__).parents[2] / "data" / "mosi" / FOLDS_FILE
# Patterns of the file names of each role, over letters and digits only; the preferred one first.
ROLE_NAMES = {
    "text": ("wordvectors", "glove"),
    "words": ("timestampedwords",),
    "audio": ("covarep", "opensmile"),
    "video": ("facet", "openface"),
    "labels": ("opinionlabels", "labelssentiment", "labels(?!emotion)"),
}
OPTIONAL_ROLES = ("words",)


def list_sequences(folder):
    """Return the paths of a folder's `.csd` files, sorted by name."""
    paths = [path for path in Path(folder).iterdir() if path.suffix.lower() == ".csd"]
    return sorted(paths, key=lambda path: path.name.lower())


def find_roles(folder):
    """Find the files of the text, audio, video and labels, and of the words if they exist.

    `sequences.json` maps roles to file names in the folder. Other roles are found by the file
    names, in the order of `ROLE_NAMES`: COVAREP is preferred to openSMILE, and Facet to OpenFace.
    If several names fit equally, the last one in the alphabet is used: Facet_42, not Facet_41.

    Args:
        folder: The folder.

    Returns:
        Dict from role to path.

    Raises:
        FileNotFoundError: If a file is missing.
        InvalidData: If `sequences.json` is wrong.
    """
    roles = _read_roles(folder)
    paths = list_sequences(folder)
    for role, patterns in ROLE_NAMES.items():
        fitting = [path for pattern in reversed(patterns) for path in paths if _fits(pattern, path)]
        if role not in roles and fitting:
            roles[role] = fitting[-1]
        if role not in roles and role not in OPTIONAL_ROLES:
            words = ", ".join(pattern.split("(")[0] for pattern in patterns)
            raise FileNotFoundError(
                f"{folder} has no sequence of the {role}. Expected: a .csd file with one of these "
                f"in its name: {words}; or {ROLES_FILE}, such as "
                f'{{"{role}": "FILE.csd"}}. '
                f"Received: {', '.join(path.name for path in paths[:8]) or 'no .csd file'}."
            )
    return roles


def read_folds(folder, roles):
    """Read the videos of each split from `folds.json`.

    If this file is missing and the `.csd` files are named after MOSI (not MOSEI), the standard
    folds of CMU-MOSI are used.

    Args:
        folder: The folder.
        roles: Dict from role to path, made by `find_roles`.

    Returns:
        The path of the folds file, and a dict from split to a list of video ids.

    Raises:
        FileNotFoundError: If the folds are unknown.
        InvalidData: If `folds.json` is wrong.
    """
    path = Path(folder) / FOLDS_FILE
    names = " ".join(path.name for path in roles.values()).lower()
    if not path.exists() and "mosi" in names and "mosei" not in names:
        path = MOSI_FOLDS
    if not path.exists():
        raise FileNotFoundError(
            f"Missing file {path}. Expected: the video ids of each split, such as "
            '{"train": ["VIDEO"], "valid": [...], "test": [...]}. Received: no such file. '
            "Write it from the standard folds of the data set."
        )
    folds = _read_object(path)
    for split, videos in folds.items():
        _check_fold(path, split, videos)
    owners = {}
    for split, videos in folds.items():
        for video in videos:
            if video in owners:
                raise InvalidData(
                    f"{path} must name each video once. Received: {video!r} in {owners[video]} "
                    f"and in {split}. Remove one of the two."
                )
            owners[video] = split
    return path, folds


def _check_fold(path, split, videos):
    if split not in SPLITS:
        raise InvalidData(
            f"{path} must have the keys {', '.join(SPLITS)}. Received: {split!r}. Rename it."
        )
    if not isinstance(videos, list) or not all(map(_is_id, videos)):
        raise InvalidData(
            f"{path}, {split!r}, must be a list of video ids, printable strings. Received: "
            f"{str(videos)[:80]!a}. Correct the list."
        )


def _is_id(video):
    return isinstance(video, str) and bool(video) and video.isprintable()


def _read_roles(folder):
    path = Path(folder) / ROLES_FILE
    roles = {}
    for role, name in (_read_object(path) if path.exists() else {}).items():
        if role not in ROLE_NAMES:
            raise InvalidData(
                f"{path} must have keys out of {', '.join(ROLE_NAMES)}. Received: {role!r}."
            )
        if not isinstance(name, str) or not re.fullmatch(r"[^/\\\0]+", name) or name == "..":
            raise InvalidData(
                f"{path}, {role!r}, must be the name of a file in this folder. "
                f"Received: {name!r}. Put the file next to {ROLES_FILE}."
            )
        roles[role] = path.parent / name
        if not roles[role].is_file():
            raise FileNotFoundError(
                f"Missing file {roles[role]}. Expected: the sequence of the {role}, as "
                f"{ROLES_FILE} says. Received: no such file. Put it there, or correct "
                f"{ROLES_FILE}."
            )
    return roles


def _read_object(path):
    with plain_file(path, "a JSON object"):
        try:
            content = json.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise InvalidData(
                f"{path} must be a JSON object in UTF-8. Received: {error}. Correct the file."
            ) from error
    if not isinstance(content, dict):
        raise InvalidData(
            f"{path} must be a JSON object. Received: {str(content)[:80]}. Correct the file."
        )
    return content


def _fits(pattern, path):
    return re.search(pattern, re.sub("[^a-z0-9]", "", path.stem.lower()))
