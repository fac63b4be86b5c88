import keras
import numpy as np
import pytest

from models import RawFeatureModel
from tests.models.tiny import MODALITIES, WIDTHS, make_masks, make_model, make_sequences

POLICIES = ("float32", "mixed_bfloat16")


def scaling(clip=None, **options):
    """Return arguments of a `RawFeatureModel`, all of them away from 0 and 1."""
    rng = np.random.default_rng(0)
    widths = dict(zip(MODALITIES, WIDTHS, strict=True))
    shifts = {name: rng.normal(size=width) for name, width in widths.items()}
    scales = {name: rng.uniform(0.5, 2, size=width) for name, width in widths.items()}
    return {"shifts": shifts, "scales": scales, "clip": clip, **options}


def by_hand(sequences, masks, shifts, scales, clip=None):
    found = []
    for name, x, mask in zip(MODALITIES, sequences, masks, strict=True):
        x = (np.where(np.isfinite(x), x, 0) - shifts[name]) / scales[name]
        x = x if clip is None else np.clip(x, -clip, clip)
        found.append(np.where(mask[..., None], x, 0).astype("float32"))
    return (*found, *masks)


@pytest.mark.parametrize("clip", [None, 0.7])
@pytest.mark.parametrize("policy", POLICIES)
def test_raw_features_give_what_scaled_ones_give(policy, clip, tmp_path):
    model, options = make_model("msa", dtype=policy), scaling(clip)
    raw = RawFeatureModel(model, **options)
    sequences = [10 * x for x in make_sequences()]
    sequences[0][1, 2] = np.nan
    sequences[1][0, 0, 0] = -np.inf
    for masks in (make_masks(), [np.any(np.isfinite(x) & (x != 0), axis=-1) for x in sequences]):
        expected = model(by_hand(sequences, masks, **options))
        np.testing.assert_allclose(raw((*sequences, *masks)), expected, atol=1e-5)
    np.testing.assert_allclose(raw(sequences), expected, atol=1e-5)  # masks made from zeros
    np.testing.assert_allclose(raw.explain(sequences).prediction, expected, atol=1e-5)
    raw.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(sequences), raw(sequences))
    assert loaded.model.dtype_policy.name == policy
    np.testing.assert_array_equal(loaded.model(sequences), model(sequences))


def test_a_modality_that_is_not_used_is_absent_and_need_not_be_there():
    model, options = make_model("seqlevel"), scaling()
    raw = RawFeatureModel(model, **options, modalities=["text", "audio"])
    sequences, masks = make_sequences(), list(make_masks())
    masks[2] = np.zeros_like(masks[2])
    expected = model(by_hand(sequences, masks, **options))
    np.testing.assert_allclose(raw((*sequences, *masks)), expected, atol=1e-5)
    ruined = (*sequences[:2], np.full_like(sequences[2], np.nan), *masks[:2], ~masks[2])
    np.testing.assert_allclose(raw(ruined), expected, atol=1e-5)
    given = {"text": sequences[0], "audio": sequences[1]}
    given |= {"text_mask": masks[0], "audio_mask": masks[1]}
    np.testing.assert_allclose(raw(given), expected, atol=1e-5)


def test_it_trains_as_any_keras_model(eagerly):
    raw = RawFeatureModel(make_model("lf_dnn"), **scaling())
    raw.compile("adam", "mae")
    sequences = make_sequences(batch=8)
    losses = raw.fit(sequences, np.ones((8, 1)), epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
