"""Random changes to training batches that make a model rely on no single input."""

import dataclasses
import zlib

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
        truncation: Probability with which a sample keeps only its last valid steps, as many as
            are drawn evenly from 1 to the padded length.
        context_dropout: Probability with which a sample keeps its last valid step alone.
    """

    feature_dropout: dict[str, float] = dataclasses.field(default_factory=dict)
    modality_dropout: dict[str, float] = dataclasses.field(default_factory=dict)
    truncation: float = 0.0
    context_dropout: float = 0.0

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
        for name in ("truncation", "context_dropout"):
            if not 0 <= getattr(self, name) <= 1:
                yield f"`{name}` must be from 0 to 1. Received: {getattr(self, name)!r}."

    def apply(self, dataset, seed):
        """Change the batches of a data set, differently in each epoch, the same for each seed.

        Args:
            dataset: A `tf.data.Dataset` of `(six input tensors, labels)`.
            seed: Seed of all draws.

        Returns:
            A data set of the same structure and cardinality.
        """
        if self == Augmentation():
            return dataset
        seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
        return tf.data.Dataset.zip(dataset, seeds).map(self._augment)

    def _augment(self, batch, draw):
        inputs, labels = batch
        sequences, masks = list(inputs[:3]), list(inputs[3:])
        kept = self._share_kept(draw, tf.shape(labels)[0])
        for i, name in enumerate(MODALITIES):
            present = _uniform(
                draw, f"{name} present", tf.shape(kept)
            ) >= self.modality_dropout.get(name, 0.0)
            mask = masks[i] & present & _last_steps(masks[i], kept)
            x = sequences[i]
            rate = self.feature_dropout.get(name, 0.0)
            if rate:
                keep = _uniform(draw, f"{name} features", tf.shape(x)) >= rate
                x = tf.where(keep, x / (1 - rate), 0.0)
            sequences[i] = tf.where(mask[..., None], x, 0.0)
            masks[i] = mask
        return (*sequences, *masks), labels

    def _share_kept(self, draw, samples):
        """Return for each sample, `(samples, 1)`, the share of the length that it keeps."""
        shape = tf.stack([samples, 1])
        cut = _uniform(draw, "truncated", shape) < self.truncation
        share = tf.where(cut, 1 - _uniform(draw, "share kept", shape), 1.0)
        alone = _uniform(draw, "context dropped", shape) < self.context_dropout
        return tf.where(alone, 0.0, share)


def _last_steps(mask, share):
    """Mark the last valid steps, `share` of the padded length and at least one."""
    length = tf.shape(mask)[1]
    steps = tf.range(length)
    last = tf.reduce_max(tf.where(mask, steps, -1), axis=1, keepdims=True)
    count = tf.maximum(tf.cast(tf.math.ceil(share * tf.cast(length, "float32")), "int32"), 1)
    return steps > last - count


def _uniform(draw, purpose, shape):
    """Draw from [0, 1), independently for each `purpose` of one batch."""
    number = zlib.crc32(purpose.encode())
    return tf.random.stateless_uniform(shape, tf.stack([draw, tf.constant(number, "int64")]))
