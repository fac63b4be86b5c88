"""The graph of a sequence model that is exported, and what it is checked on."""

import itertools

import numpy as np

from experiments.tasks.raw_sequences import RawSequences
from utils.batches.dataset import model_inputs
from utils.formats import MODALITIES
from utils.formats.checks import clean_features
from utils.onnx_export import ENCODER_TOLERANCE, TOLERANCE

BATCHES = (1, 7, 64)


class SequenceGraph:
    """From raw features to what people read; see `write_onnx`.

    Args:
        run: A `LoadedRun` that computes in float32.
        samples: A `Split` to check the file on.
        dynamic_length: Whether the length of the sequences is free.
        masks: Whether the graph has inputs for masks.

    Attributes:
        inputs: Shape and type of each input.
        compute: From the inputs to the outputs, tensors by name.
        described: What the file says of the inputs.
        tolerance: Largest difference from Keras that is allowed.
    """

    def __init__(self, run, samples, dynamic_length=True, masks=False):
        self.run = run
        self.samples = samples
        self.masks = masks
        raw = RawSequences(run.model, run.inputs)
        self.compute = raw.outputs
        self._lengths: dict[str, int | None] = dict.fromkeys(raw.modalities)
        if not dynamic_length:
            self._lengths = dict(raw.lengths)
        self.inputs = {}
        for name, length in self._lengths.items():
            steps = length or f"{name}_steps"
            self.inputs[name] = (("batch", steps, raw.widths[name]), "float32")
            if masks:
                self.inputs[f"{name}_mask"] = (("batch", steps), "bool")
        self.described = {
            "modalities": list(raw.modalities),
            "widths": raw.widths,
            "seq_len": raw.lengths,
            "extraction": run.inputs.extraction,
        }
        self._text_steps = run.inputs.text_steps
        self.tolerance = TOLERANCE if self._text_steps is None else ENCODER_TOLERANCE
        if self._text_steps is not None:
            self.described |= {
                "text_steps": self._text_steps.to_json(),
                "tokenizer": self._text_steps.tokenizer.file_checksum,
            }

    def cases(self):
        """Yield what the graph is to be tried on, as `check_onnx` takes it."""
        samples = self.samples.take(np.linspace(0, len(self.samples) - 1, BATCHES[-1]).round())
        x = {name: samples.sequences[name] for name in self._lengths}
        for name, length in self._lengths.items():
            if length is not None:
                x[name] = np.pad(x[name], ((0, 0), (0, length - x[name].shape[1]), (0, 0)))
        for batch in BATCHES:
            yield self._case(f"a batch of {batch}", _rows(x, batch))
        few = _rows(x, BATCHES[1])
        free = None in self._lengths.values()
        for share, words in ((0.0, "step"), (0.5, "half")) if free else ():
            steps = {n: max(1, round(share * v.shape[1])) for n, v in few.items()}
            for end, cut in (("first", slice(None)), ("last", slice(None, None, -1))):
                short = {n: v[:, cut][:, : steps[n]][:, cut] for n, v in few.items()}
                yield self._case(f"the {end} {words} alone", short)
        for count in range(1, len(x) + 1):
            for absent in itertools.combinations(x, count):
                some = {n: np.zeros_like(v) if n in absent else v for n, v in few.items()}
                yield self._case(f"no {' and no '.join(absent)}", some)
        measured = {n: v.copy() for n, v in few.items() if n != "text" or self._text_steps is None}
        for value in measured.values():
            value[0, -1, 0], value[1, -1, -1], value[2, -1] = np.nan, np.inf, -np.inf
        if measured:
            yield self._case("NaN and infinite features", {**few, **measured})
        if self._text_steps is not None:
            size, shape = self._text_steps.tokenizer.size, few["text"].shape
            numbers = np.random.default_rng(0).integers(-size // 2, size, shape, endpoint=True)
            tokens = np.maximum(numbers, 0).astype("float32")  # a third are holes
            yield self._case("tokens of any number", {**few, "text": tokens})

    def _case(self, description, features):
        if not self.masks:
            return description, features, (features, None)
        masks = {name: np.any(value != 0, axis=-1) for name, value in features.items()}
        for mask in masks.values():
            mask[::2, -1] = False  # Masks count, whatever the features are.
        inputs = {**features, **{f"{name}_mask": mask for name, mask in masks.items()}}
        return description, inputs, (features, masks)

    def explain(self, content):
        """Return prediction and weights of a case's content, computed as an evaluation does."""
        features, masks = content
        model, inputs = self.run.model, self.run.inputs
        samples = len(next(iter(features.values())))
        absent = zip(MODALITIES, model.seq_lens, model.widths, strict=True)
        sequences = {
            name: clean_features(name, features[name])[0]
            if name in features
            else np.zeros((samples, length, width), "float32")
            for name, length, width in absent
        }
        batch = model_inputs(sequences, inputs.normalizer, inputs.modalities, masks)
        return inputs.explain(model, batch)


def _rows(x, count):
    return {name: value[:count] for name, value in x.items()}
