"""Clips scored by the command; what extracts them is replaced, and needs no models."""

import json
import re
import shutil

import numpy as np
import onnx
import pytest

from experiments.runs.clip_sample import ModelInputs
from experiments.runs.first_model import FIRST_MODEL
from experiments.runs.loaded_run import load_run
from experiments.runs.onnx_run import open_onnx
from experiments.score import main
from tests.conftest import WIDTHS, call
from tests.experiments.extracted import extracted
from utils.clips.media import ClipError
from utils.files import read_json, write_json

NAMES = {name: [f"{name}_{i}" for i in range(width)] for name, width in WIDTHS.items()}
EXTRACTION = {"version": 1, "settings": {"align": "words"}, "names": NAMES, "models": {}}


class FakeExtractor:
    """Says the words of the transcript, or of the file; refuses clips whose file says `bad`."""

    def __init__(self, settings):
        self.settings = settings

    def extract(self, clip):
        words = (clip.text or clip.path.read_text()).split()
        if words == ["bad"]:
            raise ClipError(f"{clip.path} must be a recording.\nReceived: nothing of the kind.")
        if words == ["fault"]:
            raise KeyError("a fault of a library")
        while words == ["endless"]:
            pass
        found = extracted(words, id=clip.id)
        rng = np.random.default_rng(len(words))
        for name, width in WIDTHS.items():
            found.arrays[name] = rng.normal(size=(len(found.steps.words), width)).astype("f4")
        found.arrays["text"][~found.steps.spoken] = 0
        return found


@pytest.fixture(autouse=True)
def extraction(monkeypatch):
    monkeypatch.setattr("utils.clips.extraction.Extractor", FakeExtractor)
    monkeypatch.setattr("utils.clips.stages.describe_extraction", lambda settings: EXTRACTION)


@pytest.fixture(scope="module")
def model(exported, tmp_path_factory):
    """The exported model, as if its data had been extracted from clips."""
    content = onnx.load(exported)
    [entry] = [one for one in content.metadata_props if one.key == "extraction"]
    entry.value = json.dumps(EXTRACTION)
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    onnx.save(content, path)
    return path


@pytest.fixture
def clip(tmp_path):
    """Write a file that says words."""

    def write(name, words):
        path = tmp_path / f"{name}.wav"
        path.write_text(words)
        return path

    return write


def test_an_exported_model_and_its_run_score_a_clip_alike(
    model, trained_run, clip, tmp_path, capsys, eagerly
):
    call(main, clip("one", "I really loved it"), "--model", model)
    first = capsys.readouterr().out
    for words in ("one", "3.0 s", "in [-3, 3]", "loved", "weight", "Note: The sound begins late."):
        assert words in first
    assert max(map(len, first.splitlines())) <= 80
    run = shutil.copytree(trained_run, tmp_path / "run")
    write_json(
        run / "metadata.json", {**read_json(run / "metadata.json"), "extraction": EXTRACTION}
    )
    assert ModelInputs.of(load_run(run), "run") == ModelInputs.of(open_onnx(model), "file")
    call(main, tmp_path / "one.wav", "--model", run)
    second = capsys.readouterr().out
    numbers = [re.findall(r"[+-]\d\.\d+", text) for text in (first, second)]
    assert len(numbers[0]) == 1 + 3
    np.testing.assert_allclose(*np.array(numbers, float), atol=0.011)
    words = [re.findall(r"[+-]*(?:I|really|loved|it)\b", text) for text in (first, second)]
    assert words[0] == words[1] and any(word[0] in "+-" for word in words[0])


def test_the_others_are_scored_where_a_clip_is_bad(model, clip, fails, capsys):
    clips = [clip("first", "so good"), clip("second", "bad"), clip("third", "fine")]
    clips.append(clip("fourth", "fault"))
    with pytest.raises(SystemExit) as stopped:
        call(main, *clips, "--model", model)
    printed = capsys.readouterr()
    assert stopped.value.code == 3
    assert "first  3.0 s" in printed.out and "third  3.0 s" in printed.out
    assert "2 of 4 clips could not be scored, the others were. second: " in printed.err
    assert "fourth: KeyError: 'a fault of a library' (test_score.py, line" in printed.err
    message = fails(main, clips[1], "--model", model, code=1)
    assert "no clip could be scored. second: " in message and "Received: nothing" in message


def test_a_clip_that_takes_too_long_is_listed(model, clip, fails):
    options = ("--model", model, "--time-limit", 0.2)
    message = fails(main, clip("a", "endless"), *options, code=1)
    assert "must take at most 0.2 seconds. Received: a longer work" in message


def test_a_transcript_is_given(model, clip, tmp_path, fails, capsys):
    path, text = clip("a", "other words"), tmp_path / "said.txt"
    text.write_text("I really\n loved it\n")
    call(main, path, "--model", model, "--text", text)
    assert "loved" in capsys.readouterr().out
    message = fails(main, path, clip("b", "so"), "--model", model, "--text", text)
    assert "--text is the transcript of one clip. Received: 2 clips" in message
    text.write_text(" ")
    message = fails(main, path, "--model", model, "--text", "lay blue")
    assert "Received: 'lay blue', which is no file" in message
    message = fails(main, path, "--model", model, "--text", text)
    assert "said.txt must hold the transcript. Received: an empty file" in message
    text.write_bytes(b"\xff\xfe\x00")
    assert "the transcript of a clip, in UTF-8" in fails(
        main, path, "--model", model, "--text", text
    )


def test_a_model_of_other_features_is_refused(exported, exported_tickets, clip, fails):
    path = clip("a", "so good")
    message = fails(main, path, "--model", exported)
    assert "The clips must hold features of the extraction" in message
    message = fails(main, path, "--model", exported_tickets)
    assert "must hold a model of sequences of text, audio and video" in message


def test_without_a_model_the_small_one_is_used(model, clip, fails, capsys, monkeypatch, tmp_path):
    path = "experiments.runs.first_model.FIRST_MODEL"
    monkeypatch.setattr(path, tmp_path / "none.onnx")
    message = fails(main, clip("a", "so good"))
    assert "the small model of the repository is used. Expected: " in message
    monkeypatch.setattr(path, model)
    call(main, clip("a", "so good"))
    output = " ".join(capsys.readouterr().out.split())
    assert "used without --model, scores the words alone" in output
    assert FIRST_MODEL.name == "first_model.onnx"


def test_wrong_options_are_refused_before_any_work(clip, tmp_path, fails):
    path, page = clip("a", "so good"), tmp_path / "page.html"
    assert "--page must end with .html" in fails(main, path, "--page", tmp_path / "a.pdf")
    page.touch()
    assert "--page must be a new file" in fails(main, path, "--page", page)
    assert "--time-limit must be seconds above 0" in fails(main, path, "--time-limit", 0)
