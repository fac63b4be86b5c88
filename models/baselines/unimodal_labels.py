"""Labels for single modalities, made from the label of all three together."""

import keras
from keras import ops

from ..checks import check_positive
from ..explicit_masks import ExplicitMaskLayer

# Keeps distances and ratios away from a division by zero.
TINY = 1e-6


def relative_distance(features, positive, negative):
    """Return how much nearer features are to the positive centre than to the negative one.

        D_p = ||F - C_p||² / sqrt(width),  D_n likewise,  α = (D_n - D_p) / (D_p + ε)

    Args:
        features: `(batch, width)`.
        positive: The positive class's centre, `(width,)`.
        negative: The negative class's centre, `(width,)`.

    Returns:
        `(batch,)`, positive where the positive centre is nearer.
    """
    root = features.shape[-1] ** 0.5
    near, far = (
        ops.sum(ops.square(features - centre), axis=-1) / root for centre in (positive, negative)
    )
    return (far - near) / (near + TINY)


def shifted_labels(labels, alpha, own_alpha, bound):
    """Shift labels by the difference of relative distances, of a modality and of the fusion.

        y_s = y_m + (α_s - α_m) / 2 · (y_m + α_m) / α_m

    the mean of y_m α_s / α_m and y_m + α_s - α_m, clipped to ±`bound`.

    Args:
        labels: y_m, `(batch,)`.
        alpha: α_m, the fusion's relative distance, `(batch,)`.
        own_alpha: α_s, the modality's, `(batch,)`.
        bound: The largest label.

    Returns:
        y_s, `(batch,)`.
    """
    divisor = ops.where(ops.abs(alpha) > TINY, alpha, ops.where(alpha < 0, -TINY, TINY))
    shifted = 0.5 * (labels * own_alpha / divisor + labels + own_alpha - alpha)
    return ops.clip(shifted, -bound, bound)


@keras.saving.register_keras_serializable(package="msa")
class ClassCentres(ExplicitMaskLayer):
    """Moving means of the features of positive and of negative samples.

    Each update multiplies the sums and counts so far by `momentum` and adds the batch's;
    a centre is a sum divided by its count, a mean in which older samples weigh less.

    Args:
        width: Width of the features.
        momentum: At least 0 and below 1.

    Call arguments:
        features: `(batch, width)`.

    Returns:
        The features' `relative_distance` to both centres, `(batch,)`, and a boolean scalar,
        whether there has been a sample of each class.
    """

    def __init__(self, width, momentum, **kwargs):
        super().__init__(**kwargs)
        check_positive(width=width)
        self.width = width
        self.momentum = momentum

    def build(self, features_shape):
        options = {"initializer": "zeros", "trainable": False, "aggregation": "mean"}
        self.sums = self.add_weight(name="sums", shape=(2, self.width), **options)
        self.counts = self.add_weight(name="counts", shape=(2,), **options)
        self.built = True

    def call(self, features):
        sums, counts = ops.convert_to_tensor(self.sums), ops.convert_to_tensor(self.counts)
        centres = sums / ops.expand_dims(ops.where(counts > 0, counts, 1.0), 1)
        return relative_distance(features, centres[0], centres[1]), ops.all(counts > 0)

    def update(self, features, labels, valid):
        """Take in a batch.

        Args:
            features: `(batch, width)`, float32.
            labels: `(batch,)`; a label of 0 is of neither class.
            valid: Boolean `(batch,)`; other samples do not count.
        """
        members = ops.stack([labels > 0, labels < 0])
        members = ops.cast(ops.logical_and(members, valid), "float32")
        self.sums.assign(self.momentum * self.sums + ops.matmul(members, features))
        self.counts.assign(self.momentum * self.counts + ops.sum(members, axis=1))

    def compute_output_shape(self, features_shape):
        return (features_shape[0],), ()
