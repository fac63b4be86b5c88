"""The graph of a model of a text with a table that is exported, and what it is checked on."""

import re

import keras
import numpy as np

from experiments.tasks.raw_sequences import named_outputs
from utils.onnx_export import TOLERANCE

BATCHES = (1, 7, 64)
AXES = {1: ("batch",), 2: ("batch", "width"), 3: ("batch", "chunks", "tokens")}


class TableGraph:
    """From tokens and fields to what people read; see `SequenceGraph`.

    The inputs are the entries of a batch, by name, with `_` for what TensorFlow allows in no name:
    token ids and attention mask as int32 `(batch, chunks, tokens)`, and the fields, every axis open
    but their width.

    Attributes:
        tolerance: Largest difference from Keras that is allowed.

    Args:
        run: A `LoadedRun` that computes in float32.
        samples: `Samples` to check the file on.
        dynamic_length: `True`: the number of chunks and tokens is always free.
        masks: `False`: the attention mask is always an input.

    Raises:
        ValueError: If an option is for models of sequences.
    """

    def __init__(self, run, samples, dynamic_length=True, masks=False):
        if masks or not dynamic_length:
            raise ValueError(
                "--masks and --dynamic-length are for models of text, audio and video. Received: "
                f"{run.folder.path}, the run of a model of a text with a table. Leave them out."
            )
        self.run = run
        self.samples = samples
        signature = run.inputs.batches(samples).element_spec
        self._names = dict(zip(input_names(signature), signature, strict=True))
        self.inputs = {}
        for name, spec in zip(self._names, signature.values(), strict=True):
            axes = zip(spec.shape, AXES[len(spec.shape)], strict=True)
            self.inputs[name] = ([size or axis for size, axis in axes], spec.dtype)
        self.tolerance = TOLERANCE
        self.described = {"processing": run.inputs.processing.to_json()}

    def compute(self, values):
        """Return the outputs, tensors by name."""
        prediction, weights = self.explain({self._names[n]: x for n, x in values.items()})
        if weights is not None:
            weights = self.run.inputs.shares(weights, keras.ops)
        return named_outputs(self.run.target, prediction, weights)

    def cases(self):
        """Yield the longest texts, as `check_onnx` takes them."""
        for count in BATCHES:
            batch = self.samples.batch(np.argsort(self.samples.lengths)[-count:])
            yield f"a batch of {count}", dict(zip(self._names, batch.values(), strict=True)), batch

    def explain(self, content):
        """Return prediction and weights of a batch."""
        return self.run.inputs.explain(self.run.model, content)


def input_names(names):
    """Return the name of each input of an exported model."""
    exported = []
    for name in names:
        allowed = re.sub(r"[^A-Za-z0-9_.]", "_", name)
        allowed = allowed if re.match(r"[A-Za-z0-9.]", allowed) else f"x{allowed}"
        exported.append(f"{allowed}_{len(exported)}" if allowed in exported else allowed)
    return exported
