"""Acceptance test: `MSASeqLevelModel` is built, called, and learns.

Run it as `python test_seqlevel_model.py`, or by pytest.
"""

import time

import keras
import numpy as np

from models import MSASeqLevelModel
from utils.measures.score_target import ScoreTarget

SEQ_LEN, TEXT_DIM, AUDIO_DIM, VIDEO_DIM = 20, 300, 74, 47  # CMU-MOSI
BATCH = 8


def make_batch(batch=BATCH, lengths=(SEQ_LEN,) * 3, seed=0):
    """Draw three feature sequences whose last steps are padding in some samples."""
    rng = np.random.default_rng(seed)
    sequences = []
    for length, width in zip(lengths, (TEXT_DIM, AUDIO_DIM, VIDEO_DIM), strict=True):
        x = rng.normal(size=(batch, length, width)).astype("float32")
        x[batch // 2 :, length - length // 4 :] = 0.0
        sequences.append(x)
    return tuple(sequences)


def make_model(**options):
    """Make a model in the shape of CMU-MOSI, narrow enough for a quick test."""
    keras.utils.set_random_seed(0)
    options = {"model_dim": 32, "ff_dim": 64, "n_layers_mod": 1, **options}
    return MSASeqLevelModel(SEQ_LEN, TEXT_DIM, AUDIO_DIM, VIDEO_DIM, **options)


def test_default_model_builds_with_all_its_weights():
    model = MSASeqLevelModel(SEQ_LEN, TEXT_DIM, AUDIO_DIM, VIDEO_DIM)
    model.build()
    count = model.count_params()
    assert model(make_batch(2)).shape == (2, 1)
    assert model.count_params() == count > 1_000_000


def test_forward_pass_gives_one_float32_score_a_sample():
    model = make_model()
    for batch in (1, BATCH):
        output = model(make_batch(batch))
        assert output.shape == (batch, 1)
        assert output.dtype == "float32"
        assert np.isfinite(output).all()


def test_masks_may_be_left_to_the_zeros_or_given():
    model, sequences = make_model(), make_batch()
    masks = [np.any(x != 0, axis=-1) for x in sequences]
    by_name = dict(zip(("text", "audio", "video"), sequences, strict=True))
    by_name |= dict(zip(("text_mask", "audio_mask", "video_mask"), masks, strict=True))
    expected = model(sequences)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)
    np.testing.assert_allclose(model(by_name), expected, atol=1e-5)


def test_shorter_sequences_and_longer_padding_are_the_same():
    model = make_model(bidirectional_fusion=True, pooling_method="attention")
    short = make_batch(lengths=(12, 8, 16))
    padded = [np.pad(x, ((0, 0), (0, SEQ_LEN - x.shape[1]), (0, 0))) for x in short]
    np.testing.assert_allclose(model(tuple(padded)), model(short), atol=1e-5)


def test_mixed_precision_computes_in_half_and_answers_in_float32():
    full = make_model()(make_batch())
    for policy, tolerance in (("mixed_float16", 0.02), ("mixed_bfloat16", 0.15)):
        model = make_model(dtype=policy)
        output = model(make_batch())
        assert model.compute_dtype == policy.removeprefix("mixed_")
        assert output.dtype == "float32"
        np.testing.assert_allclose(output, full, atol=tolerance)


def test_explanation_names_weights_and_attention():
    model, sequences = make_model(), make_batch()
    prediction, weights, attention = model.explain(sequences)
    np.testing.assert_allclose(prediction, model(sequences), atol=1e-6)
    np.testing.assert_allclose(np.sum(weights, axis=1), 1.0, atol=1e-5)
    assert attention["fusion/layer_0/text_from_audio"].shape == (BATCH, 4, SEQ_LEN, SEQ_LEN)


def test_training_lowers_the_loss():
    model, sequences = make_model(), make_batch(32)
    target = np.clip(2 * sequences[0][:, 0, :1] + sequences[1][:, 0, :1], -3, 3)
    model.compile(keras.optimizers.Adam(3e-3), "mae", jit_compile=False)
    losses = model.fit(sequences, target, batch_size=16, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    result = ScoreTarget().measured(target, model.predict_on_batch(sequences))
    assert result["Corr"] > 0.8


def main():
    """Run every test of this file, and say what passes."""
    tests = [test for name, test in globals().items() if name.startswith("test_")]
    for number, test in enumerate(tests, start=1):
        print(f"[{number}/{len(tests)}] {test.__name__[5:].replace('_', ' ')} ... ", end="")
        start = time.perf_counter()
        test()
        print(f"passed ({time.perf_counter() - start:.1f} s)", flush=True)
    print(f"OK: all {len(tests)} checks of MSASeqLevelModel passed.")


if __name__ == "__main__":
    main()
