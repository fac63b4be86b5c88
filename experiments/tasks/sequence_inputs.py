"""What stands between sequences of text, audio and video and a model of them."""

import dataclasses
import math
from typing import ClassVar

import numpy as np

from experiments.tasks.blocks import SequenceBlocks
from experiments.tasks.task import Inputs
from experiments.tasks.text_front import (
    VectorSplit,
    encode_texts,
    put_in_front,
    with_vectors,
)
from experiments.tasks.text_reading import (
    check_extraction_of,
    feature_modalities,
    given_samples,
    reads_text_alone,
    samples_of_words,
    with_absent,
    with_word_vectors,
)
from models import MODELS, EnsembleModel, RawFeatureModel, TextEncoderModel
from utils.batches.augmentation import Augmentation
from utils.batches.batch_plan import BatchPlan
from utils.batches.dataset import batches, check_modalities
from utils.batches.normalization import FeatureNormalizer
from utils.batches.packing import Packer
from utils.data_loader import end_of_samples, load_split
from utils.files import read_json, write_json
from utils.formats import MODALITIES, open_data
from utils.formats.clip_ids import COLUMN as VIDEO_COLUMN
from utils.formats.clip_ids import column_of_samples
from utils.formats.split import raw_samples
from utils.texts import TextSteps, TextTokenizer
from utils.untrusted.plain_file import plain_file

# The number of rows in a batch of packed samples is taken from so many epochs.
EPOCHS_PACKED_AHEAD = 5
EVALUATION_BATCH = 256


class SequenceInputs(Inputs):
    """Scaling of the features, and the modalities that are used; see `Inputs`.

    Args:
        target: The `Target`.
        normalizer: A fitted `FeatureNormalizer`, or `None`.
        modalities: The modalities to use; the others are fed as absent.
        text_steps: The `TextSteps` of a text encoder, or `None`: the text has features.
        reader: The `Reader` of the training, which is asked for tokens where a text is missing.
        extraction: How `data.extract` has made the features of the training; `None`: it has not.
    """

    family = "sequences"
    parts: ClassVar[tuple[str, ...]] = MODALITIES

    def __init__(
        self,
        target,
        normalizer,
        modalities=MODALITIES,
        text_steps=None,
        reader=None,
        extraction=None,
    ):
        self.target = target
        self.normalizer = normalizer
        self.modalities = tuple(name for name in MODALITIES if name in modalities)
        self.text_steps = text_steps
        self.extraction = extraction
        self._reader = reader

    @property
    def feature_modalities(self):
        """The modalities whose features are read from data."""
        return feature_modalities(self.modalities, self.text_steps)

    @property
    def reads_text_alone(self):
        """Whether the texts of the data suffice."""
        return reads_text_alone(self.modalities, self.text_steps)

    @property
    def widths(self):
        """From each modality that was fitted to the width of what a batch holds."""
        shifts = {} if self.normalizer is None else self.normalizer.shifts
        widths = {name: len(shift) for name, shift in shifts.items()}
        return widths | ({"text": self.text_steps.pieces} if self.text_steps else {})

    def save(self, folder):
        if self.normalizer is not None:
            self.normalizer.save(folder.normalization)
        if self.text_steps is not None:
            self.text_steps.tokenizer.save(folder.tokenizer)
            write_json(folder.text_steps, self.text_steps.to_json())

    @classmethod
    def load(cls, folder):
        config, text_steps = folder.load_config(), None
        with plain_file(folder.normalization, "the scaling of a run's features"):
            normalizer = FeatureNormalizer.load(folder.normalization)
        if config["text_encoder"] is not None:
            tokenizer = TextTokenizer.load(folder.tokenizer)
            with plain_file(folder.text_steps, "the steps of a run's texts"):
                text_steps = TextSteps.from_json(read_json(folder.text_steps), tokenizer)
        return cls(
            folder.load_target(),
            normalizer,
            config["modalities"],
            text_steps,
            extraction=folder.load_extraction(),
        )

    def encode(self, samples):
        encoded = self._encoded(samples)
        return samples if encoded is samples else self._completed(encoded)

    def _encoded(self, samples):
        """Return samples whose text is tokens, if it is so for the model, with no other zeros."""
        if self.text_steps is None or "text" not in self.modalities:
            return samples
        encoded = self.text_steps.encode(samples, self._reader)
        used = {n: x for n, x in encoded.sequences.items() if n in self.modalities}
        return dataclasses.replace(encoded, sequences=used)

    def _completed(self, samples):
        """Return samples with zeros for absent modalities.

        Beside tokens they have one step: tokens may have more steps than the model takes of others.
        """
        lengths = {} if self.text_steps is None else dict.fromkeys(MODALITIES, 1)
        return samples.completed(self.widths, lengths)

    def read(self, data, split, labels=True, **options):
        """Return the `Split`; see `Inputs.read`. `options`: those of `open_data`, and `stream`.

        Without labels, texts for a text encoder may stand alone.
        """
        stream = options.pop("stream", None)
        options |= {"modalities": self.feature_modalities, "target": self.target}
        unlabelled_texts = self.text_steps is not None and not labels
        options["optional"] = unlabelled_texts or self.reads_text_alone
        self._reader = open_data(data, labels=labels, **options)
        samples = load_split(self._reader, split, stream)
        check_extraction_of(self._reader, samples, self.feature_modalities, self.extraction)
        samples = self._encoded(samples)
        if unlabelled_texts:
            samples = with_absent(samples, self.modalities, self.widths)
        elif self.text_steps is None:
            samples = with_word_vectors(samples, self.extraction, self.modalities, self.widths)
        if self.normalizer is not None:
            samples.check_widths({name: self.widths[name] for name in self.modalities})
        return self._completed(samples)

    def blocks(self, model, data, split, cut=False, partition=None, labels=False, label_file=None):
        options = {"stream": True, "partition": partition, "label_file": label_file}
        samples = self.read(data, split, labels, **options)
        widths, lengths = self.sizes(model)
        samples.check_widths(widths)
        return SequenceBlocks(samples, lengths, cut)

    def text_blocks(self, model, texts):
        if self.text_steps is None:
            samples = samples_of_words(texts, self.extraction, self.modalities, self.widths)
            return SequenceBlocks(samples, self.sizes(model)[1], cut=True)
        return SequenceBlocks(self.as_samples({"text": texts}), self.sizes(model)[1])

    def use(self, modalities):
        """Use some of the modalities alone; see `Inputs.use`."""
        if modalities is None:
            return
        check_modalities(modalities)
        self.modalities = tuple(name for name in MODALITIES if name in modalities)

    def as_samples(self, samples):
        """Return a `Split`, also from a dict of raw features `(N, T, D)` by modality.

        With a text encoder, the text of a dict is a list of texts.
        """
        if not isinstance(samples, dict):
            return samples
        if self.text_steps is None:
            return raw_samples(samples).completed(self.widths)
        return with_absent(self._encoded(given_samples(samples)), self.modalities, self.widths)

    def notes(self, samples):
        return samples.repair_notes()

    def check_fits(self, model, samples):
        widths, lengths = self.sizes(model)
        samples.check_widths(widths)
        samples.check_lengths(lengths)

    def sizes(self, model):
        """Return the width, and the longest sequence, of each modality that is used."""
        sizes = zip(MODALITIES, model.widths, model.seq_lens, strict=True)
        used = [(name, *size) for name, *size in sizes if name in self.modalities]
        return {name: width for name, width, _ in used}, {name: n for name, _, n in used}

    def raw_model(self, model):
        """Return the model behind the scaling, so that its file takes raw features everywhere."""
        shifts, scales, clip = {}, {}, None
        if self.normalizer is not None:
            shifts, scales = self.normalizer.shifts, self.normalizer.scales
            clip = self.normalizer.clip if math.isfinite(self.normalizer.clip) else None
        return RawFeatureModel(model, shifts, scales, clip, self.modalities, name=model.name)

    def build_model(self, settings, samples):
        def make(text_dim):
            return self._make_model(settings, samples, text_dim)

        if self.text_steps is None:
            model = make(samples.widths["text"])
        else:
            model = put_in_front(make, settings, self.text_steps)
        model.build()
        model.start_output_at(self.target.start)
        return model

    def _make_model(self, settings, samples, text_dim):
        lengths = [settings.seq_len or samples.lengths[name] for name in MODALITIES]
        model = MODELS[settings.model](
            seq_len=lengths[0] if len(set(lengths)) == 1 else lengths,
            text_dim=text_dim,
            audio_dim=samples.widths["audio"],
            video_dim=samples.widths["video"],
            **self.target.model_arguments,
            **({"train_samples": len(samples)} if settings.model_remembers_samples else {}),
            **settings.model_args,
        )
        return EnsembleModel(model, settings.members) if settings.members > 1 else model

    def precompute(self, model, samples):
        frozen = isinstance(model, TextEncoderModel) and model.encoder.frozen
        return [self.encoded_once(model, one) if frozen else one for one in samples]

    def encoded_once(self, model, samples):
        """Return samples with the vectors of their texts, for several predictions of one model."""
        return encode_texts(model, samples) if isinstance(model, TextEncoderModel) else samples

    def lengths(self, samples):
        return end_of_samples(samples)

    def plan(self, settings, samples):
        plan, _ = super().plan(settings, samples)
        if settings.batch_by is not None:
            values = column_of_samples(samples.index, settings.batch_by, "--batch-by")
            groups = np.unique(np.asarray(values, dtype=str), return_inverse=True)[1]
            plan = dataclasses.replace(plan, groups=groups)
        if not settings.packing:
            return plan, None
        packer = Packer.of(samples)
        plan = dataclasses.replace(plan, lengths=packer.longest, even=True)
        # A later batch that needs a row more has it, and is compiled again.
        return plan, packer.for_epochs(plan, min(settings.epochs, EPOCHS_PACKED_AHEAD))

    def training_batches(self, settings, samples, plan, epoch, step, packer=None):
        names = [field.name for field in dataclasses.fields(Augmentation)]
        changes = {name: getattr(settings, name) for name in names}
        if self.text_steps is not None:  # the model itself drops features of encoded texts
            rates = changes["feature_dropout"]
            changes["feature_dropout"] = {n: rate for n, rate in rates.items() if n != "text"}
        dataset = batches(
            samples,
            plan,
            normalizer=self.normalizer,
            modalities=self.modalities,
            augmentation=Augmentation(**changes),
            trim=settings.buckets > 0,
            packer=packer,
            numbered=settings.model_remembers_samples,
            epoch=epoch,
            step=step,
        )
        if isinstance(samples, VectorSplit):
            return dataset.map(lambda inputs, *rest: (with_vectors(inputs), *rest))
        return dataset

    def batches(self, samples, batch_size=None):
        plan = BatchPlan(len(samples), batch_size or EVALUATION_BATCH)
        dataset = batches(samples, plan, normalizer=self.normalizer, modalities=self.modalities)
        named = with_vectors if isinstance(samples, VectorSplit) else lambda inputs: inputs
        return dataset.map(lambda inputs, labels: named(inputs))

    def explain(self, model, inputs):
        explanation = model.explain(inputs)
        return explanation.prediction, explanation.modality_weights

    def summarize(self, predictions):
        """Return the modalities that were used, which may be fewer than in training."""
        return {"modalities": list(self.modalities)}

    def columns(self, samples):
        lengths = np.max([mask.sum(axis=1) for mask in samples.masks().values()], axis=0)
        known = [name for name in ("text", VIDEO_COLUMN) if name in samples.index]
        return {"length": lengths.tolist()} | {name: samples.index[name] for name in known}
