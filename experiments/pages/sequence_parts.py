"""The parts of a page that only runs of text, audio and video have."""

import copy

from experiments.pages.attention import NO_MAPS, attention_maps
from experiments.pages.data_card import label_rows, leakage_sentence, make_card
from experiments.tasks.predictor import Predictor
from utils.command_line import announce
from utils.formats import MODALITIES, open_data
from utils.formats.split import SPLITS
from utils.leakage import find_overlaps
from utils.split_statistics import describe


class SequenceParts:
    """What a page shows of a model of sequences and its data.

    Args:
        run: The `LoadedRun`.
        data: A path, as `--data` takes it; `None`: without the data.

    Raises:
        FileNotFoundError: If there is nothing at `data`.
        ValueError: If it is no data.
    """

    script = "attention.js"
    click = "A click on a sample shows the model's attention."
    lacking = "neither attention nor the worth of each modality"
    shares_heading = "Modality weights"
    shares_note = (
        "Cross-attention may have put one modality into another: a weight of 0 does not mean that "
        "a modality is unused. See its worth below."
    )
    worth_heading = "Worth of each modality"
    worth_corner = ""
    worth_note = "The same model with modalities masked."

    def __init__(self, run, data=None):
        self.run = run
        self.config = run.folder.load_config()
        self._data = data
        self._files = self.config["feature_files"] if data == self.config["data"] else None
        self._reader = None
        if data is not None:
            self._reader = open_data(
                data,
                self._files,
                label_file=run.label_file_of(data),
                modalities=run.inputs.feature_modalities,
                optional=run.inputs.reads_text_alone,
                target=run.target,
                clip_labels=self.config["clip_labels"],
                partition=run.partition_of(data),
            )

    def complete(self, split):
        """Add to an `EvaluatedSplit` what only the data has: of sequences, nothing."""

    def read(self, split):
        """Return the samples of an `EvaluatedSplit`, or `None` without the data.

        Raises:
            ValueError: If the data holds others.
        """
        if self._reader is None or split.name not in self._reader.splits():
            return None
        samples = self.run.read(self._data, split.name, labels=False, feature_files=self._files)
        split.check_ids(samples.ids, self._data)
        return self.run.inputs.encoded_once(self.run.model, samples)

    def worth(self, split, samples):
        """Measure the model without each of its modalities, and with each alone.

        Args:
            split: The `EvaluatedSplit`.
            samples: What `read` returned.

        Returns:
            Measures by name for each description, first with all modalities; `None` if the model
            uses one modality.
        """
        used = self.run.inputs.modalities
        if len(used) == 1:
            return None
        subsets = {"all modalities": used}
        subsets |= {f"without {name}": [n for n in used if n != name] for name in used}
        if len(used) > 2:
            subsets |= {f"{name} alone": [name] for name in used}
        inputs = copy.copy(self.run.inputs)
        measured = {}
        for description, modalities in subsets.items():
            announce(f"Measuring the model: {description}")
            inputs.use(modalities)
            predictor = Predictor(self.run.model, inputs, samples, self.run.compiled)
            outputs = predictor.predict().outputs
            measured[description] = split.target.measured(split.labels, outputs)
        return measured

    def details(self, split, samples):
        """Return a function from rows to the attention of these samples, for the page's JSON."""
        maps = NO_MAPS
        if samples is not None:
            maps = attention_maps(self.run, samples, split.errors)
        return maps.of_rows

    def figures(self, split):
        """Return further `Card`s of an `EvaluatedSplit`: there are none."""
        return []

    def columns(self):
        """Return the columns of the data by kind: sequences have none."""
        return []

    def words(self):
        """Return what the model takes, in words."""
        model, used = self.run.model, self.run.inputs.modalities
        kinds = dict.fromkeys(MODALITIES, "features")
        if self.run.inputs.text_steps is not None:
            kinds["text"] = f"tokens of {self.config['text_encoder']}"
        inputs = [
            f"{name} {kinds[name]} {width} wide and up to {length} steps long"
            for name, width, length in zip(MODALITIES, model.widths, model.seq_lens, strict=True)
            if name in used
        ]
        return f"{', '.join(inputs)}; scaling: {self.config['normalize']}, fitted on train"

    def data_card(self):
        """Return the card of the data: counts of each split, and what each two share; or `None`."""
        if self._reader is None:
            return None
        target, reader = self.run.target, self._reader
        announce(f"Describing {self._data}")
        splits = {name: reader.stream(name) for name in SPLITS if name in reader.splits()}
        statistics = {name: describe(split, target) for name, split in splits.items()}
        overlaps = find_overlaps(statistics, {name: split.index for name, split in splits.items()})
        return make_card(
            {name: _split_rows(one, target) for name, one in statistics.items()},
            {name: one.labels for name, one in statistics.items()},
            target,
            [_leakage(one) for one in overlaps],
        )


def _split_rows(one, target):
    rows = {"samples": f"{one.samples:,}", **label_rows(one.labels, target)}
    for name, modality in one.modalities.items():
        steps = modality.summarize_steps()
        rows[f"{name}: steps, median and most"] = f"{steps['median']:g}, {steps['max']}"
        rows[f"{name}: absent"] = f"{modality.absent:,}"
    return rows


def _leakage(one):
    counts = {
        "ids": None if one.ids is None else len(one.ids),
        "videos": None if one.videos is None else len(one.videos),
        "texts": one.texts,
        "samples with the same features": one.content,
    }
    return leakage_sentence(one.first, one.second, counts)
