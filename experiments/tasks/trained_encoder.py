"""The text encoder of an earlier training."""

from pathlib import Path

from experiments.settings.model import KEPT_MODEL
from models import RawFeatureModel, load_model
from utils.texts.tokenizer_files import STANDARD_FILE
from utils.untrusted.plain_file import plain_file


def check_source(source):
    """Raise a `ValueError` if the source of a text encoder is a run that has none."""
    folder = Path(source)
    kept, tokenizer = ((folder / name).is_file() for name in (KEPT_MODEL, STANDARD_FILE))
    if not kept and (folder / "config.yaml").is_file():
        lack = "a run that keeps no model, such as a cross-validation or an interrupted run"
    elif kept and not tokenizer:
        lack = f"a run without a text encoder, whose {STANDARD_FILE} would be there"
    else:
        return
    raise ValueError(
        "--text-encoder must name a run that was trained with --text-encoder, or another source. "
        f"Received: {source}, {lack}. Choose another run."
    )


def trained_encoder(source):
    """Return the `TextEncoder` of the model that a run has kept.

    Args:
        source: A run folder with a text encoder, or any other source.

    Returns:
        The layer; `None` if `source` is no run folder.

    Raises:
        ValueError: If the model is damaged.
    """
    path = Path(source) / KEPT_MODEL
    if not path.is_file():
        return None
    with plain_file(path, "the Keras model of a run with a text encoder"):
        model = load_model(path, compile=False)
        model = model.model if isinstance(model, RawFeatureModel) else model
        return model.encoder
