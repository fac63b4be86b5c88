import dataclasses

import pytest

from experiments.comparison.model_settings import settings_by_model
from experiments.comparison.spaces import read_spaces
from experiments.settings import TrainSettings

MODELS = ["seqlevel", "msa"]


def base(**model_args):
    return TrainSettings(data="DIR", model_args=model_args)


def test_what_a_model_lacks_is_left_out_and_what_is_its_own_goes_before():
    shared = base(model_dim=16, bidirectional_fusion=True)
    own = {"msa": {"learning_rate": 1, "model_args": {"model_dim": 32}}}
    settings, left_out = settings_by_model(shared, MODELS, own)
    assert settings["seqlevel"].model_args == shared.model_args
    assert settings["msa"].model_args == {"model_dim": 32}
    assert (settings["msa"].learning_rate, settings["seqlevel"].learning_rate) == (1, 1e-3)
    assert left_out == {"seqlevel": [], "msa": ["bidirectional_fusion"]}


def test_variants_of_one_model_have_names_of_their_own():
    own: dict = {
        "text": {"model": "msa", "modalities": ["text"], "model_args": {"model_dim": 8}},
        "four": {"model": "msa", "members": 4},
    }
    shared = base(model_dim=16, bidirectional_fusion=True)
    settings, left_out = settings_by_model(shared, ["text", "four", "seqlevel"], own)
    assert [one.model for one in settings.values()] == ["msa", "msa", "seqlevel"]
    assert settings["text"].modalities == ["text"]
    assert [one.model_args["model_dim"] for one in settings.values()] == [8, 16, 16]
    assert settings["four"].members == 4
    assert left_out["text"] == ["bidirectional_fusion"]
    few = dataclasses.replace(shared, modalities=["audio"])
    with pytest.raises(ValueError, match="text: `modalities` must be some of those of all"):
        settings_by_model(few, ["text"], own)


@pytest.mark.parametrize(
    ("models", "arguments", "own", "message"),
    [
        (["lstm"], {}, {}, "--models must be some of seqlevel, .*'lstm'"),
        ([], {}, {}, "--models must be some of seqlevel, .*Received: constant alone"),
        (["msa", "gate"], {}, {}, "--models must be of one family: .*Received: msa, gate"),
        (["msa", "msa"], {}, {}, "each model once"),
        (MODELS, {"modeldim": 3}, {}, "'modeldim', which none of the models has"),
        (MODELS, {}, {"balanced": {}}, "'balanced', which is not compared"),
        (MODELS, {}, {"msa": 3}, "must map settings to values for msa. Received: 3"),
        (MODELS, {}, {"msa": {"rate": 1}}, "msa: `rate`: no such setting"),
        (MODELS, {}, {"msa": {"folds": 3}}, "msa: `folds`: is the same"),
        (MODELS, {}, {"msa": {"modalities": []}}, "--modalities"),
        (MODELS, {}, {"msa": {"model": "mult"}}, "msa: `model`: is the same"),
        (["deep"], {}, {"deep": {}}, "Received: 'deep'. A name of your own needs"),
        (["deep"], {}, {"deep": {"model": "lstm"}}, "--models must be some of .*'lstm'"),
        (["../deep"], {}, {"../deep": {"model": "msa"}}, r"letters, digits, .*'\.\./deep'"),
        (MODELS, {}, {"msa": {"target": "class"}}, "msa: `target`: is the same"),
        (MODELS, {}, {"msa": {"epochs": 2.5}}, "`epochs` must be a whole number"),
        (MODELS, {}, {"msa": {"epochs": 0}}, "--epochs must be at least 1"),
        (MODELS, {}, {"msa": {"model_args": {"aligned": True}}}, "no 'aligned' for the model msa"),
    ],
)
def test_faults_are_named(models, arguments, own, message):
    with pytest.raises(ValueError, match=message):
        settings_by_model(base(**arguments), models, own)


def test_models_of_a_text_with_a_table_have_their_own_arguments():
    shared = TrainSettings(model="gate", data="DIR", model_args={"pooling": "mean"})
    own = {"moe": {"model_args": {"hidden_common_dim": 8}}}
    settings, _ = settings_by_model(shared, ["gate", "moe"], own)
    assert settings["moe"].model_args == {"pooling": "mean", "hidden_common_dim": 8}
    with pytest.raises(ValueError, match="no such argument of gate"):
        settings_by_model(shared, ["gate", "moe"], {"gate": {"model_args.model_dim": 8}})


@pytest.fixture
def spaces(tmp_path):
    def read(text):
        path = tmp_path / "space.yaml"
        path.write_text(text)
        return read_spaces(path, settings_by_model(base(), MODELS, {})[0])

    return read


def test_a_space_has_settings_for_all_models_and_for_single_ones(spaces):
    own = "models: {msa: {model_args.adaptive_fusion: [true, false]}, mult: {mixup: [0.1]}}"
    found = spaces(f"mixup: [0.0, 0.2]\n{own}")
    assert found["seqlevel"].content == {"mixup": [0.0, 0.2]}
    assert [*found["msa"].content] == ["mixup", "model_args.adaptive_fusion"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model_args.aligned: [true]", r"For msa: `model_args.aligned`: no such argument of msa"),
        ("models: {improvd: {mixup: [0.1]}}", "must name models: .* Received: improvd"),
        ("models: {msa: [1]}", "must map models to settings"),
        ("model: [msa]", "has a study of its own"),
        ("- 3", "A search space maps settings"),
        ("a: [", "is wrong"),
    ],
)
def test_a_wrong_space_is_refused(spaces, text, message):
    with pytest.raises(ValueError, match=message):
        spaces(text)
