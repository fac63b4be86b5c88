import keras
import numpy as np
import pytest

from models import TextBertBase
from tests.models.text_tabular.small import BERT, make_batch


@pytest.fixture(scope="module")
def tokens():
    batch = make_batch()
    return batch["review_processed_input_ids"], batch["review_processed_attention_mask"]


@pytest.fixture(scope="module")
def encoder(tokens):
    keras.utils.set_random_seed(0)
    encoder = TextBertBase(5, BERT)
    encoder(*tokens)
    return encoder


def test_is_the_mean_of_the_pooled_output_of_the_chunks_that_hold_a_token(encoder, tokens):
    ids, mask = tokens
    vectors = np.zeros((len(ids), 16))
    for i in range(len(ids)):
        chunks = [j for j in range(ids.shape[1]) if mask[i, j].any()]
        for j in chunks:
            inputs = {
                "token_ids": ids[i, j][None],
                "padding_mask": mask[i, j][None],
                "segment_ids": np.zeros_like(ids[i, j])[None],
            }
            vectors[i] += encoder.bert(inputs)["pooled_output"][0] / len(chunks)
    kernel, bias = (w.numpy() for w in encoder.projection.weights)
    np.testing.assert_allclose(encoder(ids, mask), vectors @ kernel + bias, atol=1e-5)


def test_one_chunk_may_go_without_its_axis(encoder, tokens):
    ids, mask = (x[:, 0] for x in tokens)
    np.testing.assert_allclose(encoder(ids, mask), encoder(ids[:, None], mask[:, None]), atol=1e-6)


@pytest.mark.parametrize("pooling", ["pooled", "mean"])
def test_padding_and_empty_chunks_change_nothing(tokens, pooling):
    encoder = TextBertBase(5, BERT, pooling=pooling)
    ids, mask = tokens
    expected = encoder(ids, mask)
    more = ((0, 0), (0, 1), (0, 3))
    padded = encoder(np.pad(ids, more, constant_values=7), np.pad(mask, more))
    np.testing.assert_allclose(padded, expected, atol=1e-5)
    encoder.projection.bias.assign(np.arange(5))
    nothing = encoder(ids, np.zeros_like(mask))
    np.testing.assert_allclose(nothing, np.tile(np.arange(5), (4, 1)), atol=1e-6)


@pytest.mark.parametrize("freeze_layers", [0, 1, 2])
def test_frozen_layers_are_those_from_below(freeze_layers):
    encoder = TextBertBase(5, BERT, freeze_layers=freeze_layers)
    trained = {weight.path.split("/")[1] for weight in encoder.bert.trainable_weights}
    trained |= {weight.path.split("/")[0] for weight in encoder.bert.trainable_weights}
    for layer in range(2):
        assert (f"transformer_layer_{layer}" in trained) == (layer >= freeze_layers)
    assert ("token_embedding" in trained) == (freeze_layers == 0)
    assert ("pooled_dense" in trained) == (freeze_layers < 2)
    assert encoder.frozen == (freeze_layers == 2)


def test_a_frozen_bert_has_no_dropout(tokens):
    encoder = TextBertBase(5, {**BERT, "dropout": 0.5}, freeze_layers=2)
    np.testing.assert_array_equal(encoder(*tokens, training=True), encoder(*tokens))
    encoder = TextBertBase(5, {**BERT, "dropout": 0.5}, freeze_layers=1)
    assert np.abs(encoder(*tokens, training=True) - encoder(*tokens)).max() > 1e-4


def test_config_describes_the_backbone_and_not_where_it_came_from(encoder):
    config = encoder.get_config()
    assert {**config["backbone"], **BERT} == config["backbone"]
    again = TextBertBase.from_config(config)
    assert [w.shape for w in again.bert.weights] == [w.shape for w in encoder.bert.weights]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"freeze_layers": 3}, "`freeze_layers` must be .* 0 to 2, .*Received: 3"),
        ({"pooling": "max"}, "`pooling` must be one of 'pooled', 'mean'. Received: 'max'"),
        ({"backbone": "/nowhere"}, "The text encoder must be .*Received: '/nowhere'"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        TextBertBase(5, **{"backbone": BERT, **options})


def test_wrong_shapes_are_named(encoder):
    with pytest.raises(ValueError, match=r"Received: \(2, 3\) and \(2, 1, 3\)"):
        encoder(np.ones((2, 3), int), np.ones((2, 1, 3), int))
