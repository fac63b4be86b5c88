"""Recipes: config files that repeat the field's protocol on a corpus, and published numbers."""

import argparse
import functools
from pathlib import Path

import yaml

from experiments.comparison.tables import TextTable
from utils.command_line import did_you_mean

CONFIGS = Path(__file__).parents[1] / "configs"
RECIPES = ("mosi", "mosei", "sims", "simsv2", "iemocap", "mustard", "ur_funny")
PUBLISHED = CONFIGS / "published.yaml"
COMPARABLE = (
    "Published numbers are of the test split, as the source has them; its features, its split or "
    "its way of training may differ from those used here."
)


def recipe_named(words):
    """Return what `--recipe` names on a command line, or `None`."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--recipe", nargs="?")
    return parser.parse_known_args(words)[0].recipe


def use_recipe(parser, words):
    """Give a parser the defaults of the recipe that a command line names, if it names one.

    Args:
        parser: The `CommandParser` of `experiments.compare`.
        words: The command line, without the command.

    Raises:
        ValueError: If there is no such recipe.
    """
    name = recipe_named(words)
    if name is not None:
        parser.default_config_files = [str(recipe_file(name))]


def recipe_file(name):
    """Return the config file of a recipe.

    Raises:
        ValueError: If there is no such recipe.
    """
    if name not in RECIPES:
        raise ValueError(
            f"--recipe must be one of {', '.join(RECIPES)}. Received: {name}."
            f"{did_you_mean(name, RECIPES)}"
        )
    return CONFIGS / f"{name}.yaml"


def own_settings(recipe, own, models, base, words):
    """Return the settings of single models of a comparison by a recipe.

    What the recipe gives to a model gives way to what the command line gives to all models.

    Args:
        recipe: Name of the recipe.
        own: From models to settings of their own, of the recipe or of the command line.
        models: The models that are compared; the settings of others are left out.
        base: `TrainSettings` that all models share.
        words: The command line, without the command.
    """
    content = yaml.safe_load(recipe_file(recipe).read_text(encoding="utf-8"))
    given = {word[2:].split("=")[0].replace("-", "_") for word in words if word.startswith("--")}
    given -= {"model_args"}  # Of these, only some may be given.
    found = {}
    for model, changes in own.items():
        if model in content["models"] and model not in models:
            continue
        if changes == content["model_settings"].get(model):
            changes = {name: value for name, value in changes.items() if name not in given}
            if "model_args" in changes:
                arguments = changes["model_args"].items()
                changes["model_args"] = {k: v for k, v in arguments if k not in base.model_args}
        found[model] = changes
    return found


def with_published(table, recipe, measures=None):
    """Put the published numbers of a recipe's models beside measured ones.

    Args:
        table: A `TextTable` with a row for each model; some columns have names of measures.
        recipe: Name of the recipe, or `None`.
        measures: The measures to show published numbers of; `None`: all.

    Returns:
        A `TextTable` with a column `MEASURE, published` behind each measure that has such numbers,
        each with the number of its source; and the sources in words, the first one being `[1]`.
    """
    entries, shown, numbers, cited = _published(table, recipe, measures)
    columns, rows = [], [[] for _ in table.rows]
    for place, name in enumerate(table.columns):
        columns += [name, f"{name}, published"] if name in shown else [name]
        for row, texts in zip(rows, table.rows, strict=True):
            row.append(texts[place])
            if name in shown:
                row.append(_cell(name, entries[texts[0]], numbers))
    return TextTable(columns, rows, table.title), cited


def published_rows(table, recipe):
    """Return the published numbers of a recipe's models, a row for each source.

    Args:
        table: As for `with_published`.
        recipe: Name of the recipe, or `None`.

    Returns:
        A dict from each model to its rows: `published [N]`, and a text for each other column of the
        table, empty where the source has no number; and the sources in words, the first one being
        `[1]`.
    """
    entries, _, numbers, cited = _published(table, recipe, None)
    measures = table.columns[1:]
    rows = {
        model: [
            [
                f"published [{numbers[one['source']]}]",
                *(str(one.get(name, "")) for name in measures),
            ]
            for one in several
            if not one.keys().isdisjoint(measures)
        ]
        for model, several in entries.items()
    }
    return rows, cited


def _published(table, recipe, measures):
    """Return what is published of the models and measures of a table.

    Returns:
        A dict from each model to the entries of its sources; the measures that have numbers; a dict
        from each source to its number; and the sources in words.
    """
    found = read_published(recipe) if recipe else {}
    entries = {row[0]: found.get(row[0], []) for row in table.rows}
    shown = [
        name
        for name in table.columns[1:]
        if (measures is None or name in measures)
        and any(name in entry for several in entries.values() for entry in several)
    ]
    used = [
        entry["source"]
        for several in entries.values()
        for entry in several
        if not {*shown}.isdisjoint(entry)
    ]
    numbers = {source: i for i, source in enumerate(dict.fromkeys(used), 1)}
    sources = read_sources() if numbers else {}
    cited = [f"[{i}] {sources[source]}" for source, i in numbers.items()]
    return entries, shown, numbers, cited


def read_published(recipe):
    """Return the published numbers of a recipe.

    Returns:
        From a model's name to dicts, one for each source: `source`, and texts of its measures.
    """
    return _content(PUBLISHED)["recipes"][recipe]


def read_sources():
    """Return the citations of all published numbers by the names of their sources."""
    return _content(PUBLISHED)["sources"]


def _cell(measure, entries, numbers):
    known = [entry for entry in entries if measure in entry]
    return ", ".join(f"{one[measure]} [{numbers[one['source']]}]" for one in known) or "none"


@functools.cache
def _content(path):
    # BaseLoader leaves numbers as they are written: 0.730 has three digits.
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
