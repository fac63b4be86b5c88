"""How well the values of a voice tell emotions: acted speech, leaving one speaker out."""

import re
from pathlib import Path

import numpy as np
from rich.table import Table

from experiments.benchmarks.results import describe_measurement, write_results
from experiments.benchmarks.voice_pooling import pooled
from utils.clips.media import read_sound
from utils.clips.voice import VOICE_NAMES, voice_values
from utils.command_line import CommandParser, console, run_command
from utils.progress import progress_bar

EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}
# EmoDB's names, such as 03a01Fa: speaker 03, sentence a01, emotion F, take a.
NAME = re.compile(rf"(?P<speaker>\d\d)[ab]\d\d(?P<emotion>[{''.join(EMOTIONS)}])[a-z]?")
SUFFIXES = (".flac", ".wav")
PACKAGES = ("numpy", "scikit-learn", "av")
EXTREME = 5.0  # standard deviations, at which a pooled value of the speaker left out is cut


def main():
    """Parse the command line, describe the recordings, classify them, print the table."""
    options = make_parser().parse_args()
    paths, speakers, emotions = find_recordings(options.folder)
    rows = []
    with progress_bar("recordings", transient=True) as bar:
        for path in bar.track(paths, description="Voices"):
            rows.append(pooled(voice_values(read_sound(path).samples)))
    rows = np.array(rows)
    predicted = {
        title: leave_one_speaker_out(of_all, speakers, emotions)
        for title, of_all in (
            ("standardised within each speaker", standardised_within(rows, speakers)),
            ("not", rows),
        )
    }
    about = f"{describe_measurement(PACKAGES)} {_description(rows, speakers)}"
    table = _table(predicted, speakers, emotions)
    console.print(about, soft_wrap=True, markup=False, highlight=False)
    console.print(table)
    if options.results:
        with console.capture() as capture:
            console.print(table)
        write_results(options.results, "Emotions told by the voice alone", about, capture.get())


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.benchmarks.voice_emotions",
        "Classify the emotions of the Berlin Database of Emotional Speech (EmoDB) by the values "
        "of the voice alone: pooled over a recording, a linear classifier, one speaker left out.",
        "python -m experiments.benchmarks.voice_emotions emodb/wav",
    )
    parser.add_argument("folder", type=str, help="folder of EmoDB's recordings (.wav or .flac)")
    parser.add_argument("--results", type=str, default=None, help="write RESULTS.md")
    return parser


def find_recordings(folder):
    """Find EmoDB's recordings in a folder.

    Args:
        folder: Path of the folder.

    Returns:
        The paths in the order of their names, and arrays of the speakers' and the emotions' names.

    Raises:
        ValueError: If there is no recording, a name is not EmoDB's, or there is one speaker only.
    """
    paths = sorted(p for p in Path(folder).iterdir() if p.suffix.lower() in SUFFIXES)
    names = [NAME.fullmatch(path.stem) for path in paths]
    wrong = [path.name for path, name in zip(paths, names, strict=True) if not name]
    if wrong:
        raise ValueError(
            f"{folder} must hold recordings with EmoDB's names, such as 03a01Fa.wav. "
            f"Received: {wrong[0]}. Move other recordings elsewhere."
        )
    found = [name for name in names if name]
    speakers = np.array([name["speaker"] for name in found])
    if len(set(speakers)) < 2:
        raise ValueError(
            f"{folder} must hold EmoDB's recordings of at least two speakers. Received: "
            f"{len(paths)} recordings of {len(set(speakers))} speakers. Name the folder of the "
            "unpacked database in which the .wav files are."
        )
    return paths, speakers, np.array([EMOTIONS[name["emotion"]] for name in found])


def standardised_within(rows, speakers):
    """Give each speaker's recordings the mean 0 and the standard deviation 1, value by value.

    Args:
        rows: Pooled values `(recordings, pooled)`.
        speakers: Names `(recordings,)`.

    Returns:
        float64 `(recordings, pooled)`. Labels are not used; all recordings of a speaker are.
    """
    scaled = np.zeros(rows.shape)
    for speaker in set(speakers):
        own = speakers == speaker
        scaled[own] = _scaled(rows[own], rows[own])
    return scaled


def leave_one_speaker_out(rows, speakers, emotions):
    """Predict the emotion of each recording from the recordings of all other speakers.

    The classifier is scikit-learn's logistic regression with its default regularisation and
    balanced classes. Values are standardised by the recordings it learns from.

    Args:
        rows: Pooled values `(recordings, pooled)`.
        speakers: Names `(recordings,)`.
        emotions: Names `(recordings,)`.

    Returns:
        The predicted names `(recordings,)`.
    """
    from sklearn.linear_model import LogisticRegression

    predicted = np.empty_like(emotions)
    for speaker in sorted(set(speakers)):
        left_out = speakers == speaker
        known = rows[~left_out]
        classifier = LogisticRegression(C=1.0, class_weight="balanced", max_iter=1000)
        classifier.fit(_scaled(known, known), emotions[~left_out])
        values = np.clip(_scaled(rows[left_out], known), -EXTREME, EXTREME)
        predicted[left_out] = classifier.predict(values)
    return predicted


def recalls(predicted, emotions):
    """Return a dict from each emotion that occurs to the share of it that was predicted."""
    return {
        name: float(np.mean(predicted[emotions == name] == name)) for name in sorted(set(emotions))
    }


def _scaled(rows, known):
    deviation = known.std(axis=0)
    return (rows - known.mean(axis=0)) / np.where(deviation > 1e-9, deviation, 1)


def _table(predicted, speakers, emotions):
    table = Table(title="Recall when the speaker is left out")
    for column in ("", "recordings", *predicted):
        table.add_column(column, justify="right" if column else "left")
    shares = [recalls(names, emotions) for names in predicted.values()]
    for name in shares[0]:
        table.add_row(name, str(np.sum(emotions == name)), *(f"{s[name]:.3f}" for s in shares))
    means = [f"{np.mean([*s.values()]):.3f}" for s in shares]
    table.add_section()
    table.add_row("mean: unweighted accuracy", str(len(emotions)), *means)
    table.add_section()
    for speaker in sorted(set(speakers)):
        own = speakers == speaker
        right = [f"{np.mean(names[own] == emotions[own]):.3f}" for names in predicted.values()]
        table.add_row(f"accuracy, speaker {speaker}", str(np.sum(own)), *right)
    return table


def _description(rows, speakers):
    return (
        f"{len(rows)} recordings of {len(set(speakers))} speakers; "
        f"{len(VOICE_NAMES)} values a frame, {rows.shape[1]} pooled values a recording; logistic "
        "regression, C = 1, balanced classes."
    )


if __name__ == "__main__":
    run_command(main)
