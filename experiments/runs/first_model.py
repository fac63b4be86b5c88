"""The small model of the repository, which scores words."""

from pathlib import Path

FIRST_MODEL = Path(__file__).parents[1] / "first_model" / "first_model.onnx"
ONLY_WORDS = (
    "The small model of the repository, used without --model, scores the words alone: voice and "
    "face do not count."
)
NO_MODEL = (
    "Without a model, the small one of the repository is used: it was trained on 1,293 English "
    "sentences of film reviews, for research. See experiments/first_model/README.md."
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
