"""Samples that are a text with a table."""

import dataclasses
import functools
import importlib.util
from typing import Any

import numpy as np
import rich.table

from experiments.tasks.blocks import TableBlocks
from experiments.tasks.table_batches import EVALUATION_BATCH, TableBatches, encode_texts
from experiments.tasks.task import Inputs, Task
from models import TEXT_TABULAR_MODELS
from utils.batches.batch_plan import BatchPlan
from utils.command_line import announce, fail
from utils.environment import file_checksum
from utils.files import in_one_step
from utils.measures.inference import TargetRequest, infer_target, read_target
from utils.row_ids import RowIds
from utils.tables import (
    Processing,
    Table,
    find_split,
    find_splits,
    find_table,
    infer_schema,
    read_blocks,
)
from utils.tables.notes import corpus_notes, file_notes, table_notes
from utils.tables.table_file import check_columns, checked_numbers
from utils.texts import TextTokenizer, preset_path

NEEDED = ("pyarrow", "tokenizers", "keras_hub", "safetensors")


class TableTask(Task):
    """A data set of texts with tabular fields; see `Task`.

    Attributes:
        schema: The `Schema` of the training table.
    """

    family = "tables"

    def __init__(self, settings):
        check_packages()
        super().__init__(settings)
        self._train = self.read("train")
        self.schema = infer_schema(self._train, settings.given_columns())
        self._encoded = {} if settings.cross_validates else None

    @functools.cached_property
    def target(self):
        request = self.settings.target_request
        texts = [v for block in read_blocks(self._train) for v in block[self.schema.label]]
        where = f"{self._train}, column {self.schema.label},"
        target = read_target(self._train.parent)
        if target is None or request != TargetRequest():
            target = infer_target(where, texts, request)
        target.check_training(where, target.encode(where, texts))
        return target

    def splits(self):
        return list(find_splits(self.settings.data, self.settings.partition))

    def read(self, split):
        return find_split(self.settings.data, split, self.settings.partition)

    def outline(self, split):
        return self.read(split)

    def check_alike(self, samples):
        wanted = [self.schema.text, *self.schema.fields, self.schema.label]
        for path in samples.values():
            done = 0
            for block in read_blocks(path):
                check_columns(path, block, wanted)
                try:
                    self._check_values(block)
                except ValueError as error:
                    raise ValueError(f"{path}, from row {done + 1} on: {error}") from error
                done += len(block[self.schema.text])

    def _check_values(self, block):
        label = self.schema.label
        self.target.encode(f"column {label}", block[label].tolist())
        for name in self.schema.numeric:
            checked_numbers(name, block[name])

    def join(self, splits):
        return Table.read([self.read(split) for split in splits])

    def columns(self, samples):
        return samples.columns

    def labels(self, samples):
        texts = samples.columns[self.schema.label].tolist()
        return self.target.encode(f"{samples}, column {self.schema.label},", texts)

    def ids(self, samples):
        if self.schema.id is None:
            return [str(row) for row in range(len(samples))]
        return RowIds(self.schema.id).repaired(samples.columns)[self.schema.id].tolist()

    def checksums(self, splits):
        paths = [self.read(split) for split in splits]
        return {path.name: file_checksum(path) for path in paths}

    def notes(self, samples):
        return table_notes(samples, self.schema)

    def describe(self):
        table = rich.table.Table("columns", "", title="Schema", title_justify="left")
        for kind, names in self.schema.rows():
            table.add_row(kind, names)
        tables = find_splits(self.settings.data, self.settings.partition).values()
        notes = [*corpus_notes(self._train), *file_notes(tables)]
        return [table, *super().describe(), *notes]

    def fit_inputs(self, train):
        settings, schema = self.settings, self.schema
        announce(f"Fitting the tokens and fields to {train}")
        if settings.tokenizer is None:
            from utils.texts.learned_vocabulary import learn_vocabulary  # takes seconds

            texts = _Texts(train, schema.text)
            tokens = learn_vocabulary(texts, settings.vocabulary_size)
            tokenizer = TextTokenizer.from_vocabulary(tokens)
        else:
            tokenizer = TextTokenizer.from_source(settings.tokenizer)
        processing = Processing.fit(
            train,
            schema,
            tokenizer,
            self.target,
            bins=settings.numeric_bins,
            piecewise=settings.numeric_encoding == "piecewise",
            min_frequency=settings.min_frequency,
            max_categories=settings.max_categories,
            label_bins=settings.numeric_edges == "tree",
            chunks=settings.chunks,
            chunk_tokens=settings.chunk_tokens,
            overlap=settings.overlap,
        )
        # A pretrained BERT that is frozen gives the same vectors in all folds.
        return TableInputs(processing, self._encoded if settings.tokenizer else None)


class _Texts:
    """The texts of a table, read again at each pass."""

    def __init__(self, path, column):
        self.path = path
        self.column = column

    def __iter__(self):
        for block in read_blocks(self.path):
            yield from block[self.column]


class TableInputs(Inputs):
    """Everything that turns a table into tokens and numbers; see `Inputs`.

    Args:
        processing: The fitted `Processing`.
        encoded: From the tokens of texts to their vectors, to be shared by several trainings with
            one frozen BERT; `None`: nothing is shared.
    """

    family = "tables"
    parts = ("text", "tab")

    def __init__(self, processing, encoded=None):
        check_packages()
        self.processing = processing
        self.target = processing.target
        self._encoded = encoded

    def save(self, folder):
        self.processing.save(folder.processing)

    @classmethod
    def load(cls, folder):
        return cls(Processing.load(folder.processing))

    def encode(self, samples):
        return self.processing.read(samples)

    def read(self, data, split, labels=True, **options):
        if options.get("label_file"):
            raise ValueError(
                "--label-file is for models of text, audio and video. "
                f"Received: {options['label_file']}. Write the labels into the table."
            )
        return self.processing.read(find_table(data, split, options.get("partition")), labels)

    def blocks(self, model, data, split, cut=False, partition=None, labels=False, label_file=None):
        return TableBlocks(self.processing, find_table(data, split, partition))

    def build_model(self, settings, samples):
        processing = self.processing
        folder = settings.tokenizer and preset_path(settings.tokenizer)
        shape = None
        if folder is None:
            shape = {
                **settings.bert,
                "vocabulary_size": processing.tokenizer.size,
                "max_sequence_length": settings.chunk_tokens,
            }
        config = {
            "text_name": processing.schema.text,
            "label_name": processing.schema.label,
            "tab_field_list": processing.schema.fields,
            "tokenizer": folder,
            "num_classes": None,
            "is_binary": self.target.kind == "class" and self.target.columns == 2,
            **self.target.model_arguments,
            **settings.model_args,
        }
        model = TEXT_TABULAR_MODELS[settings.model](config, shape)
        longest = model.text_encoder.bert.get_config()["max_sequence_length"]
        if settings.chunk_tokens > longest:
            raise ValueError(
                f"--chunk-tokens must be at most {longest}, the length that this BERT takes. "
                f"Received: {settings.chunk_tokens}."
            )
        model.build({name: values.shape for name, values in samples.batch([0]).items()})
        model.start_output_at(self.target.start)
        return model

    def precompute(self, model, samples):
        if not model.text_encoder.frozen:
            return list(samples)
        return [
            dataclasses.replace(one, encoded=encode_texts(model, one, self._encoded))
            for one in samples
        ]

    def lengths(self, samples):
        return samples.lengths

    def training_batches(self, settings, samples, plan, epoch, step, packer=None):
        return TableBatches(samples, plan, epoch, step, labelled=True)

    def batches(self, samples, batch_size=None):
        return TableBatches(samples, BatchPlan(len(samples), batch_size or EVALUATION_BATCH))

    def explain(self, model, inputs):
        explanation = model.explain(inputs)
        return explanation.logits, explanation.mixture

    def shares(self, weights, xp: Any = np):
        """Return the shares of text and table, `(N, 2)`; a gate's is its mean over dimensions."""
        if weights.shape[1] == 2:
            return weights
        text = xp.mean(weights, axis=1)
        return xp.stack([text, 1 - text], axis=1)

    def save_weights(self, path, predictions):
        if predictions.weights is not None:
            ids = np.array([str(sample_id) for sample_id in predictions.samples.ids])
            kind = mixture_kind(predictions.weights)
            with in_one_step(path) as partial, partial.open("wb") as file:
                np.savez(file, ids=ids, **{kind: predictions.weights})

    def summarize(self, predictions):
        """Return the mean shares, and the mean gate, of the samples of each class."""
        weights, target = predictions.weights, self.target
        if weights is None or target.kind != "class":
            return {}
        labels = predictions.samples.labels
        rows = {name: labels[:, i] == 1 for i, name in enumerate(target.names)}
        rows = {name: chosen for name, chosen in rows.items() if chosen.any()}
        shares = {
            name: dict(zip(self.parts, predictions.shares[r].mean(axis=0).tolist(), strict=True))
            for name, r in rows.items()
        }
        summary = {"kind": mixture_kind(weights), "shares_by_class": shares}
        if summary["kind"] == "gate":
            summary["gate_by_class"] = {
                name: weights[r].mean(axis=0).tolist() for name, r in rows.items()
            }
        return {"mixture": summary}

    def columns(self, samples):
        return {}


def mixture_kind(weights):
    """Return what the weights of a mixture are: `"routing"` `(N, 2)`, or a `"gate"`."""
    return "routing" if weights.shape[1] == 2 else "gate"


def check_packages():
    """End the command, saying what to install, if a package is missing."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        fail(
            f"Models of a text with a table need the packages {', '.join(NEEDED)}. Missing: "
            f"{', '.join(missing)}. Run `pip install -r requirements-text.txt`.",
            2,
        )
