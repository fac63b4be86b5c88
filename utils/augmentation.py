"""Random changes to training batches that make a model rely on no single input."""

import dataclasses

import tensorflow as tf

from utils.formats.split import MODALITIES


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How training batches are changed; validation and test never are.

    Attributes:
        feature_dropout: From a modality to the probability with which each single feature of each
            step becomes 0; the others are scaled up, so that their expectation stays. After
            normalisation 0 is the feature's mean.
        modality_dropout: From a modality to the probability with which a sample loses it wholly.
        truncation: Probability with which a sample keeps only its last steps, as many as are
            drawn evenly from 1 to the padded length.
    """

    feature_dropout: dict[str, float] = dataclasses.field(default_factory=dict)
    modality_dropout: dict[str, float] = dataclasses.field(default_factory=dict)
    truncation: float = 0.0

    def faults(self):
        """Yield a sentence for each value that is wrong."""
        for name in ("feature_dropout", "modality_dropout"):
            rates = getattr(self, name)
            unknown = sorted(set(rates) - set(MODALITIES))
            if unknown:
                yield (
                    f"`{name}` takes the modalities {', '.join(MODALITIES)}. "
                    f"Received: {', '.join(map(str, unknown))}."
                )
            for modality, rate in rates.items():
                if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
                    yield f"`{name}` must be at least 0 and below 1. Received: {modality} {rate!r}."
        if not 0 <= self.truncation <= 1:
            yield f"`truncation` must be from 0 to 1. Received: {self.truncation!r}."

    def apply(self, dataset, seed):
        """Change the batches of a data set, differently in each epoch, the same for each seed.

        Args:
            dataset: A `tf.data.Dataset` of `(six input tensors, labels)`.
            seed: Seed of all draws.

        Returns:
            A data set of the same structure and cardinality.
        """
        if not (self.feature_dropout or self.modality_dropout or self.truncation):
            return dataset
        seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
        return tf.data.Dataset.zip(dataset, seeds).map(self._augment)

    def _augment(self, batch, draw):
        inputs, labels = batch
        sequences, masks = list(inputs[:3]), list(inputs[3:])
        start = self._first_kept_step(draw, tf.shape(labels)[0])
        for i, name in enumerate(MODALITIES):
            x, mask = sequences[i], masks[i]
            length = tf.shape(x)[1]
            # Counted from the end, so that modalities of different lengths are cut alike.
            kept = tf.cast(tf.range(length), "float32") >= start * tf.cast(length, "float32") - 1
            mask &= kept
            rate = self.modality_dropout.get(name, 0.0)
            mask &= _uniform(draw, 3 * i, tf.stack([tf.shape(x)[0], 1])) >= rate
            rate = self.feature_dropout.get(name, 0.0)
            if rate:
                keep = _uniform(draw, 3 * i + 1, tf.shape(x)) >= rate
                x = tf.where(keep, x / (1 - rate), 0.0)
            sequences[i] = tf.where(mask[..., None], x, 0.0)
            masks[i] = mask
        return (*sequences, *masks), labels

    def _first_kept_step(self, draw, samples):
        """Return for each sample, `(samples, 1)`, the share of its length that is cut away."""
        shape = tf.stack([samples, 1])
        chosen = _uniform(draw, 100, shape) < self.truncation
        return tf.where(chosen, _uniform(draw, 101, shape), 0.0)


def _uniform(draw, number, shape):
    """Draw from [0, 1), independently for each `number` of one batch."""
    return tf.random.stateless_uniform(shape, tf.stack([draw, tf.constant(number, "int64")]))
