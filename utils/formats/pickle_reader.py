"""What the readers of pickles share: the file is loaded once, and holds all splits by name."""

from abc import abstractmethod
from pathlib import Path

from utils.formats.reader import Reader
from utils.untrusted.invalid_data import InvalidData
from utils.untrusted.restricted_pickle import load_pickle
from utils.untrusted.torch_file import load_torch

SUFFIXES = (".pkl", ".pickle", ".p")
HEADERS = tuple(b"\x80" + bytes([protocol]) for protocol in (2, 3, 4, 5))
SPLIT_NAMES = {"train": "train", "valid": "valid", "val": "valid", "dev": "valid", "test": "test"}
# What MISA's pickles have beside the splits: an embedding matrix, and the row of each word in it.
WORD_IDS_KEY = "word2id"
MATRIX_KEY = "pretrained_emb"
TORCH_FILE = "embedding_and_mapping.pt"  # MISA's file of both


def is_pickle(path):
    """Whether the existing `path` is a pickle, or a folder with a pickle of a split."""
    path = Path(path)
    if path.is_dir():
        return any(file.stem in SPLIT_NAMES for file in _pickles(path))
    if not path.is_file():
        return False
    if path.suffix.lower() in SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(2) in HEADERS


def load_content(path):
    """Load a pickle. A folder gives a dict from the names of its split files to their content.

    Raises:
        FileNotFoundError: If the file does not exist.
        PermissionError: If a file may not be read.
        InvalidData: If a file is no pickle of plain data; see `load_pickle`.
    """
    path = Path(path)
    if not path.is_dir():
        return load_pickle(path)
    splits = {file.stem: load_pickle(file) for file in _pickles(path) if file.stem in SPLIT_NAMES}
    return splits | _load_vectors(_vector_files(path))


def _vector_files(folder):
    """Return the files of the embedding matrix and the word ids in a folder of splits."""
    plain = [file for file in _pickles(folder) if file.stem in (WORD_IDS_KEY, MATRIX_KEY)]
    both = folder / TORCH_FILE
    return plain or ([both] if both.exists() else [])


def _load_vectors(files):
    if [file.name for file in files] != [TORCH_FILE]:
        return {file.stem: load_pickle(file) for file in files}
    content = load_torch(files[0])
    if type(content) is not tuple or len(content) != 2:
        raise InvalidData(
            f"{files[0]} must hold a tuple of two values: the embedding matrix (words, D), and the "
            f"dict from words to its rows. Received: a {type(content).__name__}. Write them as "
            f"{MATRIX_KEY}.pkl and {WORD_IDS_KEY}.pkl, or remove the file."
        )
    return dict(zip((MATRIX_KEY, WORD_IDS_KEY), content, strict=True))


def split_sections(content):
    """Return the values of all keys that name a split; without such a key, all values."""
    if type(content) is not dict:
        return []
    named = [value for key, value in content.items() if key in SPLIT_NAMES]
    return named or list(content.values())


def listed_keys(content):
    """Return the first keys of a dict as a text for messages."""
    return ", ".join(repr(key)[:40] for key in list(content)[:12]) or "an empty dict"


class PickleReader(Reader):
    """Reads a dict from `train`, `valid` (or `val`, `dev`) and `test` to the data of each split.

    Other keys, such as `config`, are ignored. The pickle is read once and stays in memory as long
    as the reader. It takes about the size of the file, in addition to the splits.

    Args:
        path: The pickle, or a folder with one pickle for each split, such as `train.pkl`.
        content: The loaded pickle, from `load_content`; `None`: it is loaded when it is needed.
        **options: See `Reader`.

    Attributes:
        section_type: Type of the data of a split.
        section_words: The expected data of a split, in words for messages.
    """

    section_type: type
    section_words: str

    def __init__(self, path, content=None, **options):
        super().__init__(path, **options)
        self._contents = {} if content is None else {self.path: content}

    @classmethod
    def matches(cls, path):
        return is_pickle(path)

    @staticmethod
    @abstractmethod
    def fits(content) -> bool:
        """Whether a loaded pickle looks like this layout, with or without faults."""

    def splits(self):
        return self.in_order(self.split_keys(self.path))

    def files(self, split):
        self.check_split(split)
        file = self._file(self.path, self.split_keys(self.path)[split])
        if not self.path.is_dir():
            return [file]
        return [file, *_vector_files(self.path)]

    def content(self, path):
        """Return the loaded pickle at `path`."""
        if path not in self._contents:
            self._contents[path] = load_content(path)
        return self._contents[path]

    def split_keys(self, path):
        """Return a dict from the names of the splits of a pickle to its own keys.

        Raises:
            InvalidData: If the pickle holds no split, or one twice.
        """
        content = self.content(path)
        if type(content) is not dict:
            raise InvalidData(
                f"{path} must hold a dict of splits. Expected: {self.describe()}. "
                f"Received: {type(content).__name__}. Choose another pickle."
            )
        keys = {}
        for key, value in content.items():
            named = isinstance(key, str) and type(value) is self.section_type
            name = SPLIT_NAMES.get(key, key if named and not self.labels else None)
            if name in keys:
                raise InvalidData(
                    f"{path} must hold each split once. Expected: one of {keys[name]!r} and "
                    f"{key!r}. Received: both. Remove one."
                )
            if name:
                keys[name] = key
        if not keys:
            raise InvalidData(
                f"{path} must hold splits. Expected: train, valid, test. "
                f"Received: {listed_keys(content)}. Rename the keys."
            )
        return keys

    def section(self, path, split):
        """Return the place of a split for messages, and its data.

        Raises:
            FileNotFoundError: If the pickle lacks the split.
            InvalidData: If the data has another type than `section_type`.
        """
        keys = self.split_keys(path)
        if split not in keys:
            raise FileNotFoundError(
                f"{path} must hold the split {split!r}, as {self.path} does. Expected: {split}. "
                f"Received: {', '.join(keys)}. Choose another file of features."
            )
        value = self.content(path)[keys[split]]
        where = f"{self._file(path, keys[split])}, split {split!r}"
        if type(value) is not self.section_type:
            raise InvalidData(
                f"{where}, must be a {self.section_type.__name__}. Expected: {self.section_words}. "
                f"Received: {type(value).__name__}. Choose another pickle."
            )
        return where, value

    @staticmethod
    def _file(path, key):
        """Return the file of a split: the pickle, or its own pickle in a folder."""
        if not path.is_dir():
            return path
        return next((file for file in _pickles(path) if file.stem == key), path)


def _pickles(folder):
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
