import numpy as np
import pytest

from utils.batches.normalization import FeatureNormalizer
from utils.batches.perturbation import KINDS, Perturbation, scaled_moments, shift_steps
from utils.formats import MODALITIES, Split

SAMPLES, STEPS = 400, 10
WIDTHS = {"text": 3, "audio": 2, "video": 2}
MOMENTS = {
    name: (np.arange(1.0, width + 1), np.linspace(0.5, 2.0, width))
    for name, width in WIDTHS.items()
}


@pytest.fixture(scope="module")
def inputs():
    """Random valid steps, at the right in odd samples and at the left in even ones."""
    rng = np.random.default_rng(0)
    left = np.arange(STEPS) < rng.integers(3, STEPS + 1, size=(SAMPLES, 1))
    mask = np.where((np.arange(SAMPLES) % 2 == 0)[:, None], left, left[:, ::-1])
    sequences = [
        (rng.normal(5.0, 1.0, (SAMPLES, STEPS, width)) * mask[..., None]).astype("float32")
        for width in WIDTHS.values()
    ]
    return (*sequences, mask, mask.copy(), mask.copy())


def perturb(inputs, kind, level, modalities=MODALITIES, seed=(0, 0)):
    return Perturbation(kind, tuple(modalities)).apply(inputs, level, seed, MOMENTS)


def equal(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "missing modalities"])
def test_level_0_changes_nothing(inputs, kind):
    assert equal(perturb(inputs, kind, 0), inputs)


@pytest.mark.parametrize("kind", KINDS)
def test_other_modalities_and_the_input_stay_and_types_too(inputs, kind):
    before = [x.copy() for x in inputs]
    changed = perturb(inputs, kind, 1, ["audio"])
    assert equal(inputs, before)
    for i in (0, 2, 3, 5):
        assert changed[i] is inputs[i]
    assert not equal(changed, inputs)
    assert [x.dtype for x in changed] == [x.dtype for x in inputs]
    assert [x.shape for x in changed] == [x.shape for x in inputs]


@pytest.mark.parametrize("kind", KINDS)
def test_masked_steps_are_zero_and_only_a_shift_makes_any_valid(inputs, kind):
    changed = perturb(inputs, kind, 1 if kind in ("missing modalities", "shift") else 0.5)
    for x, mask, before in zip(changed[:3], changed[3:], inputs[3:], strict=True):
        assert not x[~mask].any()
        assert kind == "shift" or not (mask & ~before).any()


def test_missing_modalities_are_masked_out_wholly(inputs):
    changed = perturb(inputs, "missing modalities", 1.0, ["text", "video"])
    for i in (0, 2):
        assert not changed[i].any()
        assert not changed[i + 3].any()
    assert equal(perturb(inputs, "missing steps", 1.0, ["text", "video"]), changed)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_missing_steps_hit_their_share_of_valid_steps(inputs, share):
    changed = perturb(inputs, "missing steps", share)
    for x, mask, before, valid in zip(
        changed[:3], changed[3:], inputs[:3], inputs[3:], strict=True
    ):
        assert np.mean(~mask[valid]) == pytest.approx(share, abs=0.03)
        assert np.array_equal(x[mask], before[mask])


def test_missing_steps_are_nested_over_levels_and_independent_over_modalities(inputs):
    few, many = (perturb(inputs, "missing steps", share) for share in (0.2, 0.6))
    valid = inputs[3]
    for i in (3, 4, 5):
        assert not (many[i] & ~few[i]).any()
    text, audio = ~many[3][valid], ~many[4][valid]
    assert np.mean(text & audio) == pytest.approx(0.36, abs=0.03)


def test_noise_has_the_deviation_of_each_feature(inputs):
    changed = perturb(inputs, "noise", 0.4)
    for i, name in enumerate(MODALITIES):
        valid = inputs[i + 3]
        noise = (changed[i] - inputs[i])[valid]
        np.testing.assert_allclose(noise.std(axis=0), 0.4 * MOMENTS[name][1], rtol=0.06)
        np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.06)
        assert np.array_equal(changed[i + 3], valid)


def test_noise_grows_with_its_level_from_one_draw(inputs):
    low, high = (perturb(inputs, "noise", level)[1] - inputs[1] for level in (0.3, 0.9))
    np.testing.assert_allclose(high, 3 * low, atol=1e-5)


def test_unknown_tokens_stay_valid_and_become_the_mean(inputs):
    text, *_, mask, _, _ = perturb(inputs, "unknown tokens", 0.3, ["text"])
    replaced = np.all(text == MOMENTS["text"][0].astype("float32"), axis=-1)
    assert np.array_equal(mask, inputs[3])
    assert np.mean(replaced[mask]) == pytest.approx(0.3, abs=0.03)
    assert np.array_equal(text[~replaced], inputs[0][~replaced])


@pytest.mark.parametrize("steps", [-10, -9, -3, 1, 9, 10, 12])
def test_shift_is_that_of_each_step(inputs, steps):
    _, audio, _, _, mask, _ = perturb(inputs, "shift", steps, ["audio"])
    for t in range(STEPS):
        source = t - steps
        if 0 <= source < STEPS:
            assert np.array_equal(audio[:, t], inputs[1][:, source])
            assert np.array_equal(mask[:, t], inputs[4][:, source])
        else:
            assert not audio[:, t].any()
            assert not mask[:, t].any()


def test_shift_back_restores_all_but_what_left():
    x = np.arange(1, 13).reshape(1, 6, 2)
    there_and_back = shift_steps(shift_steps(x, 2), -2)
    assert np.array_equal(there_and_back[:, :4], x[:, :4])
    assert not there_and_back[:, 4:].any()


@pytest.mark.parametrize("kind", ["missing steps", "noise", "unknown tokens"])
def test_draws_repeat_by_seed(inputs, kind):
    first = perturb(inputs, kind, 0.5, seed=(3, 1))
    assert Perturbation(kind, MODALITIES).random
    assert equal(perturb(inputs, kind, 0.5, seed=(3, 1)), first)
    assert not equal(perturb(inputs, kind, 0.5, seed=(3, 2)), first)
    assert not equal(perturb(inputs, kind, 0.5, seed=(1, 3)), first)


def test_moments_are_those_of_scaled_valid_steps(inputs):
    raw = dict(zip(MODALITIES, (7 * x for x in inputs[:3]), strict=True))
    raw["video"] = np.zeros_like(raw["video"])
    split = Split("test", raw, np.zeros((SAMPLES, 1), "float32"))
    normalizer = FeatureNormalizer(
        {name: np.full(width, 2.0) for name, width in WIDTHS.items()},
        {name: np.full(width, 4.0) for name, width in WIDTHS.items()},
    )
    moments = scaled_moments(split, normalizer)
    scaled = (raw["audio"][inputs[4]] - 2.0) / 4.0
    np.testing.assert_allclose(moments["audio"][0], scaled.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(moments["audio"][1], scaled.std(axis=0), rtol=1e-5)
    assert not np.any(moments["video"])
