import re

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from utils.batches.normalization import FeatureNormalizer
from utils.formats import Split


@pytest.fixture
def padded():
    rng = np.random.default_rng(0)
    mask = rng.random((30, 7)) < 0.6
    x = (rng.normal(50, 9, size=(30, 7, 4)) * mask[..., None]).astype("float32")
    return x, mask


def fit(method, x, mask, **options):
    split = Split("train", {"audio": np.where(mask[..., None], x, 0)}, np.zeros((len(x), 1)))
    return FeatureNormalizer.fit(method, split, **options)


def scale(normalizer, x, mask):
    return normalizer.apply("audio", x, mask).numpy()


@pytest.mark.parametrize(
    ("method", "reference", "factor"),
    [
        ("standard", StandardScaler(), 1),
        ("robust", RobustScaler(), 1.349),
        ("minmax", MinMaxScaler(), 1),
    ],
)
def test_scales_valid_steps_as_scikit_learn_does(padded, method, reference, factor):
    x, mask = padded
    scaled = scale(fit(method, x, mask), x, mask)
    expected = reference.fit_transform(x[mask].astype("float64")) * factor
    np.testing.assert_allclose(scaled[mask], expected, atol=1e-4)
    assert not scaled[~mask].any()


def test_none_changes_nothing(padded):
    x, mask = padded
    assert np.array_equal(scale(fit("none", x, mask), x, mask), x)


def test_padding_does_not_count(padded):
    x, mask = padded
    longer = np.concatenate([x, np.zeros((30, 50, 4), "float32")], axis=1)
    wider = np.concatenate([mask, np.zeros((30, 50), bool)], axis=1)
    a, b = fit("standard", x, mask), fit("standard", longer, wider)
    np.testing.assert_array_equal(a.shifts["audio"], b.shifts["audio"])
    np.testing.assert_array_equal(a.scales["audio"], b.scales["audio"])


@pytest.mark.parametrize("method", ["standard", "robust", "minmax"])
@pytest.mark.parametrize("constant", [0.0, 0.1, 12345.678])
def test_constant_columns_stay_finite(padded, method, constant):
    x, mask = padded
    x = np.where(mask[..., None], x, 0)
    x[..., 2] = constant
    scaled = scale(fit(method, x, mask), x, mask)
    assert np.isfinite(scaled).all()
    assert np.abs(scaled[..., 2]).max() < 0.01


def test_clip_limits_values(padded):
    x, mask = padded
    normalizer = fit("standard", x, mask, clip=1.5)
    assert np.abs(scale(normalizer, 1000 * x, mask)).max() == 1.5


def test_masked_nan_becomes_zero(padded):
    x, mask = padded
    normalizer = fit("standard", x, mask)
    assert np.isfinite(
        scale(normalizer, np.where(mask[..., None], x, np.float32(np.nan)), mask)
    ).all()


def test_saved_scaling_is_the_same(padded, tmp_path):
    x, mask = padded
    normalizer = fit("robust", x, mask, clip=2.0)
    normalizer.save(tmp_path / "n.npz")
    again = FeatureNormalizer.load(tmp_path / "n.npz")
    assert np.array_equal(scale(again, x, mask), scale(normalizer, x, mask))


def test_errors(padded):
    x, mask = padded
    with pytest.raises(ValueError, match=r"`normalize` must be one of none, .*Received: 'z'"):
        fit("z", x, mask)
    with pytest.raises(ValueError, match=r"audio features must have 4 columns.*Received: 3"):
        fit("standard", x, mask).apply("audio", x[..., :3], mask)


@pytest.mark.parametrize(("limit", "value"), [(1e15, 1e30), (1e4, 1e6)])
def test_features_too_large_to_compute_with_are_named(padded, limit, value):
    x, mask = padded
    x[3, :, 2] = value
    split = Split("train", {"audio": np.where(mask[..., None], x, 0)}, np.zeros((len(x), 1)))
    raw = FeatureNormalizer.fit("none", split)
    with pytest.raises(
        ValueError, match=rf"train, feature 2 of audio.*Received: {re.escape(f'{value:g}')}"
    ):
        raw.check_magnitudes(split, limit)
    FeatureNormalizer.fit("standard", split).check_magnitudes(split, limit)
    FeatureNormalizer.fit("none", split, clip=10).check_magnitudes(split, limit)
