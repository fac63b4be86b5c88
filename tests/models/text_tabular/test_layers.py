import keras
import numpy as np
import pytest

from models import CrossAttentionFusion, FusionGate, MixtureOfExperts, TabAE, combine_tab_data
from tests.models.layer_case import check_layer
from tests.models.numpy_layers import randomise
from tests.models.text_tabular import numpy_models as numpy


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(5, width)).astype("float32") for width in (6, 4)]


def built(layer, *shapes):
    layer.build(*shapes)
    return randomise(layer)


def test_tab_ae_agrees_with_numpy(vectors):
    layer = built(TabAE(6, 3), (None, 6))
    np.testing.assert_allclose(layer(vectors[0]), numpy.tab_ae(layer, vectors[0]), atol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("lengths", [(1, 1), (6, 4)])
def test_cross_attention_fusion_agrees_with_numpy(
    sequence, context, mask, context_mask, lengths, masked
):
    layer = built(CrossAttentionFusion(8, 2), (None, None, 8), (None, None, 8))
    text, tab = sequence[:, : lengths[0]], context[:, : lengths[1]]
    masks = [mask[:, : lengths[0]], context_mask[:, : lengths[1]]]
    given = masks if masked else [np.ones_like(m) for m in masks]
    expected = numpy.cross_attention_fusion(layer, text, tab, *given)
    outputs = layer(text, tab, *(masks if masked else []))
    for ours, theirs in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_second_attention_sees_the_updated_text(sequence, context):
    layer = built(CrossAttentionFusion(8, 2), (None, None, 8), (None, None, 8))
    before = layer(sequence, context)[1].numpy()
    layer.text_norm.beta.assign_add(np.linspace(0, 1, 8))  # changes text' alone
    assert np.abs(layer(sequence, context)[1] - before).max() > 1e-3


def test_what_is_masked_never_reaches_the_other_side(sequence, context, mask, context_mask):
    layer = built(CrossAttentionFusion(8, 2), (None, None, 8), (None, None, 8))
    expected = layer(sequence, context, mask, context_mask)
    spoilt = [
        np.where(m[..., None], x, np.nan) for x, m in ((sequence, mask), (context, context_mask))
    ]
    for ours, theirs in zip(layer(*spoilt, mask, context_mask), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("fusion_dim", [6, 4, 5])
@pytest.mark.parametrize(
    ("cls", "reference", "option"),
    [
        (MixtureOfExperts, numpy.mixture_of_experts, "return_weights"),
        (FusionGate, numpy.fusion_gate, "return_gate"),
    ],
)
def test_mixtures_agree_with_numpy(vectors, cls, reference, option, fusion_dim):
    layer = built(cls(6, 4, fusion_dim), (None, 6), (None, 4))
    outputs = layer(*vectors, **{option: True})
    for ours, theirs in zip(outputs, reference(layer, *vectors), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_array_equal(layer(*vectors), outputs[0])


def test_a_vector_of_the_right_width_is_not_projected():
    layer = MixtureOfExperts(6, 4, 6)
    layer.build((None, 6), (None, 4))
    assert not layer.text_projection.weights
    assert layer.tab_projection.kernel.shape == (4, 6)


RNG = np.random.default_rng(0)
TEXT, TAB = (RNG.normal(size=(2, time, 8)).astype("float32") for time in (6, 4))
VECTORS = {"text": TEXT[:, 0], "tab": TAB[:, 0, :4]}

CASES = {
    CrossAttentionFusion: (
        {"hidden_dim": 8, "num_heads": 2},
        {"text": TEXT, "tab": TAB},
        14,
        ("compute", "compute"),
    ),
    MixtureOfExperts: ({"text_dim": 8, "tab_dim": 4, "fusion_dim": 5}, VECTORS, 6, ("compute",)),
    FusionGate: ({"text_dim": 8, "tab_dim": 4, "fusion_dim": 5}, VECTORS, 6, ("compute",)),
    TabAE: (
        {"input_tab_dim": 8, "hidden_dim": 3, "tab_field_list": ["a"]},
        {"inputs": TEXT[:, 0]},
        4,
        ("compute",),
    ),
}


@pytest.mark.parametrize("cls", CASES, ids=lambda cls: cls.__name__)
def test_layers_live_a_whole_life(cls, tmp_path):
    options, inputs, weights, output_dtypes = CASES[cls]
    check_layer(cls, options, inputs, weights, output_dtypes, tmp_path)


def test_fields_are_combined_in_the_order_of_the_list():
    batch = {
        "age": np.array([1, 2]),
        "kind": np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
        "unused": np.array(["a", "b"]),
        "fee": np.array([5.0, 6.0]),
    }
    combined = combine_tab_data(batch, ["fee", "kind", "age"])
    np.testing.assert_array_equal(combined, [[5, 0, 1, 0, 1], [6, 1, 0, 0, 2]])
    layer = TabAE(None, 3, ["kind", "fee"])
    assert layer(batch).shape == (2, 3) and layer.input_tab_dim == 4
    np.testing.assert_array_equal(layer(batch), layer(layer.combine_tab_data(batch)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CrossAttentionFusion(6, 4), "`hidden_dim` must be a multiple of `num_heads`"),
        (lambda: FusionGate(6, 4, 0), "`fusion_dim` must be a whole number.*Received: 0"),
        (
            lambda: FusionGate(6, 4, 4)(np.ones((2, 5)), np.ones((2, 4))),
            r"`text` must have shape \(batch, 6\)",
        ),
        (
            lambda: MixtureOfExperts(6, 4, 4)(np.ones((2, 6)), np.ones((2, 1, 4))),
            r"`tab` must have",
        ),
        (
            lambda: CrossAttentionFusion(8)(np.ones((2, 8)), np.ones((2, 1, 8))),
            "`text` must have rank 3",
        ),
        (lambda: TabAE(3, 2)(np.ones((2, 4))), r"shape \(batch, 3\)"),
        (lambda: combine_tab_data({"a": np.ones(2)}, ["a", "b"]), "Missing: b"),
        (lambda: combine_tab_data({"a": np.ones(2)}, []), "Missing: any field"),
        (
            lambda: combine_tab_data({"a": np.ones((2, 1, 1))}, ["a"]),
            r"Received: shape \(2, 1, 1\)",
        ),
    ],
)
def test_wrong_arguments_and_inputs_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_half_precision_weights_stay_a_distribution(vectors):
    layer = MixtureOfExperts(6, 4, 5, dtype="mixed_float16")
    fused, weights = layer(*vectors, return_weights=True)
    assert fused.dtype == "float16" and weights.dtype == "float32"
    np.testing.assert_allclose(keras.ops.sum(weights, axis=1), 1, atol=1e-6)
