import numpy as np
import pytest

from models import AdaptiveFusionHead, CrossModalFusion
from tests.models import numpy_layers


@pytest.fixture(scope="module")
def sequences():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(2, time, 8)).astype("float32") for time in (6, 4, 5)]


@pytest.fixture(scope="module")
def masks():
    lengths = ((6, 3), (2, 4), (5, 1))
    return [
        np.arange(time) < np.array(n)[:, None] for time, n in zip((6, 4, 5), lengths, strict=True)
    ]


def cleared(x, mask):
    return np.where(mask[..., None], x, 0.0)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_modalities_attend_in_the_stated_order(sequences, masks, bidirectional):
    fusion = CrossModalFusion(8, 2, 12, n_layers=2, bidirectional=bidirectional)
    fusion.build(*[(None, None, 8)] * 3)
    numpy_layers.randomise(fusion)
    by_name = dict(zip(("text", "audio", "video"), sequences, strict=True))
    mask_of = dict(zip(("text", "audio", "video"), masks, strict=True))
    order = [("text", "audio"), ("text", "video")]
    if bidirectional:
        order += [("audio", "text"), ("video", "text")]
    for blocks in fusion.layer_blocks:
        for (query, context), block in zip(order, blocks, strict=True):
            x, y = (cleared(by_name[name], mask_of[name]) for name in (query, context))
            allowed = np.broadcast_to(mask_of[context][:, None], (2, x.shape[1], y.shape[1]))
            by_name[query] = numpy_layers.block(block, x, y, allowed)
    fused = fusion(*sequences, *masks)
    for output, (name, expected) in zip(fused, by_name.items(), strict=True):
        valid = mask_of[name]
        np.testing.assert_allclose(output.numpy()[valid], expected[valid], atol=1e-5, err_msg=name)


def test_attention_maps_are_named_by_layer_and_direction(sequences):
    fusion = CrossModalFusion(8, 2, 12, n_layers=2, bidirectional=True)
    *fused, maps = fusion(*sequences, return_attention=True)
    assert [x.shape for x in fused] == [x.shape for x in sequences]
    lengths = {"text": 6, "audio": 4, "video": 5}
    assert {name: value.shape for name, value in maps.items()} == {
        f"fusion/layer_{i}/{query}_from_{context}": (2, 2, lengths[query], lengths[context])
        for i in (0, 1)
        for query, context in (
            ("text", "audio"),
            ("text", "video"),
            ("audio", "text"),
            ("video", "text"),
        )
    }


def test_one_way_fusion_leaves_audio_and_video_as_they_are(sequences):
    _, audio, video = CrossModalFusion(8, 2, 12)(*sequences)
    np.testing.assert_array_equal(audio, sequences[1])
    np.testing.assert_array_equal(video, sequences[2])


@pytest.mark.parametrize("method", ["mean", "attention", "last"])
def test_head_pools_weighs_and_sums(sequences, masks, method):
    head = AdaptiveFusionHead(8, pooling_method=method)
    head.build([(None, None, 8)] * 3)
    numpy_layers.randomise(head)
    vectors = np.zeros((2, 3, 8))
    for i, b in np.ndindex(3, 2):
        steps = sequences[i][b, masks[i][b]]
        if method == "attention":
            shares = numpy_layers.softmax(numpy_layers.dense(steps, head.poolings[i].scores)[:, 0])
            vectors[b, i] = shares @ steps
        else:
            vectors[b, i] = steps.mean(axis=0) if method == "mean" else steps[-1]
    scores = numpy_layers.dense(vectors.reshape(2, 24), head.weighting.scores)
    weights = np.stack([numpy_layers.softmax(row) for row in scores])
    fused, got = head(sequences, modality_masks=masks, return_weights=True)
    np.testing.assert_allclose(got, weights, atol=1e-5)
    np.testing.assert_allclose(fused, np.einsum("bm,bmd->bd", weights, vectors), atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_absent_modalities_weigh_nothing_and_the_others_sum_to_one(sequences, policy):
    head = AdaptiveFusionHead(8, dtype=policy)
    present = np.ones((2, 3), bool)
    present[0, 1] = False
    masks = [np.repeat(present[:, i, None], x.shape[1], axis=1) for i, x in enumerate(sequences)]
    pairs = zip(sequences, masks, strict=True)
    bad = [np.where(mask[..., None], x, np.nan) for x, mask in pairs]
    fused, weights = head(bad, modality_masks=masks, return_weights=True)
    assert weights.dtype == "float32" and weights[0, 1] == 0
    np.testing.assert_allclose(weights.numpy().sum(1), 1.0, atol=1e-6)
    assert np.isfinite(fused.numpy().astype("float32")).all()


def test_nothing_present_gives_zero(sequences):
    masks = [np.zeros(x.shape[:2], bool) for x in sequences]
    fused, weights = AdaptiveFusionHead(8)(sequences, modality_masks=masks, return_weights=True)
    assert np.all(fused == 0) and np.all(weights == 0)


def test_a_missing_mask_means_all_valid(sequences, masks):
    head = AdaptiveFusionHead(8)
    everything = [np.ones(x.shape[:2], bool) for x in sequences]
    np.testing.assert_allclose(head(sequences), head(sequences, everything), atol=1e-6)
    mixed = head(sequences, [None, masks[1], None])
    np.testing.assert_allclose(mixed, head(sequences, [everything[0], masks[1], everything[2]]))
