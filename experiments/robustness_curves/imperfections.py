"""The imperfections that every run is tested with."""

import dataclasses
import itertools
from typing import Any

from utils.batches.perturbation import Perturbation
from utils.formats.split import MODALITIES


@dataclasses.dataclass(frozen=True)
class Imperfection:
    """A perturbation with the levels at which a run is evaluated.

    Attributes:
        perturbation: A `Perturbation`, or a `TablePerturbation`.
        levels: In ascending order; one alone where there is no curve.
    """

    perturbation: Any
    levels: tuple[float, ...]

    @property
    def kind(self):
        """The perturbation's kind."""
        return self.perturbation.kind

    @property
    def inputs(self):
        """The perturbed inputs, in one word."""
        names = self.perturbation.parts
        return "all" if names == MODALITIES else "+".join(names)

    @property
    def has_curve(self):
        """Whether there is more than one level."""
        return len(self.levels) > 1


def imperfections_of(folders, levels, largest_shift):
    """Return what some runs of one family are tested with.

    Args:
        folders: Their `RunFolder`s.
        levels: Levels of missing steps, noise and unknown tokens, from 0.
        largest_shift: Audio is shifted by `-largest_shift` to `largest_shift` steps.

    Returns:
        `Imperfection`s, and a sentence about each kind that makes no sense for these runs.
    """
    if folders[0].family == "tables":
        from utils.tables import Processing

        schemas = [Processing.load(folder.processing).schema for folder in folders]
        fields = dict.fromkeys(name for schema in schemas for name in schema.fields)
        return table_imperfections(tuple(fields), levels)
    used = {name for folder in folders for name in folder.load_config()["modalities"]}
    modalities = tuple(name for name in MODALITIES if name in used)
    encoded = any(folder.load_config()["text_encoder"] for folder in folders)
    return sequence_imperfections(modalities, levels, largest_shift, encoded)


def sequence_imperfections(modalities, levels, largest_shift, encoded=False):
    """Return the `Imperfection`s of models that use `modalities`, and sentences; see above.

    They are: each modality and each pair missing; missing steps and noise in all modalities and in
    each alone; unknown tokens in the text; shifted audio. The tokens of an `encoded` text get no
    noise, and none of them becomes unknown.
    """
    count, words = len(modalities), " and ".join(modalities)
    missing = [n for size in (1, 2) for n in itertools.combinations(modalities, size)]
    missing = [names for names in missing if len(names) < count]
    scopes = [modalities, *((name,) for name in modalities if count > 1)]
    noisy = [names for names in scopes if not (encoded and "text" in names)]
    found = [
        *(Imperfection(Perturbation("missing modalities", names), (1.0,)) for names in missing),
        *(Imperfection(Perturbation("missing steps", names), levels) for names in scopes),
        *(Imperfection(Perturbation("noise", names), levels) for names in noisy),
    ]
    notes = []
    if count == 1:
        notes.append(f"The runs use only {words}, so no modality can be missing.")
    if encoded:
        notes.append("A text encoder reads tokens, which can have no noise.")
    elif "text" in modalities:
        found.append(Imperfection(Perturbation("unknown tokens", ("text",)), levels))
    else:
        notes.append(f"The runs use {words}: there are no tokens that could be unknown.")
    if "audio" in modalities and count > 1:
        shifts = tuple(range(-largest_shift, largest_shift + 1))
        found.append(Imperfection(Perturbation("shift", ("audio",)), shifts))
    else:
        notes.append(f"The runs use {words}: there is no audio beside another modality to shift.")
    return found, notes


def table_imperfections(fields, levels):
    """Return the `Imperfection`s of models of a text with a table, and sentences; see above.

    They are: the text missing, the table missing, each of the `fields` missing, unknown tokens.
    """
    from utils.tables.perturbation import TABLE, TEXT, TablePerturbation

    notes = ["A text with a table has no steps to miss, to disturb by noise, or to shift."]
    found = [("missing field", (name,), (1.0,)) for name in fields]
    if fields:
        found = [("missing inputs", (part,), (1.0,)) for part in (TEXT, TABLE)] + found
    else:
        notes.append("The table has no fields, so that nothing can be missing beside the text.")
    found.append(("unknown tokens", (TEXT,), levels))
    return [Imperfection(TablePerturbation(kind, on), at) for kind, on, at in found], notes
