"""All options of a training on texts with tabular fields, and their checks."""

import dataclasses
import math
from typing import Literal

from experiments.training.distribution import Strategy, workers_faults
from experiments.training.folds import folds_faults
from models import TEXT_TABULAR_MODELS
from models.text_tabular.config import complete_config
from utils.options import setting


@dataclasses.dataclass
class TextTabularSettings:
    """Options of `experiments.train_text_tabular`; the command line overrides a config file."""

    model: str = setting(
        "gate", f"one of {', '.join(TEXT_TABULAR_MODELS)}", suggestions=TEXT_TABULAR_MODELS
    )
    data: str | None = setting(
        None,
        "folder with train.csv and valid.csv, or what the names of such files begin with: "
        "DIR/reviews for DIR/reviews_train.csv; .parquet too",
    )
    run_dir: str | None = setting(None, "run folder to make; default runs/MODEL-DATA-TIME")
    text: str | None = setting(None, "column of texts; default: the one with most words")
    label: str | None = setting(None, "column of classes; default: label")
    id: str | None = setting(None, "column that tells samples apart; default: id, if there is one")
    numeric: list[str] = setting([], "columns of numbers; default: inferred", nargs="+")
    categorical: list[str] = setting([], "columns of categories; default: inferred", nargs="+")
    ignored: list[str] = setting([], "columns not to use", nargs="+")
    classes: list[str] = setting(
        [], "all labels, in the order of the classes; default: those of train, sorted", nargs="+"
    )
    numeric_bins: int = setting(0, "bins of each number, which make vectors; 0: none")
    numeric_encoding: Literal["one-hot", "piecewise"] = setting(
        "one-hot",
        "vectors of bins: one-hot, behind the number, or piecewise linear, in its place",
    )
    numeric_edges: Literal["quantiles", "tree"] = setting(
        "quantiles",
        "edges of bins: quantiles, or where a decision tree that predicts the label from the "
        "number alone splits",
    )
    min_frequency: int = setting(1, "rows of train that a category must have; others are unknown")
    max_categories: int = setting(
        1000, "most categories of a column, the frequent ones; others are unknown"
    )
    tokenizer: str | None = setting(
        None,
        "pretrained BERT: a preset of keras_hub, a local folder, or package://NAME/FOLDER for a "
        "folder of a Python package; default: a small BERT with random weights, and a vocabulary "
        "learned from train",
    )
    vocabulary_size: int = setting(8000, "tokens of the vocabulary that is learned, at most")
    bert: dict[str, int] = setting(
        {},
        "shape of the random BERT: --bert.num_layers, .num_heads, .hidden_dim, .intermediate_dim",
    )
    chunks: int = setting(4, "chunks of a text at most; what is beyond them is cut off")
    chunk_tokens: int = setting(128, "tokens of a chunk")
    overlap: int = setting(16, "tokens that neighbouring chunks share")
    pooling: str = setting(
        "pooled",
        "what stands for a chunk: BERT's pooled output, or mean",
        suggestions=("pooled", "mean"),
    )
    freeze_layers: int = setting(
        0, "layers of BERT, from below, that are not trained; all: texts are encoded only once"
    )
    hidden_common_dim: int = setting(100, "width to which text and table are projected")
    fusion_dim: int | None = setting(None, "width of moe and gate; default: hidden_common_dim")
    num_heads: int = setting(4, "heads of cross-attention")
    epochs: int = setting(5, "passes over the training split")
    batch_size: int = setting(32, "samples in a batch")
    buckets: int = setting(
        1, "draw each batch from one of this many groups of texts of similar length"
    )
    lr: float = setting(2e-5, "highest learning rate of AdamW")
    weight_decay: float = setting(0.0, "decoupled weight decay of AdamW, not of biases and norms")
    warmup_steps: int = setting(0, "steps in which the learning rate rises from 0")
    adam_epsilon: float = setting(1e-8, "epsilon of AdamW")
    run_scheduler: bool = setting(True, "let the learning rate fall to 0 after the warm-up")
    class_weights: list[float] | None = setting(
        None, 'weight of each class in the loss, such as "[1, 3]"'
    )
    model_path: str | None = setting(
        None, "folder in which predict_text_tabular makes its folders; default: the run folder"
    )
    metric_choices: list[str] = setting(
        ["accuracy", "f1_score", "auroc"], "metrics that the table shows", nargs="+"
    )
    keep: Literal["best", "last"] = setting(
        "best", "epoch whose model is kept: the one with the lowest validation loss, or the last"
    )
    patience: int = setting(0, "stop after this many epochs without a lower validation loss; 0: no")
    checkpoint_minutes: float = setting(
        10.0, "time between checkpoints inside an epoch; there is one after each epoch"
    )
    tensorboard: bool = setting(
        True, "write events for TensorBoard into the run folder, true or false"
    )
    mlflow: str | None = setting(
        None, "tracking URI of MLflow to send metrics to, such as sqlite:///mlflow.db"
    )
    seed: int = setting(0, "seed of weights, dropout and order")
    deterministic: bool = setting(
        False, "force deterministic kernels, which are slower", nargs="?", const=True
    )
    mixed_precision: Literal["none", "float16", "bfloat16"] = setting(
        "none", "compute in half precision; the output stays float32"
    )
    strategy: Strategy = setting("auto", "devices, as for experiments.train")
    workers: int = setting(1, "processes that train together, with --strategy ray")
    folds: int = setting(0, "cross-validate over train and valid in this many folds; 0: do not")
    group: str | None = setting(None, "column whose values stay together in a fold")

    def given_columns(self):
        """Return the columns that are given, by kind."""
        return {
            kind: getattr(self, kind)
            for kind in ("text", "label", "id", "numeric", "categorical", "ignored")
        }

    def model_config(self, schema, num_classes, tokenizer=None):
        """Return the config of the model for a table.

        Args:
            schema: The `Schema`.
            num_classes: Number of classes.
            tokenizer: Where the pretrained BERT is, or `None`.
        """
        names = ("hidden_common_dim", "fusion_dim", "num_heads", "freeze_layers", "pooling", "lr")
        names += ("weight_decay", "warmup_steps", "adam_epsilon", "run_scheduler", "class_weights")
        names += ("metric_choices", "model_path")
        return {
            **{name: getattr(self, name) for name in names},
            "text_name": schema.text,
            "label_name": schema.label,
            "id_name": schema.id,
            "tab_field_list": schema.fields,
            "tokenizer": tokenizer,
            "is_binary": num_classes == 2,
            "num_classes": num_classes,
        }

    def check(self):
        """Check all values together.

        Raises:
            ValueError: Naming every fault.
        """
        faults = [*self._faults()]
        if faults:
            raise ValueError(" ".join(faults))

    def _faults(self):
        if self.data is None:
            yield "--data is missing: name a folder, or what the names of its files begin with."
        if self.model not in TEXT_TABULAR_MODELS:
            yield (
                f"--model must be one of {', '.join(TEXT_TABULAR_MODELS)}. "
                f"Received: {self.model!r}."
            )
        if self.pooling not in ("pooled", "mean"):
            yield f"--pooling must be pooled or mean. Received: {self.pooling!r}."
        least = {"epochs": 1, "batch_size": 1, "chunks": 1, "chunk_tokens": 3, "overlap": 0}
        least |= {"buckets": 1, "patience": 0, "seed": 0, "numeric_bins": 0, "min_frequency": 1}
        least |= {"max_categories": 1, "vocabulary_size": 100}
        for name, low in least.items():
            if getattr(self, name) < low:
                yield f"{_option(name)} must be at least {low}. Received: {getattr(self, name)}."
        if self.overlap > max(self.chunk_tokens - 3, 0):
            yield (
                f"--overlap must be at most {self.chunk_tokens - 3}, three less than "
                f"--chunk-tokens. Received: {self.overlap}."
            )
        if not 0 <= self.checkpoint_minutes < math.inf:
            yield f"--checkpoint-minutes must be at least 0. Received: {self.checkpoint_minutes}."
        if self.classes and (
            len(set(self.classes)) < 2 or len(set(self.classes)) < len(self.classes)
        ):
            yield f"--classes must be two labels or more, each once. Received: {self.classes}."
        if self.tokenizer is not None and self.bert:
            yield "--bert is the shape of a random BERT: leave it out, or --tokenizer."
        known = {"num_layers", "num_heads", "hidden_dim", "intermediate_dim"}
        if not set(self.bert) <= known:
            yield f"--bert has {', '.join(sorted(known))}. Received: {', '.join(self.bert)}."
        yield from folds_faults(self)
        yield from workers_faults(self)
        yield from self._model_faults()

    def _model_faults(self):
        """Yield the faults of what the model's config takes over."""
        names = ("hidden_common_dim", "fusion_dim", "num_heads", "freeze_layers", "lr")
        names += ("weight_decay", "warmup_steps", "adam_epsilon", "class_weights", "metric_choices")
        table = {"text_name": "text", "label_name": "label", "tab_field_list": []}
        classes = len(self.class_weights or ())
        for name in names:
            config = {**table, name: getattr(self, name), "is_binary": False}
            try:
                complete_config({**config, "num_classes": max(classes, 2)})
            except ValueError as error:
                fault = str(error).split("faults. ")[-1]
                yield fault.replace(f"{name!r}", _option(name))


def _option(name):
    return f"--{name.replace('_', '-')}"
