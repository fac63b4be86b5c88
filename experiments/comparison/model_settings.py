"""The settings of each compared model: shared ones, and its own."""

import dataclasses

from experiments.settings.model import NAMES, family_of, model_options
from experiments.tuning.kinds import accepts, in_words, kind_of

# The name of a predictor that is not trained: it knows the labels of the training alone.
CONSTANT = "constant"
# Settings that all models of a comparison share, beside those that no study may vary.
SHARED = ("model", "modalities", "strategy", "workers")


def settings_by_model(base, models, own):
    """Return the settings of each model.

    An entry of `model_args` is left out for models that lack it, and is an error if no model has
    it. Settings in `own` win over `base`, and all of them must fit their model.

    Args:
        base: `TrainSettings` for all of them.
        models: Names of the models, without `CONSTANT`.
        own: From a model's name to settings of its own by name; its `model_args` are added
            to the `model_args` of `base`, entry by entry.

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
    for model in models:
        known = model_options(model)
        arguments = {name: value for name, value in base.model_args.items() if name in known}
        changes = dict(own.get(model, {}))
        arguments |= changes.pop("model_args", {})
        settings[model] = dataclasses.replace(base, model=model, model_args=arguments, **changes)
        left_out[model] = sorted(set(base.model_args) - set(known))
        faults += [fault for fault in settings[model].faults() if fault not in faults]
    if faults:
        raise ValueError(" ".join(faults))
    return settings, left_out


def _faults(base, models, own):
    unknown = sorted(set(models) - set(NAMES))
    if unknown or not models:
        received = ", ".join(map(repr, unknown)) or f"{CONSTANT} alone"
        yield (
            f"--models must be some of {', '.join(NAMES)}, and {CONSTANT} beside them. "
            f"Received: {received}."
        )
        return
    if len({family_of(model) for model in models}) > 1:
        yield (
            "--models must be of one family: models of text, audio and video, or models of a text "
            f"with a table. Received: {', '.join(models)}."
        )
        return
    repeated = sorted({model for model in models if models.count(model) > 1})
    if repeated:
        yield f"--models must name each model once. Received: {', '.join(repeated)} again."
    known = {name for model in models for name in model_options(model)}
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
            for name, value in changes.items():
                yield from _setting_faults(model, name, value)


def _setting_faults(model, name, value):
    """Yield the faults of one model's own value of a setting."""
    try:
        if name in SHARED:
            raise ValueError("is the same for all models.")
        kind = kind_of(name, [model])
    except ValueError as error:
        yield f"--model-settings, {model}: `{name}`: {error}"
    else:
        if not accepts(kind, value):
            yield (
                f"--model-settings, {model}: `{name}` must be {in_words(kind)}. "
                f"Received: {value!r}."
            )
