"""Pretrained text backbones of `keras_hub`: load them and describe them.

`keras_hub` is imported only when a backbone is made. Its package asks for tensorflow-text, but
these backbones run without: install it by `pip install --no-deps keras-hub`, with regex and
tokenizers.
"""

import json
import os
import tempfile
from pathlib import Path

from keras import ops

from .backbone_parts import backbone_parts

SMALL_BERT = {
    "vocabulary_size": 30522,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 128,
    "intermediate_dim": 512,
    "max_sequence_length": 512,
}
CLASSES = {
    "bert": "BertBackbone",
    "distil_bert": "DistilBertBackbone",
    "roberta": "RobertaBackbone",
    "xlm_roberta": "XLMRobertaBackbone",
    "albert": "AlbertBackbone",
    "deberta_v3": "DebertaV3Backbone",
    "electra": "ElectraBackbone",
}
# Types of models that keras_hub reads in Hugging Face's layout.
CONVERTED = {
    "bert": "bert",
    "distilbert": "distil_bert",
    "roberta": "roberta",
    "xlm-roberta": "xlm_roberta",
    "albert": "albert",
}
FACTORISED = ("albert", "electra")  # embeddings may be narrower than hidden states
HANDLES = ("hf://", "kaggle://", "modelscope://")


def import_keras_hub():
    """Return the module `keras_hub`.

    Raises:
        ImportError: If it is not installed; the message says how to install it.
    """
    try:
        import keras_hub
    except ImportError as error:
        raise ImportError(
            "A text encoder needs keras_hub, which is not installed. "
            "Run `pip install -r requirements-text.txt`."
        ) from error
    return keras_hub


def exact_gelu(x):
    """GELU by the error function, written so that every ONNX runtime can execute it.

    Reference:
        Hendrycks and Gimpel, 2016, "Gaussian Error Linear Units".
    """
    return 0.5 * x * (1.0 + ops.erf(x * 0.5**0.5))


def tanh_gelu(x):
    """The tanh approximation of GELU, with which ALBERT was trained."""
    return ops.gelu(x, approximate=True)


ACTIVATIONS = {"gelu": exact_gelu, "gelu_new": tanh_gelu}
# Further names in Hugging Face's config.json.
SAME_ACTIVATION = {"gelu_pytorch_tanh": "gelu_new"}


def make_text_backbone(source=None, dtype=None):
    """Make a text backbone of `keras_hub` with the activation that it was trained with.

    `keras_hub` computes BERT and ELECTRA with the tanh approximation of GELU, which moves the
    hidden states of BERT by 4e-3. Here all backbones have the exact GELU of their papers, and
    ALBERT has the tanh approximation. A folder of Hugging Face may name either one.

    Args:
        source: One of

            - a preset of `keras_hub`, such as `"bert_base_en_uncased"`, or a handle (`hf://...`);
            - a local folder in the layout of `keras_hub` (`save_to_preset`), for all of `CLASSES`;
            - a local folder in the layout of Hugging Face (config.json and model.safetensors), for
              the types of `CONVERTED`. A BERT or ALBERT must have its pooler;
            - a mapping for random weights: `class`, a name of `CLASSES` (default `"bert"`);
              `activation`, `"gelu"` or `"gelu_new"`; and arguments of the backbone, of which
              `SMALL_BERT` gives the missing ones. All classes call the vocabulary's size
              `vocabulary_size`.
            - `None` for `SMALL_BERT`.

            For a folder of an installed Python package, `utils.texts.preset_path` finds the path.
        dtype: Dtype policy of the backbone.

    Returns:
        The backbone, a `keras_hub.models.Backbone`.

    Raises:
        ImportError: If `keras_hub` is not installed.
        ValueError: If there is no such source, or it is no text backbone of `CLASSES`.

    Example:
        >>> from models.text_backbone import make_text_backbone
        >>> make_text_backbone({"class": "electra", "num_layers": 1, "hidden_dim": 16}).hidden_dim
        16

    Reference:
        Devlin et al., 2019, BERT; Sanh et al., 2019, DistilBERT; Liu et al., 2019, RoBERTa; Conneau
        et al., 2020, XLM-RoBERTa; Lan et al., 2020, ALBERT; He et al., 2023, DeBERTaV3; Clark et
        al., 2020, ELECTRA.
    """
    models = import_keras_hub().models
    if source is None or not isinstance(source, (str, os.PathLike)):
        backbone, activation = _random(models, dict(source or {}), dtype)
    else:
        backbone, activation = _pretrained(models, str(source), dtype)
    for layer in backbone_parts(backbone).layers:
        layer._feedforward_intermediate_dense.activation = ACTIVATIONS[activation]
    return backbone


def backbone_arguments(backbone):
    """Return the mapping from which `make_text_backbone` makes a backbone of the same form."""
    config = backbone.get_config()
    config = {k: v for k, v in config.items() if k not in ("name", "trainable", "dtype")}
    if "vocab_size" in config:
        config["vocabulary_size"] = config.pop("vocab_size")
    first = backbone_parts(backbone).layers[0]._feedforward_intermediate_dense.activation
    activation = next(name for name, function in ACTIVATIONS.items() if function is first)
    return {"class": class_name(backbone), "activation": activation, **config}


def class_name(backbone):
    """Return the name in `CLASSES` of a backbone's class, or `None`."""
    return next((k for k, v in CLASSES.items() if v == type(backbone).__name__), None)


def _random(models, arguments, dtype):
    """Return a backbone with random weights, and the name of its activation."""
    name = arguments.pop("class", "bert")
    activation = arguments.pop("activation", _activation(name))
    for key, value, known in (
        ("class", name, CLASSES),
        ("activation", activation, ACTIVATIONS),
    ):
        if value not in known:
            raise ValueError(
                f"The {key} of a text encoder must be one of {', '.join(known)}. "
                f"Received: {value!r}."
            )
    arguments = SMALL_BERT | arguments
    if name in FACTORISED:
        arguments.setdefault("embedding_dim", arguments["hidden_dim"])
    if name == "electra":
        arguments["vocab_size"] = arguments.pop("vocabulary_size")
    return getattr(models, CLASSES[str(name)])(**arguments, dtype=dtype), activation


def _activation(name):
    """Return the activation with which the models of a class were trained."""
    return "gelu_new" if name == "albert" else "gelu"


def _pretrained(models, source, dtype):
    """Return a pretrained backbone, and the name of its activation."""
    name, config = _kind(models, source)
    try:
        backbone = _loaded(models, source, name, config, dtype)
    except Exception as error:  # keras_hub, kagglehub and safetensors raise many kinds
        advice = (
            "The folder must be whole: config.json and all weights as safetensors, with the pooler "
            "of a BERT or ALBERT."
            if Path(source).is_dir()
            else f'Without internet, run `keras_hub.models.Backbone.from_preset("{source}")'
            '.save_to_preset("FOLDER")` where there is one, copy the folder, and pass its path.'
        )
        raise ValueError(
            "The text encoder must be a preset of keras_hub, or a local folder that holds one. "
            f"Received: {source!r}, which cannot be loaded: {error} {advice}"
        ) from error
    if class_name(backbone) is None:
        raise _unfit(source, type(backbone).__name__)
    if name == "roberta" and config:
        _add_segment(backbone, source)
    default = _activation(class_name(backbone))
    given = config.get("hidden_act", config.get("activation", default))
    return backbone, str(SAME_ACTIVATION.get(given, given))


def _loaded(models, source, name, config, dtype):
    """Return a pretrained backbone as `keras_hub` loads it."""
    if name == "bert" and "type_vocab_size" in config:
        segments = config["type_vocab_size"]
        return models.Backbone.from_preset(source, dtype=dtype, num_segments=segments)
    weights = Path(source) / "model.safetensors"
    if not config or name not in ("distil_bert", "roberta", "albert") or not weights.is_file():
        return models.Backbone.from_preset(source, dtype=dtype)
    from safetensors.numpy import load_file, save_file

    # keras_hub reads these as saved with a head; a sentence encoder is saved without.
    prefix, tensors = f"{config['model_type']}.", load_file(weights)
    if any(key.startswith(prefix) for key in tensors):
        return models.Backbone.from_preset(source, dtype=dtype)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(config), encoding="utf-8")
        tensors = {prefix + key: x for key, x in tensors.items()}
        save_file(tensors, Path(folder, weights.name))
        return models.Backbone.from_preset(folder, dtype=dtype)


def _kind(models, source):
    """Return the name of a source's class, and its config in Hugging Face's layout.

    The name is `None` if only loading tells; the config is empty in other layouts.
    """
    if source.startswith("package://"):
        raise ValueError(
            "The text encoder must be a preset or a folder. "
            f"Received: {source!r}. Pass the folder that `utils.texts.preset_path` returns for it."
        )
    if source.startswith(HANDLES):
        return None, {}
    folder = Path(source)
    if folder.is_dir():
        return _folder_kind(folder)
    for name, cls in CLASSES.items():
        if source in getattr(models, cls).presets:
            return name, {}
    if source in models.Backbone.presets:
        raise _unfit(source, "another model of keras_hub")
    raise ValueError(
        "The text encoder must be a preset of keras_hub, or a local folder that holds one. "
        f"Received: {source!r}, which is neither. For a model of Hugging Face, download "
        "config.json, model.safetensors and the tokenizer's files into one folder, and pass its "
        "path."
    )


def _folder_kind(folder):
    if not (folder / "config.json").is_file():
        raise ValueError(
            "The folder of a text encoder must hold config.json, beside weights in the layout of "
            f"keras_hub or model.safetensors. Received: {str(folder)!r}, which has no config.json."
        )
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if "registered_name" in config:
        cls = config["registered_name"].rpartition(">")[2]
        name = next((k for k, v in CLASSES.items() if v == cls), None)
        if name is None:
            raise _unfit(folder, cls)
        return name, {}
    found = config.get("model_type")
    if found not in CONVERTED:
        raise _unfit(folder, f"a model of type {found!r} in Hugging Face's layout")
    activation = config.get("hidden_act", config.get("activation", "gelu"))
    if SAME_ACTIVATION.get(activation, activation) not in ACTIVATIONS:
        raise _unfit(folder, f"a {found} with the activation {activation!r}")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise _unfit(folder, f"a {found} with {config['position_embedding_type']} positions")
    return CONVERTED[found], config


def _unfit(source, found):
    return ValueError(
        "The text encoder must be a model of token ids and a padding mask: "
        f"{', '.join(CLASSES)}. Received: {str(source)!r}, which is {found}. In Hugging Face's "
        f"layout keras_hub reads {', '.join(CONVERTED)} with absolute positions and GELU; for the "
        "others, save a preset of keras_hub with `save_to_preset`, and pass its folder."
    )


def _add_segment(backbone, folder):
    """Add the segment's vector to all positions of a RoBERTa, where `keras_hub` leaves it out."""
    from safetensors import safe_open

    positions = backbone.embeddings.position_embedding.position_embeddings
    for path in sorted(Path(folder).glob("*.safetensors")):
        with safe_open(path, framework="np") as file:
            for name in file.keys():
                if name.endswith("embeddings.token_type_embeddings.weight"):
                    positions.assign_add(file.get_tensor(name)[0])
