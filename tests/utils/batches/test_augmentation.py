import numpy as np
import pytest

from utils.batches.augmentation import Augmentation

SAMPLES, STEPS = 600, 10


@pytest.fixture(scope="module")
def inputs():
    """Ones, with the valid steps at the right in odd samples and at the left in even ones."""
    lengths = np.random.default_rng(0).integers(3, STEPS + 1, size=SAMPLES)
    left = np.arange(STEPS) < lengths[:, None]
    mask = np.where((np.arange(SAMPLES) % 2 == 0)[:, None], left, left[:, ::-1])
    sequences = [np.repeat(mask[..., None], d, axis=2).astype("float32") for d in (5, 4, 3)]
    return (*sequences, mask, mask, mask)


def augment(inputs, seed=0, number=0, labels=None, **options):
    labels = np.zeros((SAMPLES, 1), "float32") if labels is None else labels
    changed, y = Augmentation(**options).apply(inputs, labels, (seed, number))
    arrays = [x.numpy() for x in changed]
    return (arrays, y.numpy()) if "mixup" in options else arrays


def test_nothing_changes_by_default(inputs):
    assert not Augmentation()
    for before, after in zip(inputs, augment(inputs), strict=True):
        assert np.array_equal(before, after)


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


def test_noise_has_its_deviation_and_spares_padding(inputs):
    text, audio, *_ = augment(inputs, noise={"text": 0.5})
    change = (text - inputs[0])[inputs[3]]
    assert change.mean() == pytest.approx(0, abs=0.02)
    assert change.std() == pytest.approx(0.5, rel=0.03)
    assert not text[~inputs[3]].any()
    assert np.array_equal(audio, inputs[1])


def test_time_masking_hides_one_span_of_even_length_and_place():
    mask = np.ones((SAMPLES, STEPS), bool)
    x = np.ones((SAMPLES, STEPS, 2), "float32")
    _, audio, _, _, audio_mask, video_mask = augment(
        (x, x, x, mask, mask, mask), time_masking={"audio": 0.45}
    )
    assert video_mask.all()
    assert np.array_equal(audio[..., 0] != 0, audio_mask)
    hidden = ~audio_mask
    edges = np.abs(np.diff(np.pad(hidden, ((0, 0), (1, 1))).astype(int))).sum(axis=1)
    assert set(edges) == {0, 2}
    counts = np.bincount(hidden.sum(axis=1), minlength=5)
    assert counts.sum() == SAMPLES
    assert len(counts) == 5
    np.testing.assert_allclose(counts / SAMPLES, 0.2, atol=0.06)
    assert hidden[:, 0].any()
    assert hidden[:, -1].any()


def test_mixup_mixes_features_and_scores_by_the_same_share(inputs):
    labels = np.random.default_rng(1).normal(size=(SAMPLES, 1)).astype("float32")
    marked = [x * labels[..., None] for x in inputs[:3]]
    mask = np.ones((SAMPLES, STEPS), bool)
    full = [np.broadcast_to(labels[..., None], x.shape).astype("float32") for x in marked]
    (text, *_), mixed = augment((*full, mask, mask, mask), labels=labels, mixup=0.4)
    np.testing.assert_allclose(text[:, 0, 0], mixed[:, 0], atol=1e-5)
    assert not np.allclose(mixed, labels)
    assert mixed.min() >= labels.min()
    assert mixed.max() <= labels.max()


def test_mixup_unites_the_masks(inputs):
    (_, audio, _, _, audio_mask, _), _ = augment(inputs, mixup=1.0)
    assert (audio_mask & ~inputs[4]).any()
    assert not (inputs[4] & ~audio_mask).any()
    assert not audio[~audio_mask].any()


def test_draws_differ_by_batch_and_repeat_by_seed(inputs):
    def text(seed, number):
        return augment(inputs, seed, number, feature_dropout={"text": 0.5})[0]

    assert not np.array_equal(text(3, 0), text(3, 1))
    assert np.array_equal(text(3, 1), text(3, 1))
    assert not np.array_equal(text(3, 1), text(4, 0))
    assert not np.array_equal(text(3, 4), text(4, 3))


def test_faults_are_told_together():
    wrong = Augmentation(
        {"smell": 0.1, "text": 1.0}, {"audio": "x"}, {"text": -1}, {}, -1, 2, mixup=-0.1
    )
    text = " ".join(wrong.faults())
    for part in (
        "Received: smell",
        "text 1.0",
        "audio 'x'",
        "text -1",
        "`truncation`",
        "`context_dropout`",
        "`mixup`",
    ):
        assert part in text
