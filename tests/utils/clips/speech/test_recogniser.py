import importlib.util
import socket
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from tests.utils.clips.speech.recordings import CLIPS, NAMES, noise, read_speech, silence, tone
from utils.clips.speech import HeardWord, agreement, make_recogniser
from utils.clips.speech import moonshine as module
from utils.clips.speech.matching import edit_distance
from utils.clips.speech.spoken import spoken_words

real = pytest.mark.skipif(
    not CLIPS.is_dir()
    or any(importlib.util.find_spec(name) is None for name in ("moonshine_voice", "pocketsphinx")),
    reason="needs requirements-clips.txt and the recordings of ../shared/data",
)


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@real
def test_moonshine_hears_read_speech_offline_in_any_order(offline):
    recogniser = make_recogniser("moonshine")
    (first, words), (second, others) = read_speech(NAMES[1]), read_speech(NAMES[2])
    heard = recogniser.recognise(second)
    assert edit_distance(others, [p for one in heard for p in spoken_words(one.word)]) <= 2
    assert agreement(others, heard) > 0.8 and agreement(words, heard) < 0.3
    times = np.array([(one.start, one.end) for one in heard])
    assert np.all(np.diff(times.ravel()) >= 0) and times[-1, 1] <= len(second) / 16000
    recogniser.recognise(first)
    assert recogniser.recognise(second) == heard
    assert make_recogniser("moonshine").recognise(second) == heard
    assert recogniser.recognise(silence(2)) == [] == recogniser.recognise(silence(0))
    for sound in (noise(3, 0.05), tone(3)):
        assert recogniser.recognise(sound) == []
    assert recogniser.language == "en" and all(path.is_file() for path in recogniser.files)


def test_moonshine_without_its_model_says_which_version_has_it(monkeypatch, tmp_path):
    found = types.SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: found)
    with pytest.raises(FileNotFoundError, match=r"no encoder_model.ort.*moonshine-voice==0.0.73"):
        make_recogniser("moonshine")
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"moonshine_voice, which is not.*--no-deps moonshine"):
        make_recogniser("moonshine")


class FakeWhisper:
    """What the documentation of faster-whisper 1.2.1 tells of `WhisperModel`."""

    def __init__(self, model_size_or_path, device="auto", compute_type="default"):
        self.loaded = model_size_or_path, device, compute_type

    def transcribe(
        self,
        audio,
        *,
        temperature=(0.0, 0.2),
        word_timestamps=False,
        vad_filter=False,
        condition_on_previous_text=True,
    ):
        assert temperature == 0 and word_timestamps and audio.dtype == np.float32
        words = [
            types.SimpleNamespace(word=" Guten", start=np.float64(0.1), end=0.4, probability=0.9),
            types.SimpleNamespace(word=" ", start=0.4, end=0.4, probability=0.1),
        ]
        return iter([types.SimpleNamespace(words=words), types.SimpleNamespace(words=None)]), None


def test_faster_whisper_gives_its_words_with_their_probability(monkeypatch, tmp_path):
    (tmp_path / "model.bin").write_text("weights")
    downloads = []

    def download_model(name):
        downloads.append(name)
        return str(tmp_path)

    fake = types.SimpleNamespace(WhisperModel=FakeWhisper, download_model=download_model)
    monkeypatch.setitem(sys.modules, "faster_whisper", fake)
    local = make_recogniser(f"faster-whisper:{tmp_path}")
    assert not downloads
    named = make_recogniser("faster-whisper:base")
    assert downloads == ["base"] and named.files == (tmp_path / "model.bin",) == local.files
    assert named.recognise(tone(1)) == [HeardWord("Guten", 0.1, 0.4, 0.9)]
    assert named.recognise(silence(0)) == [] and named.language is None


def test_faster_whisper_that_is_not_installed_says_how(monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(ImportError, match=r"not installed. Run `pip install faster-whisper=="):
        make_recogniser("faster-whisper:base")


def test_other_recognisers_are_refused():
    assert make_recogniser("none") is None
    for name in ("vosk", "faster-whisper:", ""):
        with pytest.raises(ValueError, match=f"moonshine, .* or none. Received: '{name}'"):
            make_recogniser(name)


def test_speech_is_imported_without_tensorflow_or_its_packages():
    import subprocess

    code = (
        "import sys, utils.clips.speech\n"
        "loaded = {'tensorflow', 'keras', 'pocketsphinx', 'moonshine_voice'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[4])
