"""The list of published data sets, with the source of every checksum."""

import re
from dataclasses import dataclass, fields
from pathlib import Path

import yaml

from utils.untrusted.invalid_data import InvalidData

CATALOGUE = Path(__file__).parent / "catalogue.yaml"


@dataclass(frozen=True)
class PublishedFile:
    """A file of a data set.

    Attributes:
        name: Name of the file in the output folder.
        sha256: Published SHA-256 in lower case, or empty.
        sha256_source: Who published the checksum, and where.
        url: Address of the download, or empty. A file with an address has a checksum.
        size: Approximate size as text, for people.
    """

    name: str
    sha256: str = ""
    sha256_source: str = ""
    url: str = ""
    size: str = ""


@dataclass(frozen=True)
class Entry:
    """A data set.

    Attributes:
        name: Name on the command line.
        title: Description in a few words.
        files: The `PublishedFile`s.
        by_hand: Instructions to get the files without a download, or empty.
        then: Instructions for the time after, or empty. In both texts `{output}` stands for the
            output folder and `{file}` for the path of the first file.
    """

    name: str
    title: str
    files: tuple[PublishedFile, ...]
    by_hand: str = ""
    then: str = ""

    @property
    def downloads(self):
        """Whether at least one file has an address."""
        return any(file.url for file in self.files)


def load_catalogue(path=CATALOGUE):
    """Read a catalogue.

    Args:
        path: A YAML file. It maps each name to the fields of an `Entry`; `files` is a list of
            mappings with the fields of a `PublishedFile`.

    Returns:
        A dict from names to `Entry`s.

    Raises:
        FileNotFoundError: If there is no such file.
        InvalidData: If the file is not YAML, or a field is missing, unknown or wrong. The message
            names the file and the entry.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"Missing file {path}. Expected: a catalogue of data sets. Received: no such file. "
            "Check --catalogue."
        ) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidData(
            f"{path} must be a YAML file. Received: {error}. Correct it there."
        ) from error
    if not isinstance(content, dict) or not content:
        raise InvalidData(
            f"{path} must map names to data sets. Received: {type(content).__name__}. "
            f"See {CATALOGUE.name} in data/fetch for the form."
        )
    return {str(name): _entry(f"{path}, {name},", str(name), content[name]) for name in content}


def _entry(where, name, content):
    _check_fields(where, content, {"title", "files", "by_hand", "then"}, {"title", "files"})
    files = content["files"]
    if not isinstance(files, list) or not files:
        raise InvalidData(
            f"{where} must have a list of files. Received: {files!r}. Name at least one."
        )
    files = tuple(_file(f"{where} file {i},", file) for i, file in enumerate(files))
    texts = {key: str(content.get(key, "")).strip() for key in ("by_hand", "then")}
    return Entry(name, str(content["title"]), files, **texts)


def _file(where, content):
    _check_fields(where, content, {field.name for field in fields(PublishedFile)}, {"name"})
    file = PublishedFile(**{key: str(value) for key, value in content.items()})
    rules = {
        "name": (re.fullmatch(r"[\w][\w.-]*", file.name), "be a plain file name"),
        "sha256": (re.fullmatch(r"([0-9a-f]{64})?", file.sha256), "be 64 digits in 0-9a-f"),
        "sha256_source": (
            bool(file.sha256) == bool(file.sha256_source),
            "say where sha256 is published, and be there only with it",
        ),
        "url": (
            not file.url or (re.match("https?://", file.url) and file.sha256),
            "start with http:// or https://, and come with a sha256",
        ),
    }
    for key, (good, must) in rules.items():
        if not good:
            raise InvalidData(
                f"{where} {key} must {must}. Received: {getattr(file, key)!r}. Correct it there."
            )
    return file


def _check_fields(where, content, known, needed):
    keys = set(map(str, content)) if isinstance(content, dict) else set()
    if not needed <= keys <= known:
        received = ", ".join(sorted(keys)) or repr(content)
        raise InvalidData(
            f"{where} must have the fields {', '.join(sorted(needed))}, and none but "
            f"{', '.join(sorted(known))}. Received: {received}. Correct it there."
        )
