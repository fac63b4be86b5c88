import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from models.packing import Packing
from tests.models.tiny import make_model, make_sequences
from utils.batches.packing import Packer

# Of each house option that packing has to know of, one value or another.
OPTIONS = {
    "aligned": {"aligned": True, "pooling_method": "recency", "bidirectional_fusion": True},
    "pre-norm": {"aligned": False, "pooling_method": "last", "norm_first": True},
    "own lengths": {"seq_len": (20, 30, 25), "pooling_method": "attention"},
    "checkpointed": {"gradient_checkpointing": True, "pooling_method": "mean"},
}


def random_masks(batch, lengths, seed):
    """Short samples with holes, behind and before padding; some modalities are absent."""
    rng = np.random.default_rng(seed)
    masks = []
    for time in lengths:
        first, count = rng.integers(0, 8, batch), rng.integers(0, 12, batch)
        steps = np.arange(time) - first[:, None]
        masks.append((steps >= 0) & (steps < count[:, None]) & (rng.random((batch, time)) < 0.8))
    return masks


def packs_of(masks):
    lengths = np.stack([mask.sum(axis=1) for mask in masks], axis=1)
    packer = Packer(lengths, tuple(mask.shape[1] for mask in masks))
    return packer.assign(np.arange(len(lengths)))


@given(batch=st.integers(1, 12), seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_valid_step_has_a_place_of_its_own(batch, seed):
    (mask,) = random_masks(batch, (20,), seed)
    packs = packs_of([mask])
    sample, step, place, _ = (np.asarray(part) for part in Packing.of(mask, packs))
    stand = [(s, t) for s, t in zip(sample.ravel(), step.ravel(), strict=True) if s >= 0]
    assert sorted(stand) == [*zip(*np.nonzero(mask), strict=True)]
    for i, t in zip(*np.nonzero(mask), strict=True):
        assert (sample.ravel()[place[i, t]], step.ravel()[place[i, t]]) == (i, t)
        assert packs[place[i, t] // 20, i]


def test_what_is_unpacked_was_packed():
    (mask,) = random_masks(9, (20,), 3)
    x = np.random.default_rng(0).normal(size=(9, 20, 4)).astype("float32")
    packing = Packing.of(mask, packs_of([mask]))
    packed = packing.pack(x)
    assert packed.shape[0] < 9
    np.testing.assert_array_equal(packing.unpack(packed), np.where(mask[..., None], x, 0))
    np.testing.assert_array_equal(packed[~np.asarray(packing.filled)], 0)


def test_attention_stays_within_a_sample():
    masks = random_masks(6, (20, 20), 5)
    packs = packs_of(masks)
    text, audio = (Packing.of(mask, packs) for mask in masks)
    allowed, apart = np.asarray(text.allowed(audio)), np.asarray(text.distance(audio))
    for r, q, k in np.ndindex(*allowed.shape):
        i, j = int(text.sample[r, q]), int(audio.sample[r, k])
        assert allowed[r, q, k] == (i == j >= 0)
        if i == j >= 0:
            assert apart[r, q, k] == abs(int(text.step[r, q]) - int(audio.step[r, k]))


@pytest.mark.parametrize(("name", "xla"), [(name, name == "aligned") for name in OPTIONS])
def test_scores_and_gradients_are_those_of_rows_of_their_own(name, xla):
    model = make_model("seqlevel", **{"seq_len": 20, "dropout_rate": 0.0, **OPTIONS[name]})
    masks = random_masks(9, model.seq_lens, 1)
    sequences = make_sequences(9, model.seq_lens)
    packs = packs_of(masks)
    assert len(packs) <= 4
    variables = [weight.value for weight in model.trainable_variables]

    @tf.function(autograph=False, jit_compile=xla)
    def compute(*packs):
        with tf.GradientTape() as tape:
            scores = model((*sequences, *masks), *packs, training=True)
            loss = tf.reduce_sum(scores**2)
        return scores, tape.gradient(loss, variables, unconnected_gradients="zero")

    for packed, plain in zip(*map(tf.nest.flatten, (compute(packs), compute())), strict=True):
        np.testing.assert_allclose(packed, plain, atol=1e-5)


def test_bfloat16_packs_too():
    model = make_model("seqlevel", seq_len=20, dropout_rate=0.0, dtype="mixed_bfloat16")
    masks, sequences = random_masks(9, (20,) * 3, 2), make_sequences(9, (20,) * 3)
    packed = model((*sequences, *masks), packs_of(masks))
    np.testing.assert_allclose(packed, model((*sequences, *masks)), atol=0.05)
