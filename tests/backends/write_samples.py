"""Write models and layers with TensorFlow's results, for the tests of other backends.

Run by `make backends` as `python -m tests.backends.write_samples FOLDER models` and, beside it,
`... FOLDER layers`. Each case becomes a file
`NAME.npz` of arrays; a model also a file `NAME.keras`, a layer also a file `NAME.json`.
"""

import utils.quiet_tensorflow  # noqa: F401, I001  (before anything that imports TensorFlow)
import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras import tree

from models import MODELS, TEXT_TABULAR_MODELS, TextEncoder, TextEncoderModel
from tests.models import numpy_layers, test_layers
from tests.models.baselines import test_layers as test_baseline_layers
from tests.models.layer_case import build_shapes
from tests.models.small_encoders import BERT, VOCABULARY, WIDTH
from tests.models.text_tabular import small
from tests.models.text_tabular import test_layers as test_text_tabular_layers
from utils.batches.dataset import INPUT_NAMES
from tests.models.tiny import SEQ_LEN, make_masks, make_model, make_sequences

SAMPLES = 4
VARIANTS = {
    **{
        name: (name, {"train_samples": SAMPLES} if cls.remembers_samples else {})
        for name, cls in MODELS.items()
    },
    "ensemble": ("seqlevel", {"members": 2, "num_outputs": 2}),
    "checkpointing": (
        "seqlevel",
        {
            "gradient_checkpointing": True,
            "norm_first": True,
            "pooling_method": "recency",
            "bidirectional_fusion": True,
        },
    ),
    "text_encoder": ("text_encoder", {}),
}
PIECES = 3  # of a word, for the model with a text encoder
STEPS = 2  # of a model that remembers samples 3; its own tasks begin in the third
LENGTHS = (SEQ_LEN, SEQ_LEN - 1, SEQ_LEN - 2)


def samples():
    """Sequences and masks: padding, holes, an absent video, and a sample without any step."""
    masks = [mask.copy() for mask in make_masks(SAMPLES, LENGTHS)]
    masks[2][0] = False
    for mask in masks:
        mask[1] = False
    return make_sequences(SAMPLES, LENGTHS), masks


def padded_to_the_end(sequences, masks):
    """The same in `SEQ_LEN` steps."""
    ends = [((0, 0), (0, SEQ_LEN - mask.shape[1])) for mask in masks]
    sequences = [np.pad(x, (*end, (0, 0))) for x, end in zip(sequences, ends, strict=True)]
    return sequences, [np.pad(mask, end) for mask, end in zip(masks, ends, strict=True)]


def make_encoded():
    """A model behind a text encoder, which has no dropout: Keras draws it apart on each backend."""
    source, special = {**BERT, "dropout": 0.0}, {"start_token": 1, "end_token": 2}
    encoder = TextEncoder(source, "word", **special, gradient_checkpointing=True)
    model = TextEncoderModel(MODELS["lf_dnn"](SEQ_LEN, WIDTH, 4, 3, 8), encoder, PIECES)
    model.build()
    return model


def token_numbers(mask):
    """Token numbers of words, of which some have fewer pieces."""
    rng = np.random.default_rng(0)
    numbers = rng.integers(1, VOCABULARY // 2, (*mask.shape, PIECES))
    numbers[..., 1:] *= rng.random((*mask.shape, PIECES - 1)) < 0.5
    return (numbers * mask[..., None]).astype("float32")


def write_model(path, name, options):
    """Write a model, its explanation, and its weights and losses after a few steps of training."""
    sequences, masks = samples()
    if name == "text_encoder":
        model, sequences = make_encoded(), (token_numbers(masks[0]), *sequences[1:])
    else:
        model = make_model(name, **options)
    model.save(path.with_suffix(".keras"))
    explanation = model.explain((*sequences, *masks))
    arrays = {"prediction": explanation.prediction}
    if explanation.modality_weights is not None:
        arrays["modality_weights"] = explanation.modality_weights
    arrays |= {f"attention/{key}": maps for key, maps in explanation.attention.items()}
    # Other backends get padded sequences, with NaN at all masked steps.
    padded, masks = padded_to_the_end(sequences, masks)
    for i, (x, mask) in enumerate(zip(padded, masks, strict=True)):
        arrays[f"mask_{i}"] = mask
        arrays[f"sequence_{i}"] = np.where(mask[..., None], x, np.float32(np.nan))
    labels = np.array([[1.5], [-1.0], [0.5], [-2.0]], "float32") * np.ones(model.output_dim)
    weights = {id(weight) for weight in model.weights}
    seeds = [variable for variable in model.variables if id(variable) not in weights]
    for i, seed in enumerate(seeds):
        seed.assign([i, 0])
    model.compile(keras.optimizers.SGD(0.05), "mae", run_eagerly=True)
    inputs, steps = (*padded, *masks), STEPS
    if model.remembers_samples:
        arrays["row"] = np.arange(SAMPLES)
        inputs, steps = dict(zip(INPUT_NAMES, inputs, strict=True), row=arrays["row"]), 3
    arrays["losses"] = [model.train_on_batch(inputs, labels) for _ in range(steps)]
    arrays |= {"labels": labels}
    arrays |= {f"weight_{i}": weight.numpy() for i, weight in enumerate(model.weights)}
    arrays |= {f"seed_{i}": seed.numpy() for i, seed in enumerate(seeds)}
    write(path, arrays)


def write_layer(path, cls, options, inputs):
    """Write a layer's configuration, and its results with random weights."""
    layer = cls(**options)
    shapes = build_shapes(layer, inputs)
    layer.build(**shapes)
    numpy_layers.randomise(layer)
    outputs = tree.flatten(layer(**inputs))
    arrays = {f"output_{i}": output for i, output in enumerate(outputs)}
    arrays |= {f"weight_{i}": weight.numpy() for i, weight in enumerate(layer.weights)}
    for name, value in inputs.items():
        many = isinstance(value, (list, tuple))
        arrays |= {f"input/{name}/{i}": x for i, x in enumerate(value if many else [value])}
    config = {
        "layer": keras.saving.serialize_keras_object(layer),
        "shapes": shapes,
        "lists": [name for name, value in inputs.items() if isinstance(value, (list, tuple))],
    }
    path.with_suffix(".json").write_text(json.dumps(config))
    write(path, arrays)


def write_text_tabular(path, name):
    """Write a model of a text with a table, its batch and its result."""
    model, batch = small.make_model(name), small.make_batch()
    model.save(path.with_suffix(".keras"))
    del batch["label"]
    write(path, {"prediction": model(batch), **{f"input/{key}": x for key, x in batch.items()}})


def write(path, arrays):
    """Write arrays of any kind."""
    np.savez(path.with_suffix(".npz"), **{key: np.asarray(x) for key, x in arrays.items()})


def layer_cases():
    """Yield name, class, arguments and inputs of every layer of the layer tests."""
    for cls, cases in test_layers.CASES.items():
        for i, (options, inputs, *_) in enumerate(cases):
            yield f"{cls.__name__}-{i}", cls, options, inputs
    for module in (test_baseline_layers, test_text_tabular_layers):
        for cls, (options, inputs, *_) in module.CASES.items():
            yield cls.__name__, cls, options, inputs


def main(folder, part):
    """Write the cases of a part into its subfolder; `text_tabular` belongs to the layers."""
    for kind in ("models",) if part == "models" else ("layers", "text_tabular"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    if part == "models":
        for case, (name, options) in VARIANTS.items():
            write_model(folder / "models" / case, name, options)
        return
    for case, cls, options, inputs in layer_cases():
        write_layer(folder / "layers" / case, cls, options, inputs)
    for name in TEXT_TABULAR_MODELS:
        write_text_tabular(folder / "text_tabular" / name, name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
