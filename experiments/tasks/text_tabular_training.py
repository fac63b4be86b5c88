"""Training a text-and-table model in a run folder."""

import dataclasses

import numpy as np
import tensorflow as tf

from experiments.tasks.text_tabular_evaluation import (
    ClassPredictor,
    batch_of,
    encode_texts,
    signature_of,
)
from experiments.tasks.text_tabular_validation import ClassValidation
from experiments.tracking import make_trackers
from experiments.training.distribution import make_distribution
from experiments.training.grouped_steps import GroupedSteps
from experiments.training.loop import run_epochs, set_up
from experiments.training.state import TrainingState
from experiments.training.step import training_step
from models import TEXT_TABULAR_MODELS
from utils.batches.batch_plan import BatchPlan
from utils.command_line import announce
from utils.tables import Processing, TextTokenizer, preset_path, read_blocks


class _ValidPredictor:
    """Predicts the validation split in every epoch."""

    def __init__(self, model, samples, encoded):
        self.predictor = ClassPredictor(model, samples.processing, encoded is not None)
        self.samples = samples
        self.encoded = encoded

    def predict(self):
        """Return probabilities and mixture."""
        predictions = self.predictor.predict(self.samples, self.encoded)
        return predictions.probabilities, predictions.mixture


def fit_processing(settings, path, schema):
    """Fit all that turns a table into samples to the training table, a file or a `Table`."""
    if settings.tokenizer is None:
        tokenizer = TextTokenizer.learn(_Texts(path, schema.text), settings.vocabulary_size)
    else:
        tokenizer = TextTokenizer.from_preset(settings.tokenizer)
    return Processing.fit(
        path,
        schema,
        tokenizer,
        classes=settings.classes or None,
        bins=settings.numeric_bins,
        piecewise=settings.numeric_encoding == "piecewise",
        min_frequency=settings.min_frequency,
        max_categories=settings.max_categories,
        label_bins=settings.numeric_edges == "tree",
        chunks=settings.chunks,
        chunk_tokens=settings.chunk_tokens,
        overlap=settings.overlap,
    )


class _Texts:
    """The texts of a table, read anew at each pass."""

    def __init__(self, path, column):
        self.path = path
        self.column = column

    def __iter__(self):
        for block in read_blocks(self.path):
            yield from block[self.column]


def fit_text_tabular(
    settings, train, valid, folder=None, label="training", checkpoints=None, encoded=None
):
    """Train a new model, validating before the first and after every epoch.

    Args:
        settings: `TextTabularSettings`, checked.
        train: The `Samples` to train on.
        valid: The `Samples` to validate on.
        folder: A `RunFolder` for metrics and the model that is kept, or `None`.
        label: What the progress display says.
        checkpoints: `Checkpoints` to go on from and to write, or `None`.
        encoded: What `encode_texts` has returned for both; `None`: it is called where BERT is
            frozen.

    Returns:
        The `ClassValidation`, with the history and the predictions of every epoch.

    Raises:
        RunFailed: If the loss or a prediction is not finite, or a checkpoint cannot be written.
        RunStopped: If a signal stops it, after a checkpoint.
        ValueError: If the model refuses an argument.
    """
    distribution = make_distribution(settings.strategy)
    set_up(settings)
    plan = training_plan(settings, train)
    announce(f"Building the model {settings.model}")
    with distribution.strategy.scope():
        model = build_model(settings, train)
        model.configure(settings.epochs * plan.steps)
        model.optimizer.build(model.trainable_variables)
    distribution.adapt(model)
    if encoded is None and model.text_encoder.frozen:
        encoded = [encode_texts(model, samples) for samples in (train, valid)]
    encoded_train, encoded_valid = encoded or (None, None)
    predictor = _ValidPredictor(model, valid, encoded_valid)
    validation = ClassValidation(
        predictor,
        model,
        valid.labels,
        folder,
        settings.keep,
        trackers=make_trackers(settings, folder),
    )
    state = TrainingState(model, validation, None, checkpoints, distribution)
    if not state.restore():
        distribution.from_chief(validation.measure, 0)
    share = dataclasses.replace(plan, shard=distribution.shard)
    signature = signature_of(model, train.processing, encoded is not None)
    specs = (signature, tf.TensorSpec((None,), "int32"))
    steps = GroupedSteps(training_step(model, distribution, specs), specs)

    def batches():
        rest = share.epoch(state.epoch - 1)[state.step :]
        return ((batch_of(train, r, model, encoded_train), train.labels[r]) for r in rest)

    weights = model.config["class_weights"]
    weights = None if weights is None else np.array(weights)[train.labels]
    run_epochs(settings, state, steps, batches, plan, label, weights=weights)
    return validation


def training_plan(settings, train):
    """Return the `BatchPlan` of the shuffled training split."""
    return BatchPlan(
        len(train),
        settings.batch_size,
        shuffle=True,
        seed=settings.seed,
        lengths=train.lengths if settings.buckets > 1 else None,
        buckets=settings.buckets,
    )


def build_model(settings, train):
    """Build the model for the fields, classes and tokens of some samples.

    Raises:
        ValueError: If the chunks are longer than BERT takes.
    """
    processing = train.processing
    folder = settings.tokenizer and preset_path(settings.tokenizer)
    config = settings.model_config(processing.schema, len(processing.classes), folder)
    shape = None
    if folder is None:
        tokens = len(processing.tokenizer.vocabulary)
        shape = {
            **settings.bert,
            "vocabulary_size": tokens,
            "max_sequence_length": settings.chunk_tokens,
        }
    model = TEXT_TABULAR_MODELS[settings.model](config, shape)
    longest = model.text_encoder.bert.get_config()["max_sequence_length"]
    if settings.chunk_tokens > longest:
        raise ValueError(
            f"--chunk-tokens must be at most {longest}, the length that this BERT takes. "
            f"Received: {settings.chunk_tokens}."
        )
    model.build({name: values.shape for name, values in train.batch([0]).items()})
    return model
