import itertools

import numpy as np
import pytest

from tests.utils.clips.speech.recordings import CLIPS, NAMES, noise, read_speech, silence, tone
from utils.clips.speech import Aligner, HeardWord
from utils.clips.speech.pieces import RATE

pytest.importorskip("pocketsphinx")
real = pytest.mark.skipif(not CLIPS.is_dir(), reason="needs the recordings of ../shared/data")


def heard_words(words, spans):
    return [HeardWord(w, a, b, 0.9) for w, (a, b) in zip(words, spans, strict=True)]


@real
def test_times_are_those_of_the_words_and_leave_pauses_out():
    samples, words = read_speech(NAMES[1])
    pause = np.concatenate([silence(1.5), samples, silence(1.0)])
    plain, moved = (Aligner().align(x, words) for x in (samples, pause))
    np.testing.assert_allclose(moved.spans, plain.spans + 1.5, atol=0.1)
    assert np.all(np.diff(plain.spans.ravel()) >= 0) and not plain.notes
    assert plain.confidence.mean() > 0.7


@real
def test_punctuation_unknown_words_and_symbols_are_aligned_or_take_no_time():
    samples, words = read_speech(NAMES[1])
    expected = Aligner().align(samples, words).spans
    written = ["He", "was", "not", "—", "an", "illdisposed!", "你好", "young", "man."]
    found = Aligner().align(samples, written)
    kept = [i for i, word in enumerate(written) if word not in ("—", "你好", "illdisposed!")]
    rest = [i for i, word in enumerate(words) if word not in ("ill", "disposed")]
    np.testing.assert_allclose(found.spans[kept], expected[rest], atol=0.06)
    np.testing.assert_array_equal(found.spans[[3, 6], 0], found.spans[[3, 6], 1])
    assert found.notes == ()


@real
def test_words_are_found_in_loud_noise():
    samples, words = read_speech(NAMES[0])
    level = np.sqrt(np.mean(samples**2) / 10**0.5)  # 5 dB
    found = Aligner().align(samples + noise(len(samples) / RATE, level)[: len(samples)], words)
    off = np.abs(found.spans - Aligner().align(samples, words).spans)
    assert found.notes == () and np.median(off) < 0.05


@real
def test_words_of_another_recording_are_not_trusted():
    samples, _ = read_speech(NAMES[1])
    found = Aligner().align(samples, read_speech(NAMES[2])[1][:6])
    assert found.confidence.mean() < 0.3


@real
def test_a_long_recording_is_located_by_what_was_heard():
    parts, words, expected, heard, start = [], [], [], [], 0.0
    for name in NAMES:
        samples, spoken = read_speech(name)
        spans = Aligner().align(samples, spoken).spans + start
        words, expected = words + spoken, [*expected, *spans]
        # Every third word was misheard, and times are rough.
        wrong = ["what" if i % 3 == 2 else word for i, word in enumerate(spoken)]
        heard += heard_words(wrong, spans + 0.1)
        parts += [samples, silence(5)]
        start += len(samples) / RATE + 5
    found = Aligner().align(np.concatenate(parts), words, heard)
    off = np.abs(found.spans - np.array(expected))
    assert found.notes == () and np.mean(off < 0.1) > 0.95


@real
def test_results_do_not_depend_on_earlier_recordings():
    aligner = Aligner()
    samples, words = read_speech(NAMES[1])
    first = aligner.align(samples, words)
    aligner.align(*read_speech(NAMES[2]))
    again = aligner.align(samples, words)
    np.testing.assert_array_equal(first.spans, again.spans)
    np.testing.assert_array_equal(first.confidence, again.confidence)


def test_what_cannot_be_located_is_spread_over_the_sound():
    samples = np.concatenate([silence(10), tone(10), silence(30), tone(10), silence(10)])
    found = Aligner().align(samples, ["one", "two", "six", "ten"])
    assert found.notes == (
        "4 of 4 words could not be aligned with the sound; they are spread evenly over the sound "
        "between their neighbours.",
    )
    assert np.all((found.spans > 9) & (found.spans < 61)) and not found.confidence.any()
    assert not np.any((found.spans > 21) & (found.spans < 49))


@pytest.mark.parametrize("samples", [silence(0), silence(2), tone(0.3), noise(0.5, 0.1)])
@pytest.mark.parametrize("words", [[], ["—"], ["so"], ["supercalifragilistic"] * 50])
def test_any_sound_and_words_have_times(samples, words):
    found = Aligner().align(samples, words)
    assert found.spans.shape == (len(words), 2) and found.confidence.shape == (len(words),)
    assert np.all((found.spans >= 0) & (found.spans <= len(samples) / RATE + 0.01))


def test_words_of_other_languages_have_the_times_at_which_they_were_heard():
    words = "das ist sehr gut".split()
    heard = heard_words(["Das", "ist", "gut."], [(1.0, 1.2), (1.1, 1.5), (2.5, 3.0)])
    found = Aligner("de").align(tone(4), words, heard)
    np.testing.assert_allclose(found.spans, [[1, 1.2], [1.2, 1.5], [1.5, 2.5], [2.5, 3]])
    assert "times of words in 'de' are the recogniser's" in found.notes[0]
    assert "1 of 4 words" in found.notes[1]
    assert all(a <= b for a, b in itertools.pairwise(found.spans.ravel()))
