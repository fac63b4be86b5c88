"""Imperfect rows of a table: a missing text, missing fields, unknown words."""

import dataclasses

import numpy as np

KINDS = ("missing inputs", "missing field", "unknown tokens")
TEXT, TABLE = "text", "table"


@dataclasses.dataclass(frozen=True)
class TablePerturbation:
    """One way in which a text with a table is imperfect, with a level; see `Perturbation`.

    Attributes:
        kind: One of `KINDS`:

            - `missing inputs`: at level 1 the text is empty, or all fields are.
            - `missing field`: at level 1 one field is empty.
            - `unknown tokens`: each token becomes `[UNK]` with probability `level`.
        parts: `("text",)`, `("table",)`, or the name of a field.
    """

    kind: str
    parts: tuple[str, ...]

    @property
    def random(self):
        """Whether the seed matters."""
        return self.kind == "unknown tokens"

    def apply(self, samples, level, seed):
        """Return changed `Samples`.

        Args:
            samples: The `Samples`; they are not modified.
            level: A share from 0 to 1.
            seed: A list of integers. The same seed gives the same draws.
        """
        match self.kind:
            case "missing field":
                return empty_fields(samples, self.parts)
            case "missing inputs" if self.parts == (TABLE,):
                return empty_fields(samples, [*samples.numbers, *samples.codes])
            case "missing inputs":
                return dataclasses.replace(samples, tokens=[np.array([], int)] * len(samples))
        rng, unknown = np.random.default_rng(seed), samples.processing.tokenizer.unknown
        tokens = [np.where(rng.random(len(t)) < level, unknown, t) for t in samples.tokens]
        return dataclasses.replace(samples, tokens=tokens)


def empty_fields(samples, names):
    """Return `Samples` as if the cells of some fields were empty in the table."""
    transform, empty = samples.processing.transform, np.full(len(samples), "")
    numbers = {n: transform.number(n, empty) for n in samples.numbers if n in names}
    codes = {n: transform.category(n, empty) for n in samples.codes if n in names}
    return dataclasses.replace(
        samples, numbers={**samples.numbers, **numbers}, codes={**samples.codes, **codes}
    )
