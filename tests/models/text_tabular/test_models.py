import warnings

import keras
import numpy as np
import pytest

from models import TEXT_TABULAR_MODELS
from models.text_tabular import ClassWeightedCrossEntropy
from models.text_tabular.config import DEFAULTS, complete_config
from models.text_tabular.training import make_optimizer
from tests.models.text_tabular.small import BERT, CONFIG, make_batch, make_model

NAMES = list(TEXT_TABULAR_MODELS)


@pytest.mark.parametrize("name", NAMES)
def test_saved_model_is_the_same_without_its_preset(name, tmp_path):
    model = make_model(name, num_heads=2, freeze_layers=1, pooling="mean")
    expected = model(make_batch())
    assert expected.shape == (4, 2) and expected.dtype == "float32"
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(make_batch()), expected)
    assert loaded.config == model.config
    other = make_batch(samples=2, chunks=3, tokens=9)
    np.testing.assert_array_equal(loaded(other), model(other))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_logits_are_float32_and_near(name, policy):
    expected = make_model(name)(make_batch())
    keras.config.set_dtype_policy(policy)
    logits = make_model(name)(make_batch())
    assert logits.dtype == "float32"
    np.testing.assert_allclose(logits, expected, atol=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_training_learns_a_batch_by_heart(name):
    model = make_model(name, lr=0.05, run_scheduler=False)
    batch = make_batch(samples=8)
    label = batch.pop("label")
    model.configure(steps=15)
    model.optimizer.build(model.trainable_variables)  # Otherwise Keras traces the step twice.
    losses = [float(model.train_on_batch(batch, label)) for _ in range(15)]
    assert np.isfinite(losses).all()
    assert (model.predict_proba(batch) > 0.5).numpy().tolist() == (label == 1).tolist()


def test_explanations_are_shares():
    weights = make_model("moe").explain(make_batch()).mixture
    assert weights.shape == (4, 2)
    np.testing.assert_allclose(keras.ops.sum(weights, axis=1), 1, atol=1e-6)
    gate = make_model("gate", fusion_dim=5).explain(make_batch()).mixture
    assert gate.shape == (4, 5) and 0 < np.min(gate) <= np.max(gate) < 1
    assert make_model("cross-attention").explain(make_batch()).mixture is None


def test_probabilities_are_those_of_class_one_or_of_all():
    model, batch = make_model("moe"), make_batch()
    exponents = np.exp(model(batch))
    softmax = exponents / exponents.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(batch), softmax[:, 1], atol=1e-6)
    many = make_model("moe", is_binary=False, num_classes=3)
    assert many.predict_proba(batch).shape == (4, 3)


@pytest.mark.parametrize("name", ["moe", "gate"])
def test_without_a_table_zeros_stand_for_it(name):
    model, batch = make_model(name, tab_field_list=[]), make_batch()
    text = model.text_encoder(
        batch["review_processed_input_ids"], batch["review_processed_attention_mask"]
    )
    hidden, _ = model.fuse(text, np.zeros_like(text))
    np.testing.assert_allclose(model(batch), model.output_layer(hidden), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_encoded_text_stands_for_its_tokens(name):
    model, batch = make_model(name, freeze_layers=2), make_batch()
    short = {key: batch[key] for key in ("kind", "age")}
    short["review_encoded"] = model.encode_text(batch)
    np.testing.assert_allclose(model(short), model(batch), atol=1e-6)


def test_missing_entries_are_named():
    model, batch = make_model("gate"), make_batch()
    del batch["age"]
    with pytest.raises(ValueError, match="Missing: age"):
        model(batch)


def test_cross_attention_needs_a_table():
    with pytest.raises(ValueError, match="cross-attention needs a table"):
        make_model("cross-attention", tab_field_list=[])
    with pytest.raises(ValueError, match="hidden_common_dim=8, num_heads=3"):
        make_model("cross-attention", num_heads=3)


def test_all_faults_of_a_config_are_told_together():
    faulty = {
        "text_name": "",
        "tab_field_list": ["a", "a"],
        "is_binary": True,
        "num_classes": 3,
        "metric_choices": ["accuracy", "kappa"],
        "lr": 0,
        "num_heads": 0,
        "class_weights": [-1.0],
        "learning_rate": 1e-3,
    }
    with pytest.raises(ValueError) as caught:
        complete_config(faulty)
    for part in (
        "'label_name' is missing",
        "no key 'learning_rate'",
        "'text_name' must be a name",
        "must not name a field twice",
        "'num_classes' must be 2",
        "'metric_choices' must be some of",
        "'lr' must be a number above 0. Received: 0",
        "'num_heads' must be a whole number of at least 1",
        "'class_weights' must be numbers",
    ):
        assert part in str(caught.value), part


def test_defaults_are_filled_in():
    config = complete_config(CONFIG)
    assert config == {**DEFAULTS, **CONFIG, "metric_choices": ["accuracy", "f1_score"]}


@pytest.mark.parametrize(
    ("given", "fitted"), [([2.0], [2.0, 1.0]), ([2.0, 3.0, 4.0], [2.0, 3.0]), ([2, 3], [2.0, 3.0])]
)
def test_class_weights_of_another_length_are_fitted_with_a_warning(given, fitted):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert complete_config({**CONFIG, "class_weights": given})["class_weights"] == fitted
    assert bool(caught) == (len(given) != 2)


@pytest.mark.parametrize("weights", [None, [1.0, 3.0, 0.5]])
def test_loss_is_the_weighted_mean_of_the_cross_entropy(weights):
    logits = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    labels = np.array([0, 2, 1, 1, 0, 2])
    exponents = np.exp(logits.astype("float64"))
    entropy = -np.log(exponents / exponents.sum(axis=1, keepdims=True))[np.arange(6), labels]
    expected = np.average(entropy, weights=None if weights is None else np.array(weights)[labels])
    loss = ClassWeightedCrossEntropy(weights)
    for form in (labels, labels[:, None], np.eye(3)[labels]):
        np.testing.assert_allclose(loss(form, logits), expected, rtol=1e-6)
        terms = entropy if weights is None else entropy * np.array(weights)[labels]
        np.testing.assert_allclose(loss.call(form, logits), terms, rtol=1e-5)
    again = ClassWeightedCrossEntropy.from_config(loss.get_config())
    np.testing.assert_allclose(again(labels, logits), expected, rtol=1e-6)


def test_learning_rate_warms_up_and_falls_or_stays():
    config = complete_config({**CONFIG, "lr": 1.0, "warmup_steps": 4})
    falling = make_optimizer(config, 10)
    rates = [float(falling._learning_rate(step)) for step in range(11)]
    np.testing.assert_allclose(rates, [0, 0.25, 0.5, 0.75, *np.linspace(1, 0, 7)], atol=1e-6)
    constant = make_optimizer({**config, "run_scheduler": False}, 10)
    assert [float(constant._learning_rate(step)) for step in (2, 4, 10)] == [0.5, 1, 1]


def test_biases_and_norms_are_not_decayed():
    model = make_model("gate", weight_decay=0.5, lr=0.1, run_scheduler=False)
    model.configure(1)
    before = {w.path: w.numpy() for w in model.trainable_weights}
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
        before[weight.path] = weight.numpy()
    model.optimizer.build(model.trainable_weights)
    model.optimizer.apply([np.zeros(w.shape, "float32") for w in model.trainable_weights])
    for weight in model.trainable_weights:
        kept = weight.name in ("bias", "gamma", "beta")
        expected = before[weight.path] * (1 if kept else 1 - 0.1 * 0.5)
        np.testing.assert_allclose(weight, expected, rtol=1e-5, err_msg=weight.path)


def test_backbone_of_the_config_is_a_preset(tmp_path):
    with pytest.raises(ValueError, match=r"must hold config\.json"):
        TEXT_TABULAR_MODELS["moe"]({**CONFIG, "tokenizer": str(tmp_path)})
    assert TEXT_TABULAR_MODELS["moe"]({**CONFIG, "tokenizer": "unused"}, BERT)
