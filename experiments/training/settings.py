"""All options of a training run, and their checks."""

import dataclasses
import inspect
import math
from typing import Any, Literal

from experiments.training.distribution import Strategy, workers_faults
from experiments.training.folds import folds_faults
from models import MODELS
from utils.batches.augmentation import Augmentation
from utils.batches.normalization import METHODS
from utils.formats import MODALITIES
from utils.options import setting


@dataclasses.dataclass
class TrainSettings:
    """Options of `experiments.train`; a config file sets any of them, the command line wins."""

    model: str = setting("seqlevel", f"one of {', '.join(MODELS)}", suggestions=MODELS)
    model_args: dict[str, Any] = setting(
        {}, "arguments of the model's class; one alone as --model-args.NAME VALUE"
    )
    data: str | None = setting(None, "data folder, in a format of data/README.md")
    feature_files: dict[str, str] = setting(
        {}, "MMSA pickles whose features replace those of the data, by modality"
    )
    stream: bool | None = setting(
        None, "leave features on disk, true or false; default: if they exceed the memory"
    )
    run_dir: str | None = setting(None, "run folder to make; default runs/MODEL-DATA-TIME")
    modalities: list[str] = setting(
        list(MODALITIES),
        "modalities to use, the others are fed as absent",
        nargs="+",
        suggestions=MODALITIES,
    )
    normalize: str = setting(
        "standard", f"scaling of features: {', '.join(METHODS)}", suggestions=METHODS
    )
    clip_features: float = setting(0.0, "largest magnitude of a scaled feature; 0 keeps all")
    epochs: int = setting(30, "passes over the training split")
    batch_size: int = setting(32, "samples in a batch, of all devices and workers together")
    buckets: int = setting(
        0,
        "cut each batch to its longest sample, and draw it from one of this many groups of "
        "similar length; 1: from all; 0: do not cut",
    )
    packing: bool = setting(
        False,
        "put short samples of a batch side by side into one row, for models that can: seqlevel",
        nargs="?",
        const=True,
    )
    feature_dropout: dict[str, float] = setting(
        {}, "share of single features set to 0 in training, by modality: --feature-dropout.text 0.3"
    )
    modality_dropout: dict[str, float] = setting(
        {}, "share of training samples that lose a modality, by modality"
    )
    noise: dict[str, float] = setting(
        {}, "standard deviation of Gaussian noise on scaled training features, by modality"
    )
    time_masking: dict[str, float] = setting(
        {}, "largest share of the steps that one masked span takes in training, by modality"
    )
    mixup: float = setting(0.0, "mix training samples by shares from Beta(X, X); 0: do not")
    truncation: float = setting(
        0.0, "share of training samples cut to their last steps, a random number of them"
    )
    context_dropout: float = setting(
        0.0, "share of training samples cut to their last step, as where it alone is scored"
    )
    learning_rate: float = setting(1e-3, "highest learning rate of AdamW")
    weight_decay: float = setting(1e-4, "decoupled weight decay of AdamW")
    warmup: float = setting(0.1, "share of the steps in which the learning rate rises from 0")
    schedule: Literal["constant", "linear", "cosine"] = setting(
        "cosine", "fall of the learning rate to 0 after the warm-up"
    )
    clip_norm: float = setting(1.0, "gradients are scaled down to this global norm; 0: never")
    accumulate: int = setting(1, "batches whose gradients are averaged for one update of weights")
    ema: float = setting(
        0.0, "validate and keep an exponential moving average of the weights; its momentum, 0: no"
    )
    patience: int = setting(0, "stop after this many epochs without a lower validation MAE; 0: no")
    loss: Literal["mae", "mse", "huber"] = setting("huber", "training loss")
    huber_delta: float = setting(1.0, "error at which the Huber loss turns linear, in score units")
    keep: Literal["best", "last"] = setting(
        "best", "epoch whose model is kept: the one with the lowest validation MAE, or the last"
    )
    checkpoint_minutes: float = setting(
        10.0, "time between checkpoints inside an epoch; there is one after each epoch"
    )
    tensorboard: bool = setting(
        True, "write events for TensorBoard into the run folder, true or false"
    )
    graph: bool = setting(
        False, "write the graph of a prediction for TensorBoard too", nargs="?", const=True
    )
    mlflow: str | None = setting(
        None, "tracking URI of MLflow to send metrics to, such as sqlite:///mlflow.db"
    )
    seed: int = setting(0, "seed of weights, dropout and order")
    deterministic: bool = setting(
        False,
        "force deterministic kernels: slower, and on a CPU runs agree without it",
        nargs="?",
        const=True,
    )
    mixed_precision: Literal["none", "float16", "bfloat16"] = setting(
        "none", "compute in half precision; the output stays float32"
    )
    jit: Literal["auto", "on", "off"] = setting(
        "auto",
        "compile the training step by XLA, on one device; auto: in long runs without buckets and "
        "half precision",
    )
    strategy: Strategy = setting(
        "auto",
        "devices: auto, all GPUs if there are several, else the default one; cpu, no GPU; "
        "mirrored, all GPUs; multiworker, those of all processes that TF_CONFIG names; ray, those "
        "of --workers processes that Ray starts",
    )
    workers: int = setting(1, "processes that train together, with --strategy ray")
    folds: int = setting(0, "cross-validate over train and valid in this many folds; 0: do not")
    group: str | None = setting(
        None, "index column whose values stay together in a fold, such as video_id"
    )

    def augmentation(self):
        """Return the changes to training batches."""
        names = [field.name for field in dataclasses.fields(Augmentation)]
        return Augmentation(**{name: getattr(self, name) for name in names})

    def check(self):
        """Check all values together.

        Raises:
            ValueError: Naming every fault.
        """
        faults = self.faults()
        if faults:
            raise ValueError(" ".join(faults))

    def faults(self):
        """Return a sentence for each value that is wrong."""
        return [*self._faults()]

    def _faults(self):
        if self.data is None:
            yield "--data is missing: name a data folder."
        if self.model not in MODELS:
            yield f"--model must be one of {', '.join(MODELS)}. Received: {self.model!r}."
        else:
            yield from self._model_args_faults()
        if not self.modalities or not set(self.modalities) <= set(MODALITIES):
            yield (
                f"--modalities must be one or more of {', '.join(MODALITIES)}. "
                f"Received: {' '.join(self.modalities)}."
            )
        if self.normalize not in METHODS:
            yield f"--normalize must be one of {', '.join(METHODS)}. Received: {self.normalize!r}."
        for name, low in (
            ("epochs", 1),
            ("batch_size", 1),
            ("accumulate", 1),
            ("buckets", 0),
            ("patience", 0),
            ("seed", 0),
        ):
            if getattr(self, name) < low:
                yield f"{_option(name)} must be at least {low}. Received: {getattr(self, name)}."
        for name in ("learning_rate", "huber_delta"):
            if not 0 < getattr(self, name) < math.inf:
                yield f"{_option(name)} must be above 0. Received: {getattr(self, name)}."
        for name in ("weight_decay", "clip_norm", "clip_features", "checkpoint_minutes"):
            if not 0 <= getattr(self, name) < math.inf:
                yield f"{_option(name)} must be at least 0. Received: {getattr(self, name)}."
        for name in ("warmup", "ema"):
            if not 0 <= getattr(self, name) < 1:
                yield f"--{name} must be at least 0 and below 1. Received: {getattr(self, name)}."
        yield from self.augmentation().faults()
        yield from self._packing_faults()
        yield from folds_faults(self)
        yield from workers_faults(self)
        if self.jit == "on" and self.strategy not in ("auto", "cpu"):
            yield f"--jit on needs one device. Received: --strategy {self.strategy}."

    def _packing_faults(self):
        if not self.packing:
            return
        if self.model in MODELS and not MODELS[self.model].packs_samples:
            able = ", ".join(name for name, model in MODELS.items() if model.packs_samples)
            yield f"--packing needs a model that can, {able}. Received: --model {self.model}."
        if self.buckets:
            yield f"--packing spares all padding: leave --buckets out. Received: {self.buckets}."
        if self.mixup:
            yield "--packing and --mixup, which makes samples longer, exclude each other."
        if self.strategy not in ("auto", "cpu"):
            yield f"--packing needs one device. Received: --strategy {self.strategy}."

    def _model_args_faults(self):
        known = model_options(self.model)
        for name in sorted(set(self.model_args) - set(known)):
            yield (
                f"--model-args has no {name!r} for the model {self.model}. "
                f"Expected: {', '.join(known)}."
            )


def model_options(model):
    """Return the names of a model's arguments that a user may choose."""
    given_by_data = {"self", "seq_len", "text_dim", "audio_dim", "video_dim", "kwargs"}
    parameters = inspect.signature(MODELS[model].__init__).parameters
    return [name for name in parameters if name not in given_by_data]


def _option(name):
    return f"--{name.replace('_', '-')}"
