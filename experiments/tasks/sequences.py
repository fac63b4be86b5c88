"""Samples that are sequences of text, audio and video."""

import dataclasses
import functools
import hashlib
import math
import os

from experiments.tasks.sequence_inputs import SequenceInputs
from experiments.tasks.task import Task
from experiments.tasks.text_front import fit_text_steps, make_text_encoder
from experiments.tasks.text_reading import feature_modalities, reads_text_alone
from utils.batches.normalization import FeatureNormalizer
from utils.data_loader import load_split
from utils.environment import file_checksum
from utils.formats import open_data
from utils.formats.extraction_file import FILE as EXTRACTION_FILE
from utils.formats.split import join_splits

# Data in more files has one checksum for all, the checksum of a `sha256sum` listing.
MOST_CHECKSUMS = 50
# Scaled features up to this magnitude, by precision, leave room for sums of products.
LARGEST = {"none": 1e15, "bfloat16": 1e15, "float16": 1e4}


class SequenceTask(Task):
    """A data set of text, audio and video sequences; see `Task`.

    Attributes:
        reader: The `Reader` of the data.
    """

    family = "sequences"

    def __init__(self, settings):
        super().__init__(settings)
        self.reader = open_data(
            settings.data,
            settings.feature_files,
            label_file=settings.label_file,
            modalities=feature_modalities(settings.modalities, settings.text_encoder),
            optional=reads_text_alone(settings.modalities, settings.text_encoder),
            target=settings.target_request,
            clip_labels=settings.clip_labels,
            partition=settings.partition,
        )
        self._text_steps = None

    @functools.cached_property
    def target(self):
        target, (labels, _) = self.reader.target, self.reader.read_labels("train")
        target.check_training(f"{self.reader.path}, split 'train',", labels)
        return target

    @property
    def extraction(self):
        return self.reader.extraction

    def splits(self):
        return self.reader.splits()

    def read(self, split):
        return load_split(self.reader, split, self.settings.stream).completed()

    def outline(self, split):
        return self.reader.stream(split).completed()

    def check_alike(self, samples):
        used, train = self.reader.modalities, samples["train"]
        for one in samples.values():
            one.check_widths({name: train.widths[name] for name in used})
            one.check_lengths({name: self.settings.seq_len or train.lengths[name] for name in used})
        self._check_texts(train, samples.values())

    def _check_texts(self, train, samples):
        """Refuse texts that the text encoder, if there is one, could not take."""
        if self.settings.text_encoder is None:
            return
        self._text_steps = fit_text_steps(self.settings, train, self.reader)
        make_text_encoder(self.settings, self._text_steps)
        for one in samples:
            self._text_steps.encode(one, self.reader)

    def join(self, splits):
        samples = join_splits([self.reader.read(split).completed() for split in splits])
        self._check_texts(samples, [samples])
        return samples

    def columns(self, samples):
        return samples.index

    def labels(self, samples):
        return samples.labels

    def ids(self, samples):
        return list(samples.ids)

    def checksums(self, splits):
        path = self.reader.path
        paths = sorted({file for split in splits for file in self.reader.files(split)})
        root = path if path.is_dir() else path.parent
        if self.extraction is not None:
            paths.append(path / EXTRACTION_FILE)
        names = [os.path.relpath(file, root) for file in paths]
        sums = dict(zip(names, map(file_checksum, paths), strict=True))
        if len(sums) <= MOST_CHECKSUMS:
            return sums
        lines = "".join(f"{checksum}  {name}\n" for name, checksum in sums.items())
        return {f"all {len(sums)} files": hashlib.sha256(lines.encode()).hexdigest()}

    def notes(self, samples):
        if self._text_steps is not None:
            samples = self._text_steps.encode(samples, self.reader)
        return samples.repair_notes()

    def describe(self):
        if self._text_steps is None:
            return super().describe()
        return [
            *super().describe(),
            f"text: {self._text_steps.rule}; encoded by {self.settings.text_encoder}",
        ]

    def fit_inputs(self, train):
        settings, text_steps = self.settings, None
        if settings.text_encoder is not None:
            text_steps = fit_text_steps(settings, train, self.reader)
            train = dataclasses.replace(
                train, sequences={n: x for n, x in train.sequences.items() if n != "text"}
            )
        normalizer = FeatureNormalizer.fit(
            settings.normalize, train, settings.clip_features or math.inf
        )
        if settings.normalize in ("none", "robust"):  # The others bound all values.
            normalizer.check_magnitudes(train, LARGEST[settings.mixed_precision])
        return SequenceInputs(
            self.target,
            normalizer,
            settings.modalities,
            text_steps,
            self.reader,
            self.extraction,
        )
