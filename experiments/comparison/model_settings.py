"""The settings of each compared model: shared ones, and its own."""

import dataclasses
import re

from experiments.settings.model import NAMES, family_of, model_options
from experiments.tuning.kinds import accepts, in_words, kind_of

# The name of a predictor that is not trained: it knows the labels of the training alone.
CONSTANT = "constant"
# Settings that all models of a comparison share, beside those that no study may vary.
SHARED = ("model", "strategy", "workers")
# The name of a variant is a part of the names of its run folders.
VARIANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def model_of(name, own):
    """Return the model of a compared name: the name, or what its own settings say.

    Args:
        name: A model's name, or the name of a variant, whose settings have the key `model`.
        own: See `settings_by_model`.
    """
    changes = own.get(name)
    return changes.get("model", name) if isinstance(changes, dict) else name


def settings_by_model(base, models, own):
    """Return the settings of each model.

    An entry of `model_args` is left out for models that lack it, and is an error if no model has
    it. Settings in `own` win over `base`, and all of them must fit their model.

    Args:
        base: `TrainSettings` for all of them.
        models: Names of the models, without `CONSTANT`, and of variants of models.
        own: From one of these names to settings of its own by name; its `model_args` are added
            to the `model_args` of `base`, entry by entry. The settings of a variant name its
            `model`.

    Returns:
        From each model to its `TrainSettings`, and from each model to the names of the arguments
        that were left out.

    Raises:
        ValueError: Naming every fault.
    """
    faults = [*_faults(base, models, own)]
    if faults:
        raise ValueError(" ".join(faults))
    settings, left_out = {}, {}
    for one in models:
        known = model_options(model_of(one, own))
        arguments = {name: value for name, value in base.model_args.items() if name in known}
        changes = {"model": one, **own.get(one, {})}
        arguments |= changes.pop("model_args", {})
        settings[one] = dataclasses.replace(base, model_args=arguments, **changes)
        left_out[one] = sorted(set(base.model_args) - set(known))
        faults += [fault for fault in settings[one].faults() if fault not in faults]
    if faults:
        raise ValueError(" ".join(faults))
    return settings, left_out


def _faults(base, models, own):
    kinds = {one: model_of(one, own) for one in models}
    unknown = sorted({str(kind) for kind in kinds.values()} - {*NAMES})
    if unknown or not models:
        received = ", ".join(map(repr, unknown)) or f"{CONSTANT} alone"
        yield (
            f"--models must be some of {', '.join(NAMES)}, and {CONSTANT} beside them. "
            f"Received: {received}. A name of your own needs an entry in --model-settings that "
            "has the key `model`."
        )
        return
    if len({family_of(kind) for kind in kinds.values()}) > 1:
        yield (
            "--models must be of one family: models of text, audio and video, or models of a text "
            f"with a table. Received: {', '.join(models)}."
        )
        return
    repeated = sorted({model for model in models if models.count(model) > 1})
    if repeated:
        yield f"--models must name each model once. Received: {', '.join(repeated)} again."
    for name in (one for one in models if not VARIANT.fullmatch(one)):
        yield (
            "A name of your own must have letters, digits, '_', '.' and '-' alone, and start with "
            f"a letter or digit. Received: {name!r}."
        )
    known = {name for kind in kinds.values() for name in model_options(kind)}
    for name in sorted(set(base.model_args) - known):
        yield (
            f"--model-args has {name!r}, which none of the models has. "
            f"Expected: {', '.join(sorted(known))}."
        )
    for model, changes in own.items():
        if model not in models:
            yield (
                f"--model-settings has {model!r}, which is not compared. "
                f"Expected: {', '.join(models)}."
            )
        elif not isinstance(changes, dict):
            yield (
                f"--model-settings must map settings to values for {model}. Received: {changes!r}."
            )
        else:
            unread = {*changes.get("modalities", [])} - {*base.modalities}
            if unread:
                yield (
                    f"--model-settings, {model}: `modalities` must be some of those of all models, "
                    f"{', '.join(base.modalities)}. Received: {', '.join(sorted(unread))} too."
                )
            for name, value in changes.items():
                if name != "model" or model in NAMES:
                    yield from _setting_faults(model, kinds[model], name, value)


def _setting_faults(one, model, name, value):
    """Yield the faults of the value of a setting that one compared name has for itself."""
    try:
        if name in SHARED:
            raise ValueError("is the same for all models.")
        kind = kind_of(name, [model])
    except ValueError as error:
        yield f"--model-settings, {one}: `{name}`: {error}"
    else:
        if not accepts(kind, value):
            yield (
                f"--model-settings, {one}: `{name}` must be {in_words(kind)}. Received: {value!r}."
            )
