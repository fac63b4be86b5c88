"""The options of commands that score clips."""


def add_scoring_options(parser):
    """Add the options that choose the model, and how clips are extracted for it."""
    parser.add_argument(
        "--model",
        type=str,
        default=None,
        help="run folder of experiments.train, or ONNX file of experiments.export, that was "
        "trained on features of data.extract or has a text encoder; default: the small model of "
        "the repository, for which only the words count",
    )
    parser.add_argument(
        "--of",
        type=str,
        default=None,
        help="class, label or score to explain; default: the predicted class, the most probable "
        "label, or the first score",
    )
    parser.add_argument(
        "--asr",
        type=str,
        default=None,
        help="what recognises speech; default: as in the extraction that the model was trained on",
        suggestions=("moonshine", "faster-whisper:base", "none"),
    )
    parser.add_argument(
        "--language",
        type=str,
        default=None,
        help="language of the speech, such as en; default: as in that extraction",
    )
    parser.add_argument(
        "--time-limit", type=float, default=900.0, help="seconds that a clip may take"
    )


def check_time_limit(seconds):
    """Refuse a limit that cannot be used.

    Raises:
        ValueError: If it is not above 0.
    """
    if not 0 < seconds < 1e6:
        raise ValueError(f"--time-limit must be seconds above 0. Received: {seconds:g}.")
