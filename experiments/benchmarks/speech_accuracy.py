"""Measure recognition and alignment of speech: `python -m experiments.benchmarks.speech_accuracy`.

It needs requirements-clips.txt.
"""

import re
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from experiments.benchmarks.results import describe_measurement, write_results
from utils.clips.media import read_sound
from utils.clips.speech import Aligner, WordVectors, agreement, make_recogniser
from utils.clips.speech.matching import edit_distance
from utils.clips.speech.pieces import RATE
from utils.clips.speech.spoken import spoken_words
from utils.command_line import CommandParser, run_command

SUFFIXES = (".wav", ".flac", ".mpg", ".mp4")
# Commands of the GRID corpus (Cooke et al., 2006): the file's name tells the words.
GRID = re.compile(r"(?:.*_)?([blps])([bgrw])([abiw])([a-z])([z1-9])([anps])$")
COMMAND = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    {"z": "zero"},
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
KNOWN = {
    "jfk": "and so my fellow americans ask not what your country can do for you ask what you can "
    "do for your country"
}
GRID_UNITS = 25000  # a second, in `.align` files
PACKAGES = ("numpy", "av", "moonshine-voice", "pocketsphinx", "onnxruntime")
STAGES = ("recogniser", "aligner", "vectors")


def main():
    """Parse the command line, measure, print the tables."""
    options = make_parser().parse_args()
    recordings = find_recordings(Path(options.folder))
    recogniser = make_recogniser(options.asr)
    if recogniser is None:
        raise ValueError("--asr must be a recogniser that hears words. Received: none. Name one.")
    shown = Console(record=True, width=100)
    measure_speech(shown, recordings, recogniser)
    if options.results:
        about = describe_measurement(PACKAGES)
        title = "Recognition and alignment of speech"
        write_results(options.results, title, about, shown.export_text())


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.benchmarks.speech_accuracy",
        "Measure word errors, errors of word times and speed on recordings with transcripts.",
        "python -m experiments.benchmarks.speech_accuracy clips --asr moonshine",
    )
    parser.add_argument(
        "folder", type=str, help="recordings; NAME.txt or GRID's name has the words"
    )
    parser.add_argument("--asr", type=str, default="moonshine", help="the recogniser")
    parser.add_argument("--results", type=str, default=None, help="write RESULTS.md")
    return parser


def find_recordings(folder):
    """Return the recordings of a folder whose words are known.

    Args:
        folder: A `Path`. The words are in `NAME.txt` beside the recording, or in GRID's name.

    Returns:
        A list of pairs: the `Path` and the list of its words.

    Raises:
        ValueError: If there is none.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)
    found = [(path, words) for path in paths if (words := known_words(path))]
    if not found:
        raise ValueError(
            f"{folder} must hold recordings ({', '.join(SUFFIXES)}) with their words in NAME.txt. "
            f"Received: {len(paths)} recordings without. Name another folder."
        )
    return found


def known_words(path):
    """Return the words of a recording as they are spoken; empty if they are not known."""
    command, text = GRID.match(path.stem), path.with_suffix(".txt")
    if text.is_file():
        written = text.read_text(encoding="utf-8").split()
    elif command:
        written = [words.get(x, x) for words, x in zip(COMMAND, command.groups(), strict=True)]
    else:
        written = KNOWN.get(path.stem, "").split()
    return [part for word in written for part in spoken_words(word)]


def measure_speech(console, recordings, recogniser):
    """Print word errors, errors of word times, agreement and speed.

    Args:
        console: A `rich` console.
        recordings: Pairs of a `Path` and its words, as `find_recordings` returns them.
        recogniser: See `make_recogniser`.

    Returns:
        A dict: `word_error_rate`, `boundary_error` in seconds (NaN without `.align` files),
        `cpu_seconds` a minute of sound by stage.
    """
    aligner, vectors = Aligner(), WordVectors()
    table = Table(title="Recognition and alignment of speech")
    for heading in ("recording", "seconds", "words", "errors", "ms", "agrees", "other agrees"):
        table.add_column(heading, justify="left" if heading == "recording" else "right")
    errors, count, boundaries, sound = 0, 0, [], 0.0
    used = dict.fromkeys(STAGES, 0.0)
    for place, (path, words) in enumerate(recordings):
        samples = read_sound(path).samples
        heard = _timed(used, "recogniser", lambda s=samples: recogniser.recognise(s))
        times = _timed(used, "aligner", lambda s=samples, w=words, h=heard: aligner.align(s, w, h))
        _timed(used, "vectors", lambda w=words: vectors(w))
        wrong = edit_distance(words, [part for one in heard for part in spoken_words(one.word)])
        off = boundary_errors(path, times.spans)
        other = recordings[(place + 1) % len(recordings)][1]
        table.add_row(
            path.name,
            f"{len(samples) / RATE:.1f}",
            str(len(words)),
            str(wrong),
            f"{1e3 * np.mean(off):.0f}" if len(off) else "",
            _share(agreement(words, heard)),
            _share(agreement(other, heard)),
        )
        errors, count, sound = errors + wrong, count + len(words), sound + len(samples) / RATE
        boundaries += off
    console.print(table)
    rates = {stage: 60 * seconds / sound for stage, seconds in used.items()}
    speeds = ", ".join(f"{stage} {rate:.1f}" for stage, rate in rates.items())
    console.print(f"Word error rate {errors / count:.1%} of {count} words.")
    if boundaries:
        console.print(
            f"Mean error of the start or end of a word: {1e3 * np.mean(boundaries):.0f} ms, "
            f"{len(boundaries)} of them."
        )
    console.print(f"CPU seconds a minute of sound: {speeds}.")
    mean = float(np.mean(boundaries)) if boundaries else float("nan")
    return {"word_error_rate": errors / count, "boundary_error": mean, "cpu_seconds": rates}


def boundary_errors(path, spans):
    """Return how far starts and ends of words are from those of `NAME.align`, a list of seconds.

    Args:
        path: The recording. The file beside it has a line a word: start and end in 1/25000 s, and
            the word, `sil` for silence. Without it the list is empty.
        spans: Start and end of each word in seconds, `(n, 2)`.
    """
    labels = path.with_suffix(".align")
    if not labels.is_file():
        return []
    lines = [line.split() for line in labels.read_text(encoding="utf-8").splitlines()]
    true = [(float(a) / GRID_UNITS, float(b) / GRID_UNITS) for a, b, word in lines if word != "sil"]
    return np.abs(np.array(true) - spans).ravel().tolist()


def _timed(used, stage, work):
    start = time.process_time()
    result = work()
    used[stage] += time.process_time() - start
    return result


def _share(value):
    return "" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    run_command(main)
