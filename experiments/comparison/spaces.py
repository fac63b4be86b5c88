"""The search space of each compared model."""

from pathlib import Path

import yaml
from jsonargparse import get_loader

from experiments.settings.model import NAMES
from experiments.tuning.search_space import SearchSpace

SECTION = "models"


def read_spaces(path, settings):
    """Read a search space for all models, with sections for single ones.

    The file is a space of `experiments.tune`, in which every model is tuned. It may also hold a
    mapping `models`, from a model's name to a space that is added for this model alone. Models
    there that are not compared are left out.

    Args:
        path: A YAML file.
        settings: From each compared model to its `TrainSettings`.

    Returns:
        From each model to its `SearchSpace`.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is not YAML; or naming every fault, such as an argument of all models
            that one of them does not have.
    """
    try:
        content = get_loader("yaml")(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise OSError(
            f"The search space {path} cannot be read: {error.strerror}. "
            "Expected: a YAML file of settings and their values. Check --space."
        ) from error
    except yaml.YAMLError as error:
        raise ValueError(f"The search space {path} is wrong. {error}") from error
    spaces, faults = {}, []
    common, sections = _parts(content, path, settings)
    for model, own in settings.items():
        try:
            spaces[model] = SearchSpace({**common, **sections.get(model, {})}, own)
        except ValueError as error:
            faults.append(f"For {model}: {error}")
    if faults:
        raise ValueError(
            f"The search space {path} is wrong. {' '.join(faults)} "
            f"Settings of one model alone belong into `{SECTION}: {{NAME: ...}}`."
        )
    return spaces


def _parts(content, path, settings):
    """Return the settings of all models, and the sections of single ones."""
    common = dict(content) if isinstance(content, dict) else {}
    sections = common.pop(SECTION, None) or {}
    if not isinstance(sections, dict) or not all(isinstance(s, dict) for s in sections.values()):
        raise ValueError(
            f"The search space {path} is wrong. `{SECTION}` must map models to settings and their "
            f"values. Received: {sections!r}."
        )
    unknown = sorted(set(map(str, sections)) - {*NAMES, *settings})
    if unknown:
        raise ValueError(
            f"The search space {path} is wrong. `{SECTION}` must name models: {', '.join(NAMES)}. "
            f"Received: {', '.join(unknown)}."
        )
    if "model" in common or any("model" in section for section in sections.values()):
        raise ValueError(
            f"The search space {path} is wrong. `model`: each compared model has a study of its "
            "own. Leave it out."
        )
    return common, sections
