import numpy as np
import pytest
import tensorflow as tf

from utils.augmentation import Augmentation
from utils.data_loader import batches

SAMPLES, STEPS = 600, 10


@pytest.fixture(scope="module")
def inputs():
    """Ones, with the valid steps at the right in odd samples and at the left in even ones."""
    lengths = np.random.default_rng(0).integers(3, STEPS + 1, size=SAMPLES)
    left = np.arange(STEPS) < lengths[:, None]
    mask = np.where((np.arange(SAMPLES) % 2 == 0)[:, None], left, left[:, ::-1])
    sequences = [np.repeat(mask[..., None], d, axis=2).astype("float32") for d in (5, 4, 3)]
    return (*sequences, mask, mask, mask)


def augment(inputs, seed=0, epochs=1, batch_size=SAMPLES, **options):
    dataset = batches(inputs, np.zeros((SAMPLES, 1), "float32"), batch_size)
    dataset = Augmentation(**options).apply(dataset, seed)
    results = []
    for _ in range(epochs):
        parts = [x for x, _ in dataset]
        results.append([np.concatenate([p[i] for p in parts]) for i in range(6)])
    return results if epochs > 1 else results[0]


def test_nothing_changes_by_default(inputs):
    dataset = batches(inputs, np.zeros((SAMPLES, 1)), 7)
    assert Augmentation().apply(dataset, 0) is dataset


def test_feature_dropout_keeps_the_mean_and_hits_its_rate(inputs):
    text, audio, *_ = augment(inputs, feature_dropout={"text": 0.3})
    values = text[inputs[3]]
    assert set(np.unique(values)) == {0.0, np.float32(1 / 0.7)}
    assert np.mean(values == 0) == pytest.approx(0.3, abs=0.01)
    assert np.array_equal(audio, inputs[1])
    assert not text[~inputs[3]].any()


def test_modality_dropout_masks_whole_samples(inputs):
    _, audio, video, text_mask, audio_mask, _ = augment(inputs, modality_dropout={"audio": 0.4})
    lost = ~audio_mask.any(axis=1)
    assert np.mean(lost) == pytest.approx(0.4, abs=0.06)
    assert not audio[lost].any()
    assert np.array_equal(audio_mask[~lost], inputs[4][~lost])
    assert np.array_equal(text_mask, inputs[3])
    assert np.array_equal(video, inputs[2])


def test_truncation_keeps_the_last_valid_steps_in_all_modalities_alike(inputs):
    *_, text_mask, audio_mask, video_mask = augment(inputs, truncation=0.5)
    assert np.array_equal(text_mask, audio_mask)
    assert np.array_equal(text_mask, video_mask)
    before, after = inputs[3].sum(axis=1), text_mask.sum(axis=1)
    assert (after >= 1).all()
    for row, count in enumerate(after):
        assert np.array_equal(
            np.flatnonzero(text_mask[row]), np.flatnonzero(inputs[3][row])[-count:]
        )
    # A share of 0.5 is cut to k steps, k even on 1..10, which shortens those longer than k.
    expected = 0.5 * np.mean([np.mean(before > k) for k in range(1, STEPS + 1)])
    assert np.mean(after < before) == pytest.approx(expected, abs=0.05)


def test_context_dropout_leaves_one_step(inputs):
    mask = augment(inputs, context_dropout=0.3)[3]
    assert np.mean(mask.sum(axis=1) == 1) == pytest.approx(0.3, abs=0.05)


def test_draws_differ_by_epoch_and_batch_and_repeat_by_seed(inputs):
    options = {"feature_dropout": {"text": 0.5}, "batch_size": 100}
    first, second = (e[0] for e in augment(inputs, seed=3, epochs=2, **options))
    assert not np.array_equal(first, second)
    zeros = (first == 0) & (inputs[0] != 0)
    assert not np.array_equal(zeros[0:100:2][:, :3], zeros[100:200:2][:, :3])
    again = [e[0] for e in augment(inputs, seed=3, epochs=2, **options)]
    assert np.array_equal(first, again[0])
    assert np.array_equal(second, again[1])
    assert not np.array_equal(first, augment(inputs, seed=4, **options)[0])


def test_cardinality_is_kept(inputs):
    dataset = batches(inputs, np.zeros((SAMPLES, 1)), 100)
    assert tf.data.experimental.cardinality(Augmentation(truncation=0.5).apply(dataset, 0)) == 6


def test_faults_are_told_together():
    wrong = Augmentation({"smell": 0.1, "text": 1.0}, {"audio": "x"}, -1, 2)
    text = " ".join(wrong.faults())
    for part in ("Received: smell", "text 1.0", "audio 'x'", "`truncation`", "`context_dropout`"):
        assert part in text
