import keras
import numpy as np
import pytest
import tensorflow as tf

from models import MODELS, EnsembleModel, RawFeatureModel, TextEncoder, TextEncoderModel, load_model
from tests.models.small_encoders import BERT, VOCABULARY, WIDTH
from tests.models.tiny import MODALITIES, SEQ_LEN, sizes

BATCH, PIECES = 3, 3
SPECIAL = {"start_token": 1, "end_token": 2}


def make_inner(name, members=1, **options):
    model = MODELS[name](SEQ_LEN, WIDTH, 4, 3, **{**sizes(name), **options})
    return EnsembleModel(model, members) if members > 1 else model


def make_encoder(steps="word", dropout=0.0, **options):
    return TextEncoder({**BERT, "dropout": dropout}, steps, **SPECIAL, **options)


def make_model(name="lf_dnn", members=1, pieces=PIECES, encoder=None, **options):
    keras.utils.set_random_seed(0)
    inner = make_inner(name, members, **options)
    model = TextEncoderModel(inner, encoder or make_encoder(), pieces)
    model.build()
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign_add(rng.normal(size=weight.shape) * 0.1)
    return model


@pytest.fixture(scope="module")
def inputs():
    """Token numbers with padding in front, a hole and padding behind; audio and video."""
    rng = np.random.default_rng(0)
    text = rng.integers(1, VOCABULARY + 1, (BATCH, SEQ_LEN, PIECES)).astype("float32")
    text[0, :2] = text[1, 3] = text[2, 4:] = 0
    text[:, :, 2] *= rng.random((BATCH, SEQ_LEN)) < 0.5
    return (text, *(rng.normal(size=(BATCH, SEQ_LEN, d)).astype("float32") for d in (4, 3)))


@pytest.fixture(scope="module")
def labels():
    return np.array([[1.0], [-2.0], [0.5]], "float32")


def named(inputs, **more):
    return {**dict(zip(MODALITIES, inputs, strict=True)), **more}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_gets_the_encoded_text(name, inputs):
    model = make_model(name)
    vectors, mask = model.encode(inputs[0])
    expected = model.model.explain(named((vectors, *inputs[1:]), text_mask=mask))
    found = model.explain(inputs)
    np.testing.assert_allclose(found.prediction, expected.prediction, atol=1e-5)
    assert set(found.attention) == set(expected.attention)


def test_vectors_that_were_encoded_before_give_the_same(inputs):
    model = make_model()
    vectors, mask = model.encode(inputs[0])
    np.testing.assert_array_equal(mask, inputs[0].any(axis=-1))
    encoded = model.encoder(inputs[0].astype(int) - 1).numpy()
    spread = np.sqrt(encoded.var(axis=-1, keepdims=True) + model.norm.epsilon)
    expected = (encoded - encoded.mean(axis=-1, keepdims=True)) / spread
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    given = {"text_vectors": vectors, "text_mask": mask, "audio": inputs[1], "video": inputs[2]}
    np.testing.assert_allclose(model(given), model(inputs), atol=1e-5)


@pytest.mark.parametrize(("name", "members"), [("misa", 2), ("self_mm", 1), ("self_mm", 2)])
def test_penalties_and_tasks_count_as_without_the_encoder(name, members, inputs, labels, eagerly):
    options = {"dropout_rate": 0.0}
    options |= {"train_samples": BATCH} if MODELS[name].remembers_samples else {}
    model = make_model(name, members, **options)
    assert model.remembers_samples == (name == "self_mm") and not model.packs_samples
    vectors, mask = model.encode(inputs[0])
    rows = {"row": np.arange(BATCH)} if model.remembers_samples else {}
    totals = []
    for one, given in (
        (model.model, named((vectors, *inputs[1:]), text_mask=mask, **rows)),
        (model, named(inputs, **rows)),
    ):
        one.compile("sgd", "mae")
        outputs = one(given, training=True)
        totals.append(float(one.compute_loss(None, labels, outputs, None, True)))
    assert totals[1] == pytest.approx(totals[0], rel=1e-5)


def test_an_ensemble_learns_by_the_loss_that_the_whole_is_compiled_with(inputs, labels, eagerly):
    model = make_model("lf_dnn", members=2, dropout_rate=0.0)
    model.compile("sgd", "mse")
    total = model.compute_loss(None, labels, model(inputs, training=True), None, True)
    vectors, mask = model.encode(inputs[0])
    given = named((vectors, *inputs[1:]), text_mask=mask)
    own = [np.mean((member(given) - labels) ** 2) for member in model.model.members]
    assert float(total) == pytest.approx(np.mean(own), rel=1e-5)


@pytest.mark.parametrize("steps", ["token", "word", "text"])
def test_masks_hold_what_they_promise(steps, inputs):
    text, audio, video = inputs
    pieces = 1 if steps == "token" else PIECES
    model = make_model(encoder=make_encoder(steps), pieces=pieces)
    inputs = (text[..., :pieces], audio, video)
    expected = model(inputs)
    mask = inputs[0].any(axis=-1)
    spoilt = np.where(mask[..., None], inputs[0], np.nan)
    given = named((spoilt, audio, video), text_mask=mask)
    np.testing.assert_allclose(model(given), expected, atol=1e-5)
    np.testing.assert_allclose(model([x[:1] for x in inputs]), expected[:1], atol=1e-5)
    shorter = [x[2:, :4] for x in inputs]
    longer = [np.pad(x, ((0, 0), (0, 2), (0, 0))) for x in shorter]
    np.testing.assert_allclose(model(longer), model(shorter), atol=1e-5)
    absent = model([np.zeros_like(inputs[0]), audio, video])
    assert np.isfinite(absent).all()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_does_not_round_token_numbers(policy):
    source = {**BERT, "vocabulary_size": 1000, "dropout": 0.0}
    encoder = TextEncoder(source, "word", dtype=policy)
    inner = make_inner("lf_dnn", dtype=policy)
    model = TextEncoderModel(inner, encoder, 1)
    seen = []
    encoder.call = lambda ids, call=encoder.call, **options: (
        seen.append(ids) or call(ids, **options)
    )
    text = np.array([[[999.0], [998.0]]], "float32")
    score = model((text, np.ones((1, 2, 4)), np.ones((1, 2, 3))))
    np.testing.assert_array_equal(seen[0], text - 1)
    assert model.dtype_policy.name == policy and score.dtype == "float32"


def test_it_is_loaded_as_it_was_saved(inputs, labels, tmp_path, eagerly):
    model = make_model("lf_dnn", members=2)
    model.compile("adam", "mae")
    model.fit(inputs, labels, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs), model(inputs))
    assert loaded.get_config() == model.get_config()


def test_it_fits_in_a_graph(inputs, labels):
    model = make_model(encoder=make_encoder("text", 0.1, trainable_layers=1))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    data = tf.data.Dataset.from_tensor_slices((inputs, labels)).batch(2).repeat(10)
    losses = model.fit(data, epochs=2, verbose=0, shuffle=False).history["loss"]
    assert losses[1] < losses[0]


def test_it_works_behind_scaling(inputs):
    model = make_model("lf_dnn")
    widths = dict(zip(MODALITIES, model.widths, strict=True))
    shifts = {name: [0.0 if name == "text" else 0.5] * width for name, width in widths.items()}
    scales = {name: [1.0 if name == "text" else 2.0] * width for name, width in widths.items()}
    raw = RawFeatureModel(model, shifts, scales)
    text, audio, video = inputs
    expected = model((text, (audio - 0.5) / 2, (video - 0.5) / 2))
    np.testing.assert_allclose(raw(inputs), expected, atol=1e-5)
    text_alone = RawFeatureModel(model, shifts, scales, modalities=["text"])
    assert np.isfinite(text_alone({"text": text})).all()


def test_output_starts_where_it_is_told(inputs):
    for members in (1, 2):
        model = make_model("lf_dnn", members)
        model.start_output_at(2.0)
        assert len(model.output_layers()) == members
        assert all(float(layer.bias[0]) == 2.0 for layer in model.output_layers())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: TextEncoderModel(MODELS["lf_dnn"](6, 5, 4, 3), make_encoder(), 3),
            "`text_dim` of the model must be the encoder's width, 16. Received: text_dim=5",
        ),
        (
            lambda: TextEncoderModel(make_inner("lf_dnn"), make_encoder("token"), 2),
            "`pieces` must be 1 .*Received: 2",
        ),
        (lambda: TextEncoderModel(make_inner("lf_dnn"), make_encoder(), 0), "`pieces` must be"),
    ],
)
def test_parts_that_do_not_fit_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_wrong_inputs_are_named(inputs):
    model, (text, audio, video) = make_model(), inputs
    vectors = np.ones((BATCH, SEQ_LEN, WIDTH), "float32")
    for given, message in (
        ((text[..., :2], audio, video), "`text` must have 3 features"),
        (named(inputs, text_vectors=vectors), "either `text` or `text_vectors`. Received: both"),
        (
            {"text_vectors": text, "audio": audio, "video": video},
            "`text_vectors` must have 16 features",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            model(given)
