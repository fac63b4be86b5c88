import numpy as np
import pytest

from tests.utils.clips.speech.recordings import noise, silence, tone
from utils.clips.speech.pieces import LONGEST, sound_levels, sound_pieces


def test_levels_are_decibels_below_full_scale():
    levels = sound_levels(tone(1.0, level=0.1))
    # A sine of the peak 0.1 has the power 0.1 ** 2 / 2.
    np.testing.assert_allclose(levels[5:-5], 10 * np.log10(0.005), atol=0.1)


def test_pieces_end_at_long_pauses_alone():
    samples = np.concatenate([silence(2), tone(1), silence(0.8), tone(1), silence(3), tone(2)])
    found = sound_pieces(samples + noise(9.8, 1e-4))
    np.testing.assert_allclose(found, [[1.8, 5.0], [7.6, 9.8]], atol=0.05)


def test_long_pieces_are_cut_where_it_is_quiet():
    spoken = [part for _ in range(6) for part in (tone(3.5), silence(0.5))]
    found = sound_pieces(np.concatenate(spoken))
    assert len(found) > 1 and (found[:, 1] - found[:, 0]).max() <= LONGEST
    cuts = found[1:, 0]
    np.testing.assert_array_equal(cuts, found[:-1, 1])
    assert all(3.4 <= cut % 4 for cut in cuts)


def test_sound_of_one_level_is_one_piece():
    found = sound_pieces(noise(5, 0.05))
    np.testing.assert_allclose(found, [[0, 5]], atol=0.3)


def test_a_quiet_speaker_after_a_loud_one_is_found():
    samples = np.concatenate([tone(60, 0.5), silence(90), tone(5, 0.01), silence(60)])
    found = sound_pieces(samples + noise(215, 1e-4))
    assert np.any((found[:, 0] < 152) & (found[:, 1] > 154))


@pytest.mark.parametrize("samples", [silence(0), silence(3), tone(0.1), noise(3, 1e-5)])
def test_silence_and_clicks_have_no_pieces(samples):
    assert sound_pieces(samples).shape == (0, 2)
