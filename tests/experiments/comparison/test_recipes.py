import dataclasses
import shlex
import sys

import numpy as np
import pytest
import yaml

from experiments import compare
from experiments.comparison import recipes
from experiments.comparison.recipes import (
    RECIPES,
    published_rows,
    read_published,
    read_sources,
    recipe_file,
    recipe_named,
    with_published,
)
from experiments.comparison.results import write_results
from experiments.comparison.tables import TextTable
from experiments.settings.command_line import parse_settings
from experiments.settings.model import NAMES
from tests.experiments.comparison.test_results import make_comparison
from utils.measures.class_target import ClassTarget, LabelsTarget
from utils.measures.inference import TargetRequest
from utils.measures.score_target import ScoreTarget

PUBLISHED = """
sources: {first: The first paper, second: The second paper, unused: No paper}
recipes:
  mosi:
    good:
      - {source: second, MAE: 0.730, Corr: 0.80}
      - {source: first, MAE: 0.7}
    other:
      - {source: unused, Acc_7: 0.5}
"""

# The tables that are wider than their place on a page.
SCROLLED = """[...document.querySelectorAll(".scroll")]
  .filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)"""


@pytest.fixture
def options(monkeypatch):
    """Return a function from a command line to the arguments of the comparison's `Protocol`."""

    def parse(*words):
        words = [str(word) for word in words]
        monkeypatch.setattr(sys, "argv", ["command", *words])
        parser = compare.make_parser()
        recipes.use_recipe(parser, words)
        arguments, base = parse_settings(parser, compare.first_model)
        compare.check(arguments, base)
        return compare.protocol_options(arguments, base)

    return parse


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Other published numbers."""
    path = tmp_path / "published.yaml"
    path.write_text(PUBLISHED)
    monkeypatch.setattr(recipes, "PUBLISHED", path)


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    labels = rng.uniform(-3, 3, (30, 1))
    outputs = {
        name: labels + rng.normal(0, sd, (30, 1)) for name, sd in (("good", 0.1), ("poor", 2.0))
    }
    return make_comparison(ScoreTarget(), labels, outputs)


@pytest.mark.parametrize("recipe", RECIPES)
def test_all_models_and_arguments_of_a_recipe_exist(recipe, options):
    content = yaml.safe_load(recipe_file(recipe).read_text())
    made = options("--recipe", recipe, "--data", "data.pkl")
    trained = [name for name in content["models"] if name != "constant"]
    assert [*made["settings"]] == trained
    assert (made["seeds"], made["constant"], made["recipe"]) == (5, True, recipe)
    assert made["left_out"] == {name: [] for name in trained}
    assert made["base"].target == content["target"]
    for model, own in content["model_settings"].items():
        for name, value in own.items():
            assert getattr(made["settings"][model], name) == value


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_first_lines_say_what_was_never_tried(recipe):
    lines = recipe_file(recipe).read_text().splitlines()
    head = " ".join(line.lstrip("# ") for line in lines[: lines.index("seeds: 5")])
    assert "NEVER RUN ON THE REAL FILE" in head
    assert "published" in head
    [command] = [line for line in lines if "experiments.compare" in line]
    words = shlex.split(command.lstrip("# "))
    assert recipe_named(words) == recipe
    assert compare.make_parser().parse_args([*words[3:], "--models", "seqlevel"])


def measures_of(request):
    """Return the names of the measures of a target as a recipe asks for it."""
    if request.kind == "score":
        return ScoreTarget(low=request.low, high=request.high).overall
    names = ("happy", "sad", "angry", "neutral")
    return (LabelsTarget(names) if request.kind == "labels" else ClassTarget(names[:2])).overall


@pytest.mark.parametrize("recipe", RECIPES)
def test_published_numbers_have_sources_models_and_measures(recipe):
    content = yaml.safe_load(recipe_file(recipe).read_text())
    measures = measures_of(TargetRequest.parse(content["target"]))
    for model, entries in read_published(recipe).items():
        assert model in NAMES
        assert model in content["models"]
        for entry in entries:
            assert entry["source"] in read_sources()
            numbers = {name: float(text) for name, text in entry.items() if name != "source"}
            assert {*numbers} <= {*measures} and numbers
            assert all(0 < value < 1 for value in numbers.values())


def test_options_of_the_command_line_win(options):
    common = ("--recipe", "mosi", "--data", "x", "--models", "almt", "mult")
    made = options(*common, "--epochs", 3, "--seeds", 1, "--model-args.num_heads", 2)
    for settings in made["settings"].values():
        assert (settings.epochs, settings.model_args["num_heads"]) == (3, 2)
    assert made["settings"]["almt"].patience == 32
    assert made["settings"]["mult"].model_args["n_layers"] == 4
    assert ({*made["own"]}, made["seeds"]) == ({"almt", "mult"}, 1)
    own = options(*common, "--epochs", 3, "--model-settings", '{"mult": {"epochs": 7}}')
    assert own["settings"]["mult"].epochs == 7


def test_recipes_on_files_of_one_name_have_folders_of_their_own(options):
    data = ("--data", "DIR/aligned_50.pkl")
    mosi, mosei = (options("--recipe", name, *data)["root"] for name in ("mosi", "mosei"))
    assert str(mosi) == "runs/compare-mosi-aligned_50.pkl" and mosi != mosei
    alone = options("--models", "lmf", *data)
    assert str(alone["root"]) == "runs/compare-aligned_50.pkl"
    assert str(options("--recipe", "mosi", *data, "--run-dir", "mine")["root"]) == "mine"


def test_a_recipe_that_is_unknown_or_in_a_config_file(tmp_path, fails):
    message = fails(compare.main, "--recipe", "mosy", "--data", "x")
    assert "one of mosi, mosei, sims" in message
    assert "Did you mean 'mosi'?" in message
    config = tmp_path / "mine.yaml"
    config.write_text("recipe: mosi\n")
    message = fails(compare.main, "--config", config, "--models", "seqlevel", "--data", "x")
    assert "on the command line" in message


def test_published_numbers_stand_beside_measured_ones(published):
    table = TextTable(["model", "MAE", "Corr", "Acc_7"], [["good", *"123"], ["poor", *"456"]], "t")
    shown, sources = with_published(table, "mosi")
    assert shown.columns == [
        *("model", "MAE", "MAE, published", "Corr", "Corr, published", "Acc_7"),
    ]
    assert shown.rows == [
        ["good", "1", "0.730 [1], 0.7 [2]", "2", "0.80 [1]", "3"],
        ["poor", "4", "none", "5", "none", "6"],
    ]
    assert sources == ["[1] The second paper", "[2] The first paper"]
    assert with_published(table, "mosi", ["Corr"])[1] == ["[1] The second paper"]
    assert with_published(table, None) == (table, [])
    below, sources = published_rows(table, "mosi")
    assert below == {
        "good": [["published [1]", "0.730", "0.80", ""], ["published [2]", "0.7", "", ""]],
        "poor": [],
    }
    assert sources == ["[1] The second paper", "[2] The first paper"]
    assert published_rows(table, None) == ({"good": [], "poor": []}, [])


def test_the_page_with_published_numbers_fits_a_screen(tmp_path, open_page):
    rng = np.random.default_rng(0)
    labels = rng.integers(-3, 4, (40, 1)).astype(float)
    models = ("mult", "misa", "self_mm", "graph_mfn", "tetfn")
    outputs = {name: labels + rng.normal(0, 1, (40, 1)) for name in models}
    comparison = make_comparison(ScoreTarget(), labels, outputs, "misa")
    protocol = dataclasses.replace(comparison.protocol, recipe="mosi")
    write_results(tmp_path / "table", dataclasses.replace(comparison, protocol=protocol))
    page = open_page(tmp_path / "table.html")
    page.set_viewport_size({"width": 1400, "height": 800})
    assert page.locator("[data-csv=metrics] th[title='MAE, published']").count() == 1
    assert page.locator("[data-csv=metrics] thead th").count() > 16
    assert page.evaluate(SCROLLED) == []


def test_results_and_screen_have_the_published_numbers(comparison, published, tmp_path, capsys):
    protocol = dataclasses.replace(comparison.protocol, recipe="mosi")
    comparison = dataclasses.replace(comparison, protocol=protocol)
    write_results(tmp_path / "table", comparison)
    shown = ("MAE, published", "0.730 [1], 0.7 [2]", "[2] The first paper")
    below = (r"\quad published [1] & 0.730 & ", r"\quad published [2] & 0.7 & ", shown[2])
    for suffix, parts in (("md", shown), ("html", shown), ("tex", below)):
        text = (tmp_path / f"table.{suffix}").read_text().replace("\N{NO-BREAK SPACE}", " ")
        for part in parts:
            assert part in text
    compare.show(comparison, None)
    screen = capsys.readouterr().out
    assert "[2] The first paper" in screen
