"""Random changes to training batches that make a model rely on no single input."""

import dataclasses
import typing
import zlib

import tensorflow as tf

from utils.formats.split import MODALITIES


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How training batches are changed; validation and test never are.

    Attributes:
        feature_dropout: A probability for each modality. Each feature of each step becomes 0 with
            this probability; the other features are scaled up to keep the expected value. After
            normalisation, 0 is the mean of the feature.
        modality_dropout: A probability for each modality. A sample loses the whole modality with
            this probability.
        noise: A standard deviation for each modality. Gaussian noise is added to its valid steps.
            The unit is the features' standard deviation if they are scaled by `standard` or
            `robust`.
        time_masking: A share of the padded length for each modality. One span of steps is masked;
            the share is its largest length. Length and place are drawn uniformly.
        truncation: Probability that a sample keeps only its last valid steps. Their number is
            drawn uniformly from 1 to the padded length.
        context_dropout: Probability that a sample keeps only its last valid step.
        mixup: Parameter of Beta(mixup, mixup), from which a share is drawn. Features and score of
            each sample are mixed by this share with another sample of the batch. 0 switches it
            off. Zhang et al. 2018, https://arxiv.org/abs/1710.09412.
    """

    feature_dropout: dict[str, float] = dataclasses.field(default_factory=dict)
    modality_dropout: dict[str, float] = dataclasses.field(default_factory=dict)
    noise: dict[str, float] = dataclasses.field(default_factory=dict)
    time_masking: dict[str, float] = dataclasses.field(default_factory=dict)
    truncation: float = 0.0
    context_dropout: float = 0.0
    mixup: float = 0.0

    def __bool__(self):
        """Whether anything is changed."""
        return self != Augmentation()

    def faults(self):
        """Yield a sentence for each value that is wrong."""
        for name, limit in _BY_MODALITY.items():
            values = getattr(self, name)
            unknown = sorted(set(values) - set(MODALITIES))
            if unknown:
                yield (
                    f"`{name}` takes the modalities {', '.join(MODALITIES)}. "
                    f"Received: {', '.join(map(str, unknown))}."
                )
            for modality, value in values.items():
                if not isinstance(value, (int, float)) or not 0 <= value < limit:
                    yield (
                        f"`{name}` must be at least 0 and below {limit:g}. "
                        f"Received: {modality} {value!r}."
                    )
        for name in ("truncation", "context_dropout"):
            if not 0 <= getattr(self, name) <= 1:
                yield f"`{name}` must be from 0 to 1. Received: {getattr(self, name)!r}."
        if not 0 <= self.mixup < float("inf"):
            yield f"`mixup` must be at least 0. Received: {self.mixup!r}."

    def apply(self, inputs, labels, seed):
        """Change one batch, inside a `tf.data` map.

        Args:
            inputs: Three sequences `(B, T, D)` and their masks `(B, T)`.
            labels: Scores `(B, 1)`.
            seed: Two integers, different for every batch, such as the seed of the run and the
                number of the batch. The same seed gives the same changes.

        Returns:
            Inputs and labels of the same shapes.
        """
        draw = _Draw(seed)
        sequences, masks = list(inputs[:3]), list(inputs[3:])
        kept = self._share_kept(draw, tf.shape(labels)[0])
        for i, name in enumerate(MODALITIES):
            mask = masks[i] & _last_steps(masks[i], kept)
            mask &= self._present(draw, name, tf.shape(kept))
            mask &= self._outside_span(draw, name, tf.shape(mask))
            x = self._changed_features(draw, name, sequences[i])
            sequences[i] = tf.where(mask[..., None], x, 0.0)
            masks[i] = mask
        inputs = (*sequences, *masks)
        return self._mixed(draw, inputs, labels) if self.mixup else (inputs, labels)

    def _changed_features(self, draw, name, x):
        deviation = self.noise.get(name, 0.0)
        if deviation:
            x += deviation * draw.normal(f"{name} noise", tf.shape(x))
        rate = self.feature_dropout.get(name, 0.0)
        if rate:
            keep = draw.uniform(f"{name} features", tf.shape(x)) >= rate
            x = tf.where(keep, x / (1 - rate), 0.0)
        return x

    def _present(self, draw, name, shape):
        return draw.uniform(f"{name} present", shape) >= self.modality_dropout.get(name, 0.0)

    def _outside_span(self, draw, name, shape):
        """Return a boolean `(B, T)`: `True` outside the span that is masked."""
        share = self.time_masking.get(name, 0.0)
        if not share:
            return True
        one_each, length = tf.stack([shape[0], 1]), tf.cast(shape[1], "float32")
        # Uniform over 0, 1, ..., the largest whole number of steps.
        largest = tf.floor(share * length)
        span = tf.floor(draw.uniform(f"{name} span", one_each) * (largest + 1))
        start = tf.floor(draw.uniform(f"{name} start", one_each) * (length - span + 1))
        steps = tf.range(length)
        return (steps < start) | (steps >= start + span)

    def _share_kept(self, draw, samples):
        """Return float32 `(samples, 1)`: the share of its length that each sample keeps."""
        shape = tf.stack([samples, 1])
        cut = draw.uniform("truncated", shape) < self.truncation
        share = tf.where(cut, 1 - draw.uniform("share kept", shape), 1.0)
        alone = draw.uniform("context dropped", shape) < self.context_dropout
        return tf.where(alone, 0.0, share)

    def _mixed(self, draw, inputs, labels):
        samples = tf.shape(labels)[0]
        partner = tf.argsort(draw.uniform("partner", [samples]))
        share = draw.beta("share mixed", [samples, 1], self.mixup)
        mixed = [
            share[..., None] * x + (1 - share[..., None]) * tf.gather(x, partner)
            for x in inputs[:3]
        ]
        masks = [mask | tf.gather(mask, partner) for mask in inputs[3:]]
        return (*mixed, *masks), share * labels + (1 - share) * tf.gather(labels, partner)


# The upper limit (excluded) of the values of each option by modality.
_BY_MODALITY = {
    "feature_dropout": 1.0,
    "modality_dropout": 1.0,
    "noise": float("inf"),
    "time_masking": 1.0,
}


class _Draw:
    """Random numbers of one batch, independent for each purpose.

    Args:
        seed: Two integers of the batch.
    """

    def __init__(self, seed):
        self.seed = tf.stack([tf.cast(part, "int64") for part in seed])

    def uniform(self, purpose, shape):
        """Draw from [0, 1)."""
        return tf.random.stateless_uniform(shape, self._seed(purpose))

    def normal(self, purpose, shape):
        """Draw from the standard normal distribution."""
        return tf.random.stateless_normal(shape, self._seed(purpose))

    def beta(self, purpose, shape, concentration):
        """Draw from Beta(concentration, concentration)."""
        first, second = (
            tf.random.stateless_gamma(shape, self._seed(f"{purpose} {part}"), concentration)
            for part in ("one", "two")
        )
        return tf.math.divide_no_nan(first, first + second)

    def _seed(self, purpose) -> typing.Any:
        # Numbers are folded in, not added: neighbouring seeds and batches must draw independently.
        number = tf.constant(zlib.crc32(purpose.encode()), "int64")
        return tf.random.fold_in(self.seed, number)  # pyright: ignore[reportArgumentType]


def _last_steps(mask, share):
    """Return a boolean `(B, T)` that marks the last valid steps.

    Their number is `share` `(B, 1)` of the padded length, and at least one.
    """
    length = tf.shape(mask)[1]
    steps = tf.range(length)
    last = tf.reduce_max(tf.where(mask, steps, -1), axis=1, keepdims=True)
    count = tf.maximum(tf.cast(tf.math.ceil(share * tf.cast(length, "float32")), "int32"), 1)
    return steps > last - count
