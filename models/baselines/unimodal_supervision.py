"""Tasks for single modalities, on labels made from the label of all three together."""

import keras
from keras import ops

from ..checks import check_above_zero, check_rate
from ..explicit_masks import ExplicitMaskLayer
from ..inputs import MODALITIES
from .unimodal_labels import ClassCentres, shifted_labels


@keras.saving.register_keras_serializable(package="msa")
class UnimodalSupervision(ExplicitMaskLayer):
    """Generate a label for each modality of a sample, and the loss of its unimodal score.

    F_m and F_s are the representations of all three modalities together and of modality s, y_m is
    the given label relative to `label_middle`, and alpha the relative distance to the centres of
    positive and of negative samples (`models.baselines.unimodal_labels`):

        y_s = (y_m * alpha_s / alpha_m + y_m + alpha_s - alpha_m) / 2, clipped to ±label_bound
        loss = mean over the batch of sum over s of tanh(|y_s - y_m|) * |score_s - y_s|

    As long as a centre is missing, y_s is y_m, and the loss 0.

    Args:
        fusion_dim: Width of F_m.
        unimodal_dims: Widths of F_s, of text, audio and video.
        label_bound: Largest distance of a modality's label from `label_middle`.
        momentum: How much of the sums behind the centres stays from one batch to the next, at
            least 0 and below 1.
        label_middle: Middle of the range of labels. Labels and scores count relative to it: a
            label above it is positive.

    Call arguments:
        labels: y_m, `(batch, 1)` or `(batch,)`; the batch may be empty.
        fusion: F_m, `(batch, fusion_dim)`. No gradient flows to it, nor to `representations`.
        representations: The three F_s, `(batch, unimodal_dims[s])`.
        scores: Three of `(batch, 1)`.
        present: Three of boolean `(batch,)`; an absent modality has no task, and does not move
            its centres.

    Returns:
        The loss, a float32 scalar. Labels are made from the centres of the batches before; then
        each call takes its batch into the centres.

    Reference:
        Yu et al., 2021, "Learning Modality-Specific Representations with Self-Supervised
        Multi-Task Learning for Multimodal Sentiment Analysis", AAAI. Its label generation differs:
        there the centres are means over the latest representations of all training samples, and a
        sample's label is averaged with its labels of earlier epochs. A batch here does not say
        which samples it holds, so only the centres have a memory.
    """

    def __init__(
        self, fusion_dim, unimodal_dims, label_bound=3.0, momentum=0.98, label_middle=0.0, **kwargs
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        check_above_zero(label_bound=label_bound)
        check_rate("momentum", momentum)
        self.fusion_dim = fusion_dim
        self.unimodal_dims = list(unimodal_dims)
        self.label_bound = label_bound
        self.momentum = momentum
        self.label_middle = label_middle
        self.fusion_centres = ClassCentres(fusion_dim, momentum, dtype="float32", name="fusion")
        self.centres = [
            ClassCentres(width, momentum, dtype="float32", name=name)
            for name, width in zip(MODALITIES, self.unimodal_dims, strict=True)
        ]

    def build(self, labels_shape):
        for centres in (self.fusion_centres, *self.centres):
            centres.build((None, centres.width))
        self.built = True

    def call(self, labels, fusion, representations, scores, present):
        labels = self._from_middle(labels)
        fusion = _constant(fusion)
        alpha, known = self.fusion_centres(fusion)
        losses = ops.zeros_like(labels)
        for centres, x, score, there in zip(
            self.centres, representations, scores, present, strict=True
        ):
            x = _constant(x)
            own_alpha, own_known = centres(x)
            own_labels = shifted_labels(labels, alpha, own_alpha, self.label_bound)
            own_labels = ops.where(ops.logical_and(known, own_known), own_labels, labels)
            centres.update(x, own_labels, there)
            error = ops.abs(self._from_middle(score) - own_labels)
            losses += ops.where(there, ops.tanh(ops.abs(own_labels - labels)) * error, 0.0)
        self.fusion_centres.update(fusion, labels, ops.ones_like(labels, dtype="bool"))
        return ops.sum(losses) / ops.maximum(ops.cast(ops.size(labels), "float32"), 1.0)

    def _from_middle(self, scores):
        """Return scores `(batch,)` relative to the middle of their range."""
        return ops.reshape(ops.cast(scores, "float32"), (-1,)) - self.label_middle

    def compute_output_shape(self, labels_shape):
        return ()


def _constant(x):
    return ops.stop_gradient(ops.cast(x, "float32"))
