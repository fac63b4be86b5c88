"""Sentences of movie reviews, each rated by some twenty people, as a folder of texts and scores."""

import csv
import tarfile
from pathlib import Path

import numpy as np

from data.prepare.recipe import check_draw, write_description
from utils.environment import file_checksum
from utils.formats.feature_folder import INDEX_FILE
from utils.formats.table import write_table
from utils.measures.inference import write_target
from utils.measures.score_target import ScoreTarget
from utils.new_file import check_free, new_folder
from utils.untrusted.invalid_data import InvalidData

DEFAULTS = {"valid_share": 0.05, "seed": 0}
# The archive of the paper's data, inside the source package of VADER.
INNER = "additional_resources/hutto_ICWSM_2014.tar.gz"
RATINGS = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
TARGET = ScoreTarget(low=-4.0, high=4.0)
# Both files are far smaller; a damaged archive must not fill the memory.
LARGEST = 50_000_000


def prepare_movie_reviews(
    source, output, valid_share=DEFAULTS["valid_share"], seed=DEFAULTS["seed"]
):
    """Write the rated sentences of movie reviews as a folder of texts and scores.

    The folder holds `index.csv` with `id`, `split`, `label` and `text`, `target.json`, and
    `prepared.json`. A score is the mean of the ratings, from -4 to 4. Equal texts are in one split.

    Args:
        source: The source package of VADER, a `.tar.gz` file.
        output: The folder to make; it must be new or empty.
        valid_share: Share of the texts that become `valid`, in (0, 1).
        seed: Seed of their draw, at least 0.

    Returns:
        The content of `prepared.json`, a dict.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If an argument or the content of the file is wrong; the message names it.
        OSError: If `output` is not empty or cannot be written.

    Reference:
        Hutto and Gilbert, 2014, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
        Social Media Text"; the sentences: Pang and Lee, 2005, "Seeing Stars".
    """
    check_draw(valid_share, seed)
    check_free(Path(output))
    rows = _read(Path(source))
    splits = _drawn([text for _, _, text in rows], valid_share, seed)
    columns = {
        "id": [f"review_{number}" for number, _, _ in rows],
        "split": splits,
        "label": [score for _, score, _ in rows],
        "text": [text for _, _, text in rows],
    }
    scores = np.array(columns["label"])
    description = {
        "recipe": "movie_reviews",
        "valid_share": valid_share,
        "seed": seed,
        "sha256": {Path(source).name: file_checksum(source)},
        "splits": {
            name: {
                "samples": splits.count(name),
                "positive": float((scores[np.array(splits) == name] >= 0).mean()),
            }
            for name in ("train", "valid")
        },
    }
    with new_folder(output) as partial:
        write_table(partial / INDEX_FILE, columns)
        write_description(partial, description)
        write_target(partial, TARGET)
    return description


def _read(source):
    """Return the number, the score and the text of each sentence."""
    if not source.is_file():
        raise FileNotFoundError(
            f"{source} must be the source package of VADER, a .tar.gz file. Received: no such "
            "file. Run `python -m data.fetch movie-reviews --output DIR`."
        )
    try:
        with tarfile.open(source) as package, _member(package, INNER) as inner:
            with tarfile.open(fileobj=inner) as archive, _member(archive, RATINGS) as file:
                content = file.read().decode("utf-8")
    except (tarfile.TarError, EOFError, OSError, UnicodeDecodeError) as error:
        raise InvalidData(
            f"{source} must be a whole archive with {INNER}, which holds {RATINGS}. Received: "
            f"{' '.join(str(error).split())}. Run `python -m data.fetch movie-reviews "
            "--output DIR` in a new folder."
        ) from error
    lines = csv.reader(content.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [_row(source, number, line) for number, line in enumerate(lines, 1)]


def _member(archive, ending):
    """Open the file of an archive whose name has this ending."""
    found = next((one for one in archive if one.name.endswith(ending) and one.isfile()), None)
    opened = archive.extractfile(found) if found and found.size <= LARGEST else None
    if opened is None:
        raise tarfile.TarError(f"no file {ending} of at most {LARGEST:,} bytes")
    return opened


def _row(source, number, cells):
    try:
        sentence, score, text = cells
        score = float(score)
    except ValueError:
        score, text = np.nan, ""
    if not TARGET.low <= score <= TARGET.high or not text.strip():
        raise InvalidData(
            f"{source}, {RATINGS}, line {number}, must have a number, a score from -4 to 4 and a "
            f"text, with tabs between. Received: {chr(9).join(cells)!r:.80}. Fetch the file again."
        )
    # The published files write a quotation mark as two apostrophes.
    return sentence, score, text.replace("''", '"').strip()


def _drawn(texts, share, seed):
    """Return the split of each text."""
    distinct = sorted(set(texts))
    count = min(max(1, round(share * len(distinct))), len(distinct) - 1)
    valid = {*np.random.default_rng(seed).choice(distinct, count, replace=False).tolist()}
    return ["valid" if text in valid else "train" for text in texts]
