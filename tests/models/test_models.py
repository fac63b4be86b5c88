import json

import keras
import numpy as np
import pytest

from models import BASELINES, MODELS, AdaptiveFusionHead, CrossModalFusion, MultimodalModel
from tests.models.layer_case import POLICIES
from tests.models.tiny import (
    MODALITIES,
    SEQ_LEN,
    WIDTHS,
    make_masks,
    make_model,
    make_sequences,
    sizes,
)

HOUSE_MODELS = ("seqlevel", "msa", "improved", "balanced")
# Their common base reads inputs, builds and counts; one baseline of each kind stands for all.
KINDS = (*HOUSE_MODELS, "ef_lstm", "graph_mfn", "mult")
NO_PENALTY = {"improved": {"l2": 0.0}, "balanced": {"l2": 0.0, "head_dropout": 0.0}}


@pytest.fixture(scope="module", params=MODELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def model(name):
    return make_model(name)


def test_the_command_lines_names():
    assert {*HOUSE_MODELS, *BASELINES} <= {*MODELS}
    assert all(issubclass(cls, MultimodalModel) for cls in MODELS.values())


@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_all_forms_of_input_agree(model):
    sequences, masks = make_sequences(), make_masks()
    padded = tuple(np.where(m[..., None], x, 0) for x, m in zip(sequences, masks, strict=True))
    by_name = dict(zip(MODALITIES, sequences, strict=True))
    mask_names = {f"{name}_mask": m for name, m in zip(MODALITIES, masks, strict=True)}
    expected = model((*sequences, *masks))
    np.testing.assert_allclose(model(padded), expected, atol=1e-6)
    np.testing.assert_allclose(model(list(padded)), expected, atol=1e-6)
    np.testing.assert_allclose(model(by_name | mask_names), expected, atol=1e-6)
    np.testing.assert_allclose(
        model(dict(zip(MODALITIES, padded, strict=True))), expected, atol=1e-6
    )
    some = {"text": sequences[0], "audio": padded[1], "video": padded[2], "text_mask": masks[0]}
    np.testing.assert_allclose(model(some), expected, atol=1e-6)
    numbers = [mask.astype("float32") for mask in masks]
    np.testing.assert_allclose(model((*sequences, *numbers)), expected, atol=1e-6)
    assert np.abs(model(sequences) - expected).max() > 1e-4


# test_mask_rules.py tries all models in float32, and the others in halves.
@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("policy", POLICIES[1:])
def test_output_is_float32_scores_in_half_precision(name, policy):
    model = make_model(name, dtype=policy)
    masks = make_masks(batch=4)
    masks[1][0] = False
    hidden = [
        np.where(m[..., None], x, np.float32(np.nan))
        for x, m in zip(make_sequences(batch=4), masks, strict=True)
    ]
    for training in (False, True):
        output = model((*hidden, *masks), training=training)
        assert output.shape == (4, 1) and output.dtype == "float32"
        assert np.isfinite(output).all()
    assert model.compute_dtype == policy.removeprefix("mixed_")
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_classes_get_logits_also_of_symbolic_inputs(name):
    model = make_model(name, num_classes=7)
    output = model(make_sequences(batch=4))
    assert output.shape == (4, 7) and output.dtype == "float32" and np.isfinite(output).all()
    symbolic = model(tuple(keras.Input((SEQ_LEN, width)) for width in WIDTHS))
    assert symbolic.shape == (None, 7) and symbolic.dtype == "float32"


@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_float64_features_are_taken_as_they_come(model):
    sequences = make_sequences()
    doubles = tuple(x.astype("float64") for x in sequences)
    np.testing.assert_allclose(model(doubles), model(sequences), atol=1e-5)


def test_each_modality_may_have_its_own_length(name):
    lengths = (4, 7, 6)
    model = make_model(name, seq_len=list(lengths))
    sequences = make_sequences(lengths=lengths)
    assert model(sequences).shape == (3, 1)
    shorter = tuple(x[:, :n] for x, n in zip(sequences, (2, 7, 3), strict=True))
    assert model(shorter).shape == (3, 1)
    with pytest.raises(ValueError, match=r"`text` must have at most seq_len=4 steps"):
        model(make_sequences(lengths=(5, 7, 6)))
    config = json.loads(json.dumps(model.get_config()))
    assert tuple(type(model).from_config(config).seq_lens) == lengths


def test_explain_shows_what_the_call_computed(model):
    inputs = (*make_sequences(), *make_masks())
    explanation = model.explain(inputs)
    np.testing.assert_allclose(explanation.prediction, model(inputs), atol=1e-6)
    weights = explanation.modality_weights
    if weights is not None:
        assert weights.shape == (3, 3) and weights.dtype == "float32"
        np.testing.assert_allclose(weights.numpy().sum(axis=1), 1.0, atol=1e-6)
    for key, maps in explanation.attention.items():
        assert maps.shape[:2] == (3, 2), key
        sums = maps.numpy().sum(axis=-1)
        np.testing.assert_allclose(sums, np.where(sums > 0.5, 1.0, 0.0), atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", HOUSE_MODELS, indirect=True)
def test_explain_names_each_encoders_and_the_fusions_maps(model):
    inputs = (*make_sequences(), *make_masks())
    explanation = model.explain(inputs)
    assert {f"{name}/layer_0" for name in MODALITIES} < set(explanation.attention)
    assert any(key.startswith("fusion/layer_0") for key in explanation.attention)
    audio_rows = explanation.attention["audio/layer_0"].numpy()
    hidden = ~np.broadcast_to(inputs[4][:, None, None], audio_rows.shape)
    assert np.all(audio_rows[hidden] == 0)


@pytest.mark.parametrize("name", KINDS)
def test_explain_builds_a_new_model(name):
    model = MODELS[name](SEQ_LEN, *WIDTHS, **sizes(name))
    assert model.explain(make_sequences()).prediction.shape == (3, 1)


@pytest.mark.parametrize("name", KINDS)
def test_summary_and_parameter_count_come_with_build(name, capsys):
    model = MODELS[name](SEQ_LEN, *WIDTHS, **sizes(name))
    model.build()
    count = model.count_params()
    assert count == sum(np.prod(w.shape) for w in model.weights) > 100
    model.summary()
    printed = capsys.readouterr().out
    assert f"Total params: {count:,}" in printed and "?" not in printed
    model(make_sequences())
    assert model.count_params() == count
    model.build()  # harmless
    assert model.count_params() == count


@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_weights_load_into_a_model_that_was_only_built(name, model, tmp_path):
    model.save_weights(tmp_path / "model.weights.h5")
    other = make_model(name, seed=1)
    sequences = make_sequences()
    assert np.abs(other(sequences) - model(sequences)).max() > 1e-4
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other(sequences), model(sequences))


@pytest.mark.parametrize("name", KINDS, indirect=True)
def test_a_model_is_a_layer_of_a_functional_one(model):
    sequences = make_sequences()
    inputs = [keras.Input((None, width)) for width in WIDTHS]
    around = keras.Model(inputs, keras.layers.Rescaling(2.0)(model(tuple(inputs))))
    np.testing.assert_allclose(around(list(sequences)), 2 * model(sequences), atol=1e-5)


@pytest.mark.parametrize("name", HOUSE_MODELS)
def test_it_learns_sixteen_samples_by_heart(name):
    model = make_model(name, model_dim=32, dropout_rate=0.0, **NO_PENALTY.get(name, {}))
    sequences = make_sequences(batch=16)
    target = np.random.default_rng(1).uniform(-3, 3, size=(16, 1)).astype("float32")
    # Its update is traced in a third of Adam's time.
    model.compile(keras.optimizers.SGD(0.02, momentum=0.9), "mse", jit_compile=False)
    model.optimizer.build(model.trainable_variables)  # Otherwise Keras traces the step twice.
    losses = [float(model.train_on_batch(sequences, target)) for _ in range(80)]
    assert losses[0] > 1.0 and min(losses[-20:]) < 0.15 * losses[0]


@keras.saving.register_keras_serializable(package="tests")
class LstmModel(keras.Model):
    """A user's own model: LSTM encoders, the fusion parts of this repository, a Dense head."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.encoders = [keras.layers.LSTM(width, return_sequences=True) for _ in WIDTHS]
        self.fusion = CrossModalFusion(width, num_heads=2, ff_dim=8)
        self.fusion_head = AdaptiveFusionHead(width)
        self.score = keras.layers.Dense(1)

    def build(self, input_shape):
        for encoder, shape in zip(self.encoders, input_shape, strict=True):
            encoder.build(shape)
        encoded = [(*shape[:2], self.width) for shape in input_shape]
        self.fusion.build(*encoded)
        self.fusion_head.build(encoded)
        self.score.build((None, self.width))
        self.built = True

    def call(self, inputs, training=None):
        encoded = [encode(x) for encode, x in zip(self.encoders, inputs, strict=True)]
        fused = self.fusion(*encoded, training=training)
        return self.score(self.fusion_head(fused, training=training))

    def get_config(self):
        return {**super().get_config(), "width": self.width}


def test_a_users_lstm_model_trains_saves_and_loads(tmp_path):
    keras.utils.set_random_seed(0)
    model, sequences = LstmModel(8), make_sequences(batch=8)
    model.compile(keras.optimizers.Adam(0.02), "mse", jit_compile=False)
    model(sequences)
    model.optimizer.build(model.trainable_variables)  # Otherwise Keras traces the step twice.
    target = np.linspace(-1, 1, 8)[:, None]
    losses = model.fit(sequences, target, epochs=12, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(sequences), model(sequences), atol=1e-6)
