import csv
import io
import json
import tarfile

import pytest

from data.prepare.__main__ import main
from data.prepare.movie_reviews import INNER, RATINGS
from tests.conftest import call
from utils.formats import open_data

LINES = ["1\t2.5\tA ''fine'' film", '2\t-4\tBad; "really" bad', "3\t0.25\tSo, so", "4\t1\tSo, so"]


def tar_bytes(name, content):
    """Return an archive with one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def write_source(folder, lines):
    """Write a package with the archive of the ratings inside."""
    content = "\r\n".join(lines).encode()
    path = folder / "package.tar.gz"
    path.write_bytes(tar_bytes(f"vader-1/{INNER}", tar_bytes(RATINGS, content)))
    return path


def prepare(source, output, *options):
    call(main, "movie_reviews", "--source", source, "--output", output, *options)
    with (output / "index.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_sentences_become_texts_with_scores(tmp_path, capsys):
    output = tmp_path / "out"
    rows = prepare(write_source(tmp_path, LINES), output, "--valid-share", "0.4")
    texts = {row["id"]: row["text"] for row in rows}
    assert texts["review_1"] == 'A "fine" film' and texts["review_2"] == 'Bad; "really" bad'
    splits = {row["id"]: row["split"] for row in rows}
    assert splits["review_3"] == splits["review_4"]  # equal texts
    reader = open_data(output, modalities=["text"], optional=True)
    assert reader.target.range == "[-4, 4]"
    samples = {name: reader.read(name) for name in ("train", "valid")}
    scores = {i: y for s in samples.values() for i, y in zip(s.ids, s.labels[:, 0], strict=True)}
    assert scores == {"review_1": 2.5, "review_2": -4, "review_3": 0.25, "review_4": 1}
    assert all(not split.sequences for split in samples.values())
    described = json.loads((output / "prepared.json").read_text())
    assert sum(split["samples"] for split in described["splits"].values()) == 4


def test_the_draw_follows_the_seed(tmp_path):
    source = write_source(tmp_path, [f"{i}\t1\tText {i}" for i in range(40)])
    first, again, other = (
        [row["split"] for row in prepare(source, tmp_path / name, "--seed", seed)]
        for name, seed in (("first", "0"), ("again", "0"), ("other", "1"))
    )
    assert first == again != other and first.count("valid") == 2


@pytest.mark.parametrize(
    "line", ["1\t5\tToo high", "1\tx\tNo number", "1\t2", "1\t2\t ", "1\tnan\tA"]
)
def test_a_wrong_line_is_named(line, tmp_path, fails):
    source, output = write_source(tmp_path, [LINES[0], line]), tmp_path / "out"
    message = fails(main, "movie_reviews", "--source", source, "--output", output)
    assert "line 2" in message and "a score from -4 to 4" in message
    assert not output.exists()


@pytest.mark.parametrize("content", [b"no archive", tar_bytes("other", b"x"), b""])
def test_a_wrong_file_is_named(content, tmp_path, fails):
    source, output = tmp_path / "package.tar.gz", tmp_path / "out"
    source.write_bytes(content)
    message = fails(main, "movie_reviews", "--source", source, "--output", output)
    assert str(source) in message and "data.fetch movie-reviews" in message
    assert not output.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--context", "3"), "--context is no option of movie_reviews"),
        (("--valid-share", "1"), "--valid-share must lie between 0 and 1"),
        (("--seed", "-1"), "--seed must be at least 0"),
    ],
)
def test_wrong_options_are_named(options, message, tmp_path, fails):
    arguments = ("--source", write_source(tmp_path, LINES), "--output", tmp_path / "out")
    assert message in fails(main, "movie_reviews", *arguments, *options)
