"""Several short samples in one row of a batch, so that padding costs little."""

from typing import Any, NamedTuple

from keras import ops


class Packing(NamedTuple):
    """Where the valid steps of one modality stand when several samples share a row, a pack.

    Attributes:
        sample: int32 `(packs, time)`, the sample whose step stands in this place; -1: none.
        step: int32 `(packs, time)`, the number of that step in its sample, from 0.
        place: int32 `(batch, time)`, the place of each valid step, counted through all packs;
            for a masked step it means nothing.
        mask: Boolean `(batch, time)`, `True` = valid step.
    """

    sample: Any
    step: Any
    place: Any
    mask: Any

    @classmethod
    def of(cls, mask, packs):
        """Put the valid steps of each sample one after the other into its pack.

        Args:
            mask: Boolean `(batch, time)`, `True` = valid step.
            packs: Boolean `(packs, batch)`, which samples each pack holds: every sample is in one
                pack, and the valid steps of a pack are no more than `time`.
        """
        time = ops.shape(mask)[1]
        count = ops.sum(ops.cast(mask, "int32"), axis=1)
        held = ops.cast(packs, "int32") * count
        end = ops.cumsum(held, axis=1)
        place = ops.arange(time, dtype="int32")
        # The first sample that ends behind a place holds it.
        sample = ops.sum(ops.cast(end[:, None, :] <= place[:, None], "int32"), axis=-1)
        filled = place < end[:, -1:]
        sample = ops.where(filled, sample, 0)
        start = end - held
        number = place - ops.take_along_axis(start, sample, axis=1)
        valid_first = ops.argsort(ops.where(mask, 0, time) + place)
        step = ops.take(
            ops.reshape(valid_first, (-1,)), sample * time + ops.clip(number, 0, time - 1)
        )
        # A sample's first place: of its own pack, since in the others it is not held.
        pack = ops.expand_dims(ops.arange(ops.shape(packs)[0], dtype="int32"), 1)
        first = ops.sum(ops.where(packs, pack * time + start, 0), axis=0)
        rank = ops.cumsum(ops.cast(mask, "int32"), axis=1) - 1
        last = ops.shape(packs)[0] * time - 1  # beyond it lie only steps of invalid packs
        return cls(
            ops.where(filled, sample, -1),
            ops.where(filled, step, 0),
            ops.where(mask, ops.minimum(first[:, None] + rank, last), 0),
            mask,
        )

    @property
    def filled(self):
        """Boolean `(packs, time)`: whether a step stands there."""
        return self.sample >= 0

    def pack(self, x):
        """Bring sequences `(batch, time, width)` into packs `(packs, time, width)`."""
        source = ops.maximum(self.sample, 0) * ops.shape(x)[1] + self.step
        return _taken(x, source, self.filled)

    def unpack(self, x):
        """Bring packs `(packs, time, width)` back to `(batch, time, width)`; 0 where masked."""

        @ops.custom_gradient
        def unpack(x):
            def gradient(*arguments, upstream=None):
                # Each place has one step: nothing is to be added up, as the gradient of a
                # general `take` would, slowly.
                return self.pack(arguments[0] if upstream is None else upstream)

            return _taken(x, self.place, self.mask), gradient

        return unpack(x)

    def allowed(self, context):
        """Return the places of `context`, another `Packing`, that hold the same sample.

        Returns:
            Boolean `(packs, time, time of context)`.
        """
        same = ops.expand_dims(self.sample, 2) == ops.expand_dims(context.sample, 1)
        return ops.logical_and(same, ops.expand_dims(context.filled, 1))

    def distance(self, context):
        """Return how many steps apart two places are, int32 `(packs, time, time of context)`."""
        return ops.abs(ops.expand_dims(self.step, 2) - ops.expand_dims(context.step, 1))


def _taken(x, rows, valid):
    flat = ops.reshape(x, (-1, ops.shape(x)[2]))
    return ops.where(ops.expand_dims(valid, -1), ops.take(flat, rows, axis=0), 0)
