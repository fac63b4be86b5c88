import keras
import numpy as np
import pytest
import tensorflow as tf

from models import TextEncoder
from tests.models.numpy_encoder import hidden_states
from tests.models.small_encoders import BERT, LONGEST, VOCABULARY, WIDTH, WORDS, write_folder

START, END = 1, 2
SPECIAL = {"start_token": START, "end_token": END}
SOURCE = {**BERT, "dropout": 0.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("bert"), "bert")


def alone(folder, *ids):
    """Hidden states of one text of token ids, special tokens included, by NumPy."""
    return hidden_states(folder, np.array([START, *ids, END]))


def randomised(encoder, seed=0):
    rng = np.random.default_rng(seed)
    for weight in encoder.weights:
        weight.assign_add(rng.normal(size=weight.shape) * 0.2)
    return encoder


def loss_and_gradients(encoder, ids, seed=7):
    """A loss in training, and the gradients of the trained weights."""
    weights = {id(weight) for weight in encoder.weights}
    for variable in encoder.variables:
        if id(variable) not in weights:
            variable.assign(keras.ops.ones_like(variable) * seed)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((encoder(ids, training=True) - 1.0) ** 2)
    gradients = tape.gradient(loss, [w.value for w in encoder.trainable_weights])
    assert all(g is not None for g in gradients)
    return float(loss), [np.array(tf.convert_to_tensor(g)) for g in gradients]


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_words_are_pooled_from_the_whole_sentence(folder, pooling):
    encoder = TextEncoder(folder, "word", pooling, **SPECIAL)
    vectors = encoder(WORDS).numpy()
    expected = np.zeros((2, 4, WIDTH))
    for sample, words in enumerate(WORDS):
        states = alone(folder, *words[words >= 0])
        place = 1
        for step, word in enumerate(words):
            own = states[place : place + np.sum(word >= 0)]
            place += len(own)
            if len(own):
                expected[sample, step] = own.mean(axis=0) if pooling == "mean" else own[0]
    np.testing.assert_allclose(vectors, expected, atol=1e-4)
    np.testing.assert_array_equal(encoder.step_mask(WORDS), (WORDS >= 0).any(axis=-1))


def test_tokens_are_the_hidden_states_of_the_sentence(folder):
    encoder = TextEncoder(folder, **SPECIAL)
    ids = np.array([[-1, 5, 6, -1, 7], [8, 9, -1, -1, -1]])
    vectors = encoder(ids).numpy()
    np.testing.assert_allclose(vectors[0, [1, 2, 4]], alone(folder, 5, 6, 7)[1:-1], atol=1e-4)
    np.testing.assert_allclose(vectors[1, :2], alone(folder, 8, 9)[1:-1], atol=1e-4)
    assert not vectors[ids < 0].any()


@pytest.mark.parametrize("pooling", ["mean", "first", "pooled"])
def test_texts_are_encoded_each_by_itself(folder, pooling):
    encoder = TextEncoder(folder, "text", pooling, **SPECIAL)
    kernel, bias = (w.numpy() for w in encoder.backbone.pooled_dense.weights)
    vectors = encoder(WORDS).numpy()
    for text, vector in zip(WORDS.reshape(-1, 3), vectors.reshape(-1, WIDTH), strict=True):
        expected = np.zeros(WIDTH)
        if (text >= 0).any():
            states = alone(folder, *text[text >= 0])
            expected = states.mean(axis=0) if pooling == "mean" else states[0]
            expected = np.tanh(expected @ kernel + bias) if pooling == "pooled" else expected
        np.testing.assert_allclose(vector, expected, atol=1e-4)


@pytest.mark.parametrize("steps", ["token", "word", "text"])
def test_masks_hold_what_they_promise(steps):
    encoder = randomised(TextEncoder(SOURCE, steps, **SPECIAL))
    ids = WORDS.reshape(2, -1) if steps == "token" else WORDS
    expected = encoder(ids)
    spoilt, mask = np.where(ids < 0, 3, ids), ids >= 0
    np.testing.assert_allclose(encoder(spoilt, mask), expected, atol=1e-5)
    more = ((0, 0), (0, 2), *(((0, 1),) if steps != "token" else ()))
    padded = encoder(np.pad(ids, more, constant_values=-1))
    np.testing.assert_allclose(padded[:, : ids.shape[1]], expected, atol=1e-5)
    np.testing.assert_allclose(encoder(ids[:1]), expected[:1], atol=1e-5)
    assert not encoder(np.full_like(ids, -1)).numpy().any()
    assert encoder(ids[:0]).shape == (0, ids.shape[1], WIDTH)


@pytest.mark.parametrize("special", [SPECIAL, {}], ids=["special", "none"])
@pytest.mark.parametrize("steps", ["token", "word", "text"])
def test_unknown_and_static_shapes_give_the_same(steps, special):
    encoder = randomised(TextEncoder(SOURCE, steps, **special))
    ids = WORDS.reshape(2, -1) if steps == "token" else WORDS
    expected = encoder(ids)
    signature = [tf.TensorSpec([None] * ids.ndim, "int64")]
    dynamic = tf.function(encoder, input_signature=signature, autograph=False)
    np.testing.assert_allclose(dynamic(ids), expected, atol=1e-5)
    assert not dynamic(np.full_like(ids, -1)).numpy().any()
    encoder.static_shapes = True
    assert encoder.supports_jit
    np.testing.assert_allclose(encoder(ids), expected, atol=1e-5)


def test_xla_compiles_static_shapes():
    encoder = randomised(TextEncoder(SOURCE, "text", **SPECIAL))
    expected = encoder(WORDS)
    encoder.static_shapes = True
    compiled = tf.function(encoder, jit_compile=True, autograph=False)
    np.testing.assert_allclose(compiled(tf.constant(WORDS)), expected, atol=1e-5)


def test_equal_texts_are_encoded_once(monkeypatch):
    encoder = TextEncoder({**BERT, "dropout": 0.5}, "text", **SPECIAL)
    seen = []

    def pooled(ids, count, training, original=encoder._pooled):
        seen.append(tuple(ids.shape))
        return original(ids, count, training)

    monkeypatch.setattr(encoder, "_pooled", pooled)
    ids = np.array([[[5, 6, -1, -1], [7, 8, -1, -1], [5, -1, 6, -1]], [[7, 8, -1, -1]] * 3])
    vectors = encoder(ids, training=True).numpy()
    assert seen == [(2, 2)]
    np.testing.assert_array_equal(vectors[0, 0], vectors[0, 2])
    np.testing.assert_array_equal(vectors[1, 0], vectors[0, 1])


@pytest.mark.parametrize("name", ["bert", "deberta_v3"])
def test_dense_layers_see_no_padding(name, monkeypatch):
    source = {"class": name, **SOURCE} | ({"bucket_size": 4} if name == "deberta_v3" else {})
    encoder = randomised(TextEncoder(source, "text", **SPECIAL))
    dense, seen = encoder._parts.layers[0]._feedforward_intermediate_dense, []
    monkeypatch.setattr(
        dense, "call", lambda x, original=dense.call, **_: seen.append(x.shape) or original(x)
    )
    ids = np.full((1, 5, 7), -1)
    for text, length in enumerate((7, 2, 6, 0, 3)):
        ids[0, text, :length] = 5 + text + np.arange(length)
    loss, gradients = loss_and_gradients(encoder, ids)
    assert seen == [(1, 18 + 5 * 2, seen[0][-1])]

    encoder.static_shapes = True
    in_rows = loss_and_gradients(encoder, ids)
    assert seen[1] == (5, 7 + 2, seen[0][-1])
    np.testing.assert_allclose(loss, in_rows[0], rtol=1e-5)
    for line, rows in zip(gradients, in_rows[1], strict=True):
        np.testing.assert_allclose(line, rows, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "trainable_layers", "pooling"),
    [
        ("bert", None, "pooled"),
        ("bert", 1, "pooled"),
        ("bert", 0, "pooled"),
        ("bert", None, "mean"),
        ("roberta", 1, "mean"),
        ("electra", 2, "first"),
        ("deberta_v3", 1, "mean"),
    ],
)
def test_upper_layers_are_trained_and_frozen_ones_have_no_dropout(name, trainable_layers, pooling):
    source = {"class": name, **BERT, "dropout": 0.4}
    encoder = TextEncoder(source, "text", pooling, trainable_layers, **SPECIAL)
    groups = encoder.layer_groups()
    assert len(groups) == 3 + (pooling == "pooled")
    trained = [any(layer.trainable_weights for layer in group) for group in groups]
    count = 2 if trainable_layers is None else trainable_layers
    upper = [i >= 2 - count for i in range(2)] + [count > 0] * (pooling == "pooled")
    assert trained == [trainable_layers is None, *upper]
    grouped = [id(w) for group in groups for layer in group for w in layer.trainable_weights]
    assert sorted(grouped) == sorted(id(w) for w in encoder.trainable_weights)
    assert encoder.frozen == (trainable_layers == 0)
    _, gradients = loss_and_gradients(encoder, WORDS)
    assert all(np.abs(g).max() > 0 for g in gradients)
    varied = np.abs(encoder(WORDS, training=True) - encoder(WORDS)).max() > 1e-4
    assert varied == (trainable_layers != 0)


def test_layers_can_be_thawed_later():
    encoder = TextEncoder(SOURCE, trainable_layers=0)
    assert not encoder.trainable_weights
    encoder.trainable_layers = None
    assert len(encoder.trainable_weights) == len(encoder.weights) - 2  # without the pooler's
    assert encoder.get_config()["trainable_layers"] is None


def test_repeated_layers_of_albert_are_one():
    encoder = TextEncoder({"class": "albert", **BERT, "num_layers": 3}, trainable_layers=1)
    assert encoder.n_layers == 1 and len(encoder.layer_groups()) == 2


def test_layers_behind_a_frozen_encoder_keep_their_dropout():
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder = TextEncoder(SOURCE, trainable_layers=0)
            self.dropout = keras.layers.Dropout(0.5)

        def call(self, ids):
            return self.dropout(self.encoder(ids))

    dropped = Model()(WORDS[:, :, 0], training=True).numpy()
    assert 0.3 < np.mean(dropped[WORDS[:, :, 0] >= 0] == 0) < 0.7


@pytest.mark.parametrize("name", ["bert", "albert", "deberta_v3"])
def test_checkpointing_changes_no_gradient(name):
    source = {"class": name, **BERT, "dropout": 0.3}
    plain, checkpointing = (
        TextEncoder(source, "word", gradient_checkpointing=on, **SPECIAL) for on in (False, True)
    )
    checkpointing.set_weights(plain.get_weights())
    (loss, gradients), (other_loss, others) = (
        loss_and_gradients(encoder, WORDS) for encoder in (plain, checkpointing)
    )
    assert other_loss == pytest.approx(loss, rel=1e-6)
    for ours, theirs in zip(others, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    np.testing.assert_array_equal(checkpointing(WORDS), plain(WORDS))
    assert loss_and_gradients(plain, WORDS, seed=8)[0] != pytest.approx(loss, rel=1e-4)


def test_words_beyond_the_longest_sequence_count_as_absent():
    encoder = randomised(TextEncoder(SOURCE, "word", **SPECIAL))
    ids = np.random.default_rng(0).integers(3, VOCABULARY, (1, 12, 3))
    fit = LONGEST - 2
    cut = np.where(np.arange(36).reshape(1, 12, 3) < fit, ids, -1)
    np.testing.assert_array_equal(encoder.step_mask(ids), [[True] * 8 + [False] * 4])
    np.testing.assert_allclose(encoder(ids), encoder(cut), atol=1e-6)
    encoder.static_shapes = True
    np.testing.assert_allclose(encoder(ids), encoder(cut), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": "words"}, "`steps` must be one of 'token', 'word', 'text'"),
        ({"pooling": "max"}, "`pooling` must be one of"),
        ({"steps": "word", "pooling": "pooled"}, "`pooling` may be .*Received: steps='word', bert"),
        (
            {"source": {"class": "roberta"}, "steps": "text", "pooling": "pooled"},
            "Received: steps='text', roberta",
        ),
        ({"trainable_layers": 3}, "`trainable_layers` must be .*0 to 2,.*Received: 3"),
        ({"start_token": 99}, "`start_token` must be a token id from 0 to 39.*Received: 99"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        TextEncoder(**{"source": SOURCE, **options})


@pytest.mark.parametrize(
    ("steps", "shape", "mask", "message"),
    [
        ("token", (2, 3, 1), None, r"shape \(batch, time\) for `steps=\"token\"`"),
        ("text", (2, 3), None, r"shape \(batch, time, pieces\)"),
        ("text", (2, 3, 4), (2, 3), r"Received: \(2, 3, 4\) and \(2, 3\)"),
        ("token", (2, 23), None, r"at most 22 tokens.*shape \(2, 23\)"),
        ("text", (2, 1, 23), None, "at most 22 tokens"),
    ],
)
def test_wrong_shapes_are_named(steps, shape, mask, message):
    encoder = TextEncoder(SOURCE, steps, **SPECIAL)
    masks = {} if mask is None else {"mask": np.ones(mask, bool)}
    with pytest.raises(ValueError, match=message):
        encoder(np.ones(shape, int), **masks)
    symbols = {name: keras.Input(x.shape[1:]) for name, x in masks.items()}
    with pytest.raises(ValueError, match=message.replace("(2,", "(None,")):
        encoder(keras.Input(shape[1:]), **symbols)
