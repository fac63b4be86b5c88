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


def piece(word, start, end, probability=0.9):
    return types.SimpleNamespace(
        word=word, start=np.float64(start), end=end, probability=probability
    )


class FakeWhisper:
    """`WhisperModel` of faster-whisper 1.2.1, with what its models wrote."""

    words = (piece(" Guten", 0.1, 0.4), piece(" ", 0.4, 0.4, 0.1))
    supported_languages = ("de", "en")

    def __init__(self, model_size_or_path, device="auto", compute_type="default"):
        if not (Path(model_size_or_path) / "model.bin").is_file():
            raise RuntimeError(f"Unable to open file 'model.bin' in model '{model_size_or_path}'")

    def transcribe(
        self,
        audio,
        language=None,
        *,
        temperature=(0.0, 0.2),
        word_timestamps=False,
        vad_filter=False,
        condition_on_previous_text=True,
    ):
        assert temperature == 0 and word_timestamps and audio.dtype == np.float32
        self.language = language
        segments = [types.SimpleNamespace(words=words) for words in (self.words, None)]
        return iter(segments), None


@pytest.fixture
def whisper(monkeypatch, tmp_path):
    """The name of a recogniser whose model is a stand-in, and its class."""
    (tmp_path / "model.bin").write_text("weights")
    kind = type("Whisper", (FakeWhisper,), {})
    fake = types.SimpleNamespace(WhisperModel=kind)
    monkeypatch.setitem(sys.modules, "faster_whisper", fake)
    return f"faster-whisper:{tmp_path}", kind


def test_faster_whisper_gives_its_words_with_their_probability(monkeypatch, tmp_path):
    (tmp_path / "model.bin").write_text("weights")
    downloads = []

    def download_model(name):
        downloads.append(name)
        return str(tmp_path)

    fake = types.SimpleNamespace(WhisperModel=FakeWhisper, download_model=download_model)
    monkeypatch.setitem(sys.modules, "faster_whisper", fake)
    local = make_recogniser(f"faster-whisper:{tmp_path}", "de")
    assert not downloads
    named = make_recogniser("faster-whisper:base", "de")
    assert downloads == ["base"] and named.files == (tmp_path / "model.bin",) == local.files
    assert named.recognise(tone(1)) == [HeardWord("Guten", 0.1, 0.4, 0.9)]
    assert named.recognise(silence(0)) == [] and named.language == "de"


def test_faster_whisper_is_told_the_language_and_refuses_one_that_its_model_does_not_know(whisper):
    name, _ = whisper
    recogniser = make_recogniser(name, "de")
    recogniser.recognise(tone(1))
    assert recogniser._model.language == "de"
    with pytest.raises(ValueError, match=r"--language expected .*: de, en. Received: 'tlh'"):
        make_recogniser(name, "tlh")


def test_words_that_whisper_cuts_at_their_marks_are_whole(whisper):
    name, kind = whisper
    kind.words = (
        piece(" ill", 0.0, 0.2),
        piece("-disposed,", 0.2, 0.5, 0.7),
        piece(" -", 0.5, 0.5),
        piece(" 10", 0.5, 0.6),
        piece(",000.", 0.6, 0.8),
        piece("很", 0.8, 0.9),
        piece("好", 0.9, 1.0),
    )
    heard = make_recogniser(name, "de").recognise(tone(1))
    assert [one.word for one in heard] == ["ill-disposed,", "-", "10,000.", "很", "好"]
    assert (heard[0].start, heard[0].end, heard[0].confidence) == (0.0, 0.5, 0.7)


@real
def test_english_words_of_whisper_get_their_times_by_forced_alignment(whisper):
    from utils.clips.media import read_sound

    name, kind = whisper
    samples = read_sound(CLIPS / "id2_swwp2s.mpg").samples
    labels = [line.split() for line in (CLIPS / "id2_swwp2s.align").read_text().splitlines()]
    spoken = [(int(a) / 25_000, int(b) / 25_000, word) for a, b, word in labels if word != "sil"]
    kind.words = tuple(piece(f" {word}", a - 0.3, b - 0.1) for a, b, word in spoken)
    times = np.array([(one.start, one.end) for one in make_recogniser(name).recognise(samples)])
    assert np.abs(times - [(a, b) for a, b, _ in spoken]).mean() < 0.05


def test_models_of_whisper_that_are_not_there_are_named(monkeypatch, tmp_path):
    def download_model(name):
        raise FileNotFoundError("No network.\nTry again.")

    fake = types.SimpleNamespace(WhisperModel=FakeWhisper, download_model=download_model)
    monkeypatch.setitem(sys.modules, "faster_whisper", fake)
    with pytest.raises(FileNotFoundError, match=r"Received: base: No network. Try again. Without"):
        make_recogniser("faster-whisper:base")
    with pytest.raises(ValueError, match=r"cannot be loaded: Unable to open file 'model.bin'"):
        make_recogniser(f"faster-whisper:{tmp_path}")


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
