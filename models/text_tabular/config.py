"""The one mapping that configures a text-and-table model, and its checks."""

import math
import warnings

DEFAULTS = {
    "tokenizer": None,
    "is_binary": True,
    "num_classes": 2,
    "num_outputs": 1,
    "metric_choices": ("accuracy", "f1_score"),
    "hidden_common_dim": 100,
    "fusion_dim": None,
    "num_heads": 4,
    "freeze_layers": 0,
    "pooling": "pooled",
    "lr": 2e-5,
    "weight_decay": 0.0,
    "warmup_steps": 0,
    "adam_epsilon": 1e-8,
    "run_scheduler": True,
    "class_weights": None,
    "id_name": None,
    "model_path": None,
    "text_input_ids_key": "input_ids",
    "text_attention_mask_key": "attention_mask",
}
REQUIRED = ("text_name", "label_name", "tab_field_list")
METRICS = (
    "accuracy",
    "f1_score",
    "macro_f1",
    "auroc",
    "average_precision",
    "precision",
    "recall",
)


def complete_config(config):
    """Check a mapping as one, and fill in what it leaves out.

    Args:
        config: A mapping with the keys `REQUIRED` and any of `DEFAULTS`.

    Returns:
        A dict of all keys, with lists and numbers that JSON can hold; `class_weights` is as long
        as there are classes, or `None`.

    Raises:
        ValueError: Naming every fault.
    """
    faults = [f"The key {name!r} is missing." for name in REQUIRED if name not in config]
    known = (*REQUIRED, *DEFAULTS)
    faults += [
        f"There is no key {name!r}; those known are {', '.join(known)}."
        for name in config
        if name not in known
    ]
    values = {**DEFAULTS, **{name: config[name] for name in known if name in config}}
    faults += _faults(values)
    if faults:
        raise ValueError(f"The config of the model has faults. {' '.join(faults)}")
    for name in ("tab_field_list", "metric_choices"):
        values[name] = list(values[name])
    if values["num_classes"] is None:
        values["is_binary"] = False
    if values["class_weights"] is not None and values["num_classes"] is not None:
        values["class_weights"] = fit_class_weights(values["class_weights"], values["num_classes"])
    return values


def fit_class_weights(weights, num_classes):
    """Return as many class weights as classes: padded with 1.0 or cut, with a warning."""
    weights = [float(weight) for weight in weights]
    if len(weights) != num_classes:
        warnings.warn(
            f"`class_weights` must have a weight for each of the {num_classes} classes. Received: "
            f"{len(weights)}. Missing ones are taken as 1.0, surplus ones are left out.",
            stacklevel=4,
        )
    return (weights + [1.0] * num_classes)[:num_classes]


def _faults(values):
    for name in ("text_name", "label_name", "text_input_ids_key", "text_attention_mask_key"):
        if name in values and not (isinstance(values[name], str) and values[name]):
            yield f"{name!r} must be a name. Received: {values[name]!r}."
    for name in ("id_name", "model_path", "tokenizer"):
        if values[name] is not None and not isinstance(values[name], str):
            yield f"{name!r} must be a text or None. Received: {values[name]!r}."
    for name in ("is_binary", "run_scheduler"):
        if not isinstance(values[name], bool):
            yield f"{name!r} must be True or False. Received: {values[name]!r}."
    yield from _list_faults(values)
    yield from _number_faults(values)


def _list_faults(values):
    fields = values.get("tab_field_list", [])
    if not _is_list(fields) or not all(isinstance(name, str) for name in fields):
        yield f"'tab_field_list' must be a list of names. Received: {fields!r}."
    elif len(set(fields)) != len(fields):
        yield f"'tab_field_list' must not name a field twice. Received: {fields!r}."
    chosen = values["metric_choices"]
    if not _is_list(chosen) or not set(chosen) <= set(METRICS):
        yield f"'metric_choices' must be some of {', '.join(METRICS)}. Received: {chosen!r}."
    weights = values["class_weights"]
    if weights is not None and not (
        _is_list(weights) and all(_is_number(w) and w >= 0 for w in weights) and any(weights)
    ):
        yield f"'class_weights' must be numbers of at least 0, not all 0. Received: {weights!r}."


def _number_faults(values):
    sizes = {"num_outputs": 1, "hidden_common_dim": 1, "num_heads": 1}
    sizes |= {"num_classes": 2} if values["num_classes"] is not None else {}
    sizes |= {"freeze_layers": 0, "warmup_steps": 0}
    sizes |= {"fusion_dim": 1} if values["fusion_dim"] is not None else {}
    whole = {name: isinstance(values[name], int) and values[name] is not True for name in sizes}
    for name, least in sizes.items():
        value = values[name]
        if not whole[name] or value < least:
            yield f"{name!r} must be a whole number of at least {least}. Received: {value!r}."
    if values["is_binary"] is True and whole.get("num_classes") and values["num_classes"] > 2:
        yield f"'num_classes' must be 2 where 'is_binary' is. Received: {values['num_classes']}."
    for name in ("lr", "adam_epsilon"):
        if not (_is_number(values[name]) and values[name] > 0):
            yield f"{name!r} must be a number above 0. Received: {values[name]!r}."
    if not (_is_number(values["weight_decay"]) and values["weight_decay"] >= 0):
        yield f"'weight_decay' must be at least 0. Received: {values['weight_decay']!r}."


def _is_list(value):
    return isinstance(value, (list, tuple))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
