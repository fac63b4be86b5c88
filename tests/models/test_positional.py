import numpy as np
import pytest

from models import (
    LearnablePositionalEmbedding,
    combine_masks,
    create_look_ahead_mask,
    create_padding_mask,
)


def test_a_step_is_valid_if_any_of_its_features_is_non_zero():
    x = np.array([[[0.0, 1e-9], [0.0, 0.0], [-1.0, 1.0]], [[0.0, 0.0], [0.0, -0.0], [5.0, 0.0]]])
    mask = create_padding_mask(x)
    assert mask.dtype == "bool"
    np.testing.assert_array_equal(mask, [[True, False, True], [False, False, True]])


def test_nan_and_infinity_count_as_data():
    x = np.array([[[np.nan, 0.0], [0.0, np.inf], [0.0, 0.0]]])
    np.testing.assert_array_equal(create_padding_mask(x), [[True, True, False]])


def test_integers_count_as_data_too():
    np.testing.assert_array_equal(
        create_padding_mask(np.array([[[0, 3], [0, 0]]])), [[True, False]]
    )


def test_padding_mask_of_another_rank_is_refused():
    with pytest.raises(ValueError, match=r"`x` must be a sequence.*Received: shape \(2, 3\)"):
        create_padding_mask(np.ones((2, 3)))


def test_look_ahead_lets_each_step_see_itself_and_the_past():
    mask = create_look_ahead_mask(4)
    assert mask.dtype == "bool"
    np.testing.assert_array_equal(mask, np.tril(np.ones((4, 4), bool)))


def test_combined_mask_needs_both():
    padding = np.array([[True, True, False], [False, True, True]])
    combined = combine_masks(padding, create_look_ahead_mask(3))
    assert combined.shape == (2, 3, 3) and combined.dtype == "bool"
    for b, q, k in np.ndindex(2, 3, 3):
        assert bool(combined[b, q, k]) == (padding[b, k] and k <= q)


def test_positions_are_added_from_the_first_on(sequence):
    layer = LearnablePositionalEmbedding(seq_len=9, model_dim=8)
    layer.build((None, 9, 8))
    table = np.random.default_rng(0).normal(size=(9, 8)).astype("float32")
    layer.embeddings.assign(table)
    for length in (6, 3):
        expected = sequence[:, :length] + table[:length]
        np.testing.assert_allclose(layer(sequence[:, :length]), expected, atol=1e-6)


def test_a_sequence_of_full_length_fits_and_a_longer_one_does_not(sequence):
    assert LearnablePositionalEmbedding(6, 8)(sequence).shape == (2, 6, 8)
    with pytest.raises(ValueError, match=r"at most seq_len=5 steps. Received: shape \(2, 6, 8\)"):
        LearnablePositionalEmbedding(5, 8)(sequence)
