"""The small model of the repository, which scores the words of a clip."""

from pathlib import Path

FIRST_MODEL = Path(__file__).parents[1] / "first_model" / "first_model.onnx"
ONLY_WORDS = (
    "Without --model, the small model of the repository scores the words alone: voice and face do "
    "not count."
)


def default_model():
    """Return the `Path` of the small model.

    Raises:
        FileNotFoundError: If it is missing.
    """
    if not FIRST_MODEL.is_file():
        raise FileNotFoundError(
            f"Without --model, the small model of the repository is used. Expected: {FIRST_MODEL}. "
            "Received: no such file. Check out the repository again, or name an ONNX file or a "
            "run folder with --model."
        )
    return FIRST_MODEL
