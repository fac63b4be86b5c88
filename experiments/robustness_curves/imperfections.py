"""The imperfections that every run is tested with."""

import dataclasses
import itertools

from utils.batches.perturbation import Perturbation
from utils.formats import MODALITIES


@dataclasses.dataclass(frozen=True)
class Imperfection:
    """A perturbation with the levels at which a run is evaluated.

    Attributes:
        perturbation: The `Perturbation`.
        levels: In ascending order; one alone where there is no curve.
    """

    perturbation: Perturbation
    levels: tuple[float, ...]

    @property
    def kind(self):
        """The perturbation's kind."""
        return self.perturbation.kind

    @property
    def modalities(self):
        """The perturbation's modalities, in one word."""
        names = self.perturbation.modalities
        return "all" if names == MODALITIES else "+".join(names)

    @property
    def has_curve(self):
        """Whether there is more than one level."""
        return len(self.levels) > 1


def all_imperfections(levels, largest_shift):
    """Return what every run is tested with.

    Args:
        levels: Levels of missing steps, noise and unknown tokens, from 0.
        largest_shift: Audio is shifted by `-largest_shift` to `largest_shift` steps.

    Returns:
        `Imperfection`s: each modality and each pair missing; missing steps and noise in all
        modalities and in each alone; unknown tokens in the text; shifted audio.
    """
    missing = [names for count in (1, 2) for names in itertools.combinations(MODALITIES, count)]
    scopes = [MODALITIES, *((name,) for name in MODALITIES)]
    shifts = tuple(range(-largest_shift, largest_shift + 1))
    return [
        *(Imperfection(Perturbation("missing modalities", names), (1.0,)) for names in missing),
        *(Imperfection(Perturbation("missing steps", names), levels) for names in scopes),
        *(Imperfection(Perturbation("noise", names), levels) for names in scopes),
        Imperfection(Perturbation("unknown tokens", ("text",)), levels),
        Imperfection(Perturbation("shift", ("audio",)), shifts),
    ]
