import optuna
import pytest

from experiments.settings import TrainSettings
from experiments.tuning.search_space import SearchSpace, with_values

BASE = TrainSettings(data="DIR", model_args={"model_dim": 8, "num_heads": 2})


def draw(content, number=1, base=BASE):
    space = SearchSpace(content, base)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    return [space.suggest(study.ask()) for _ in range(number)]


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def test_values_come_from_lists_and_ranges_and_have_their_kind():
    content = {
        "epochs": {"low": 2, "high": 4},
        "batch_size": {"low": 8, "high": 64, "log": True},
        "learning_rate": {"low": 1e-4, "high": 1, "log": True},
        "feature_dropout.text": {"low": 0, "high": 0.6, "step": 0.2},
        "model_args.norm_first": [True, False],
        "modalities": [["text"], ["text", "audio"]],
        "model_args.aligned": [None, True],
    }
    values = draw(content, 60)
    seen = {name: [one[name] for one in values] for name in content}
    assert set(seen["epochs"]) == {2, 3, 4}
    assert {type(value) for value in seen["batch_size"]} == {int}
    assert {type(value) for value in seen["learning_rate"]} == {float}
    assert 1e-4 <= min(seen["learning_rate"]) < 1e-3
    assert {round(value, 6) for value in seen["feature_dropout.text"]} == {0, 0.2, 0.4, 0.6}
    assert {type(value) for value in seen["model_args.norm_first"]} == {bool}
    assert {tuple(value) for value in seen["modalities"]} == {("text",), ("text", "audio")}
    assert set(seen["model_args.aligned"]) == {None, True}


def test_entries_join_what_is_fixed_and_win_over_a_whole_mapping():
    values = {"model_args.ff_dim": 4, "epochs": 3, "noise.text": 0.5}
    settings = with_values(BASE, values)
    assert settings.model_args == {"model_dim": 8, "num_heads": 2, "ff_dim": 4}
    assert (settings.epochs, settings.noise, BASE.noise) == (3, {"text": 0.5}, {})
    whole = with_values(BASE, {"model_args.ff_dim": 4, "model_args": {"model_dim": 6}})
    assert whole.model_args == {"model_dim": 6, "ff_dim": 4}


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        ("learning_rat", [1], "no such setting. Expected: "),
        ("model_args.depth", [1], "no such argument of seqlevel. Expected: model_dim,"),
        ("epochs.x", [1], "epochs has no entries. Expected: epochs alone."),
        ("seed", [1, 2], "give it as an option of the command"),
        ("target", ["class"], "give it as an option of the command"),
        ("tensorboard", [True], "give it as an option of the command"),
        ("model", ["msa", "gate"], "all models must be of one family"),
        ("class_weights", [[1, 3], "some"], "Received: 'some'."),
        ("epochs", [], "needs at least one value. Received: an empty list."),
        ("epochs", [1, 2.5, True], "each value must be a whole number. Received: 2.5, True."),
        ("epochs", [0, 1], "--epochs must be at least 1. Received: 0."),
        ("epochs", [1, 1], "expected each value once. Received: [1, 1]."),
        (
            "loss",
            ["huber", "l1"],
            "binary-cross-entropy or null. Received: 'l1'.",
        ),
        ("model", ["bert"], "--model must be one of seqlevel"),
        ("modalities", ["text"], "a list, each a text. Received: 'text'."),
        ("modalities", [["smell"]], "Received: smell."),
        ("model_args", [4], "a mapping, each anything. Received: 4."),
        ("epochs", 5, "expected a list of values, or a range {low: ..., high: ...}"),
        ("feature_dropout", {"text": [0, 1]}, "Name one entry of this setting with a dot."),
        ("epochs", {"low": 1, "high": 2, "scale": "log"}, "'scale': 'log'"),
        ("epochs", {"low": 1, "high": 2.5}, "high must be a whole number. Received: 2.5."),
        ("mixup", {"low": "0", "high": 1}, "low must be a number. Received: '0'."),
        ("mixup", {"low": 0, "high": float("inf")}, "high must be a number. Received: inf."),
        ("mixup", {"low": 1, "high": 0.5}, "low must be below high. Received: low 1, high 0.5."),
        ("mixup", {"low": 0, "high": 1, "log": True}, "low must be above 0 with log. Received: 0."),
        ("mixup", {"low": 0, "high": 1, "log": 1}, "log must be true or false. Received: 1."),
        ("mixup", {"low": 0, "high": 1, "step": 2}, "at most high - low. Received: 2."),
        ("mixup", {"low": 1, "high": 2, "step": 1, "log": True}, "log or step, not both."),
        ("warmup", {"low": 0, "high": 1.5}, "--warmup must be at least 0 and below 1."),
        ("loss", {"low": 1, "high": 2}, "has no range, since it takes one of huber, mae, mse"),
        ("noise", {"low": 1, "high": 2}, "has no range, since it takes a mapping"),
    ],
)
def test_faults_name_what_was_expected_and_received(name, entry, expected):
    with pytest.raises(ValueError) as error:
        SearchSpace({name: entry}, BASE)
    assert f"`{name}`: " in str(error.value)
    assert expected in str(error.value)


def test_faults_are_told_together():
    content = {"epochs": [], "los": ["mae"], "mixup": {"low": 2, "high": 1}, "seed": [1]}
    with pytest.raises(ValueError) as error:
        SearchSpace(content, BASE)
    for name in content:
        assert f"`{name}`: " in str(error.value)


def test_arguments_must_be_known_to_every_model_of_the_space():
    content = {"model": ["msa", "seqlevel"], "model_args.norm_first": [True, False]}
    with pytest.raises(ValueError, match="no such argument of msa"):
        SearchSpace(content, BASE)


def test_models_of_a_text_with_a_table_have_arguments_and_settings_of_their_own():
    base = TrainSettings(model="gate", data="DIR")
    content = {
        "model_args.pooling": ["mean", "pooled"],
        "model_args.fusion_dim": [None, 8],
        "model_args.freeze_layers": {"low": 0, "high": 2},
        "numeric_bins": {"low": 0, "high": 8},
        "class_weights": ["balanced", [1, 3], None],
    }
    assert draw(content, 3, base)[0].keys() == content.keys()
    with pytest.raises(ValueError, match="--mixup is for models of text, audio and video"):
        SearchSpace({"mixup": [0.0, 0.1]}, base)
    with pytest.raises(ValueError, match="must be a whole number"):
        SearchSpace({"model_args.num_heads": [0.5]}, base)


def test_files_are_read_as_configs_are(tmp_path):
    file = tmp_path / "space.yaml"
    file.write_text("learning_rate: {low: 1e-4, high: 1e-2, log: true}\n")
    assert SearchSpace.read(file, BASE).content["learning_rate"]["low"] == 1e-4
    for text, expected in (
        ("a: [", "is wrong"),
        ("", "maps settings to lists or ranges"),
        ("- loss", "maps settings to lists or ranges"),
        ("los: [mae]", "no such setting"),
    ):
        file.write_text(text)
        with pytest.raises(ValueError, match=expected) as error:
            SearchSpace.read(file, BASE)
        assert str(file) in str(error.value)
    with pytest.raises(OSError, match="cannot be read: No such file"):
        SearchSpace.read(tmp_path / "nowhere.yaml", BASE)
