"""Score recordings, and show which words, voice and face did it."""

import dataclasses
from pathlib import Path

from experiments.settings.scoring import add_scoring_options, check_time_limit
from utils.command_line import (
    FULL,
    CommandParser,
    PartlyFailed,
    RunFailed,
    announce,
    console,
    run_command,
)
from utils.untrusted.plain_file import plain_file

EXAMPLE = "python -m experiments.score clip.mp4 --model model.onnx --page clip.html"


def main():
    """Parse the command line, score the clips, print them and write a page."""
    arguments = make_parser().parse_args()
    check_options(arguments)
    # From here on the packages of requirements-clips.txt are needed.
    from experiments.pages.clip_text import score_tables
    from experiments.runs.first_model import ONLY_WORDS, default_model
    from utils.clips.failure import failure_reason
    from utils.clips.media import clip_list

    clips = with_text(clip_list(arguments.clips), arguments.text)
    path = arguments.model or default_model()
    score, names = make_scorer(path, arguments)
    if arguments.model is None:
        console.print(ONLY_WORDS, style="yellow")
    scored, failures = [], {}
    for clip in clips:
        announce(f"Listening to and looking at {clip.id}")
        try:
            found = score(clip)
        except Exception as error:  # a fault of a library must not stop the other clips
            if isinstance(error, OSError) and error.errno in FULL:
                raise
            failures[clip.id] = failure_reason(error)
            told = f"{clip.id}: {failures[clip.id]}"
            console.print(told, style="red", markup=False, highlight=False)
            continue
        scored.append((clip, found))
        for part in score_tables(found):
            console.print(part, markup=False, highlight=False)
    if arguments.page is not None and scored:
        write_page(scored, names, path, arguments)
    tell_failures(failures, len(clips))


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser("experiments.score", (__doc__ or "").strip(), EXAMPLE)
    parser.add_argument(
        "clips",
        type=str,
        nargs="+",
        help="video and audio files, folders, or a CSV table with the column path; see "
        "`python -m data.extract --help`",
    )
    add_scoring_options(parser)
    parser.add_argument(
        "--text",
        type=str,
        default=None,
        help="text file with the transcript of the clip; default: the words are recognised",
    )
    parser.add_argument(
        "--page",
        type=str,
        default=None,
        help="page (.html) to write: the recordings, their words, voice and face over time",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the page if it exists")
    return parser


def check_options(arguments):
    """Refuse values that cannot be used, before any work.

    Raises:
        FileExistsError: If the page exists.
        ValueError: If a value is wrong.
    """
    check_time_limit(arguments.time_limit)
    page = arguments.page
    if page is None:
        return
    if Path(page).suffix != ".html":
        raise ValueError(f"--page must end with .html. Received: {page}. Name another file.")
    if Path(page).exists() and not arguments.overwrite:
        raise FileExistsError(
            f"--page must be a new file. Received: {page}, which exists. Name another file, or "
            "give --overwrite."
        )


def with_text(clips, path):
    """Return the clips, the only one with the transcript of a file, if there is one.

    Raises:
        ValueError: If there are several clips, no such file, or the file is no text.
    """
    if path is None:
        return clips
    if len(clips) != 1:
        raise ValueError(
            f"--text is the transcript of one clip. Received: {len(clips)} clips. Score them one "
            "after the other, or list clips and texts in a CSV table."
        )
    if not Path(path).exists():
        raise ValueError(
            f"--text must be a file with the transcript of the clip. Received: {path!r}, which is "
            "no file. Write the transcript into one. A text without a recording is predicted by "
            "experiments.predict --text."
        )
    with plain_file(Path(path), "the transcript of a clip, in UTF-8"):
        text = " ".join(Path(path).read_text(encoding="utf-8").split())
    if not text:
        raise ValueError(
            f"{path} must hold the transcript. Received: an empty file. Leave --text out to "
            "recognise the words."
        )
    return [dataclasses.replace(clips[0], text=text)]


def make_scorer(path, arguments):
    """Load the model and what extracts clips.

    Args:
        path: The model.
        arguments: Those of the command line.

    Returns:
        A pair: a function from a `Clip` to its `ClipScore`, which raises a `ClipError` if the clip
        cannot be used; and from `text`, `audio` and `video` to the names of their values.
    """
    from experiments.runs.clip_scoring import ClipScoring
    from utils.clips.media import ClipError
    from utils.time_limit import time_limit

    announce("Loading the model, and what recognises speech, voice and face")
    scoring = ClipScoring.open(path, arguments.asr, arguments.language, arguments.of)
    seconds = arguments.time_limit

    def score(clip):
        late = ClipError(
            f"{clip.path} must take at most {seconds:g} seconds. Received: a longer work. Allow "
            "more by --time-limit, or cut it."
        )
        with time_limit(seconds, late):
            return scoring.score(clip)

    return score, scoring.names


def write_page(scored, names, path, arguments):
    """Write the page of scored clips.

    Args:
        scored: A list of pairs of a `Clip` and its `ClipScore`.
        names: From each modality to the names of its values.
        path: The model.
        arguments: Those of the command line.
    """
    from experiments.pages.clip_page import clip_page
    from utils.files import write_text
    from utils.new_file import new_file

    announce(f"Writing {arguments.page}")
    output = Path(arguments.page)
    with new_file(output, arguments.overwrite) as partial:
        write_text(partial, clip_page(scored, names, Path(path), output.parent))
    console.print(f"Page: {output}", markup=False)


def tell_failures(failures, total):
    """End the command with exit code 3 if some clips failed, and with 1 if all did.

    Args:
        failures: From the id of each clip that failed to the reason.
        total: Number of all clips.

    Raises:
        PartlyFailed: If some clips failed.
        RunFailed: If all failed.
    """
    if not failures:
        return
    told = " ".join(f"{name}: {reason}" for name, reason in failures.items())
    if len(failures) == total:
        raise RunFailed(f"no clip could be scored. {told}")
    raise PartlyFailed(
        f"{len(failures)} of {total} clips could not be scored, the others were. {told}"
    )


if __name__ == "__main__":
    run_command(main)
