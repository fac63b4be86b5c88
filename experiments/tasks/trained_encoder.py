"""The text encoder of an earlier training."""

from pathlib import Path

from experiments.settings.model import KEPT_MODEL
from models import RawFeatureModel, TextEncoderModel, load_model
from utils.untrusted.plain_file import plain_file


def trained_encoder(folder):
    """Return the `TextEncoder` of the model that a run has kept.

    Args:
        folder: A run folder, or any other source of a text encoder.

    Returns:
        The layer; `None` if `folder` is no run folder.

    Raises:
        ValueError: If the model is damaged, or has no text encoder.
    """
    path = Path(folder) / KEPT_MODEL
    if not path.is_file():
        return None
    with plain_file(path, "the Keras model of a run"):
        model = load_model(path, compile=False)
    model = model.model if isinstance(model, RawFeatureModel) else model
    if not isinstance(model, TextEncoderModel):
        raise ValueError(
            "--text-encoder must name a run that was trained with --text-encoder, or another "
            f"source. Received: {folder}, a run of {type(model).__name__} without a text encoder. "
            "Choose another run."
        )
    return model.encoder
