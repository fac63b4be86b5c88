"""Tasks for single modalities, on labels made from the label of all three together."""

import keras
from keras import ops

from ..checks import check_above_zero, check_rate
from ..explicit_masks import ExplicitMaskLayer
from ..inputs import MODALITIES
from .label_memory import LabelMemory, damped
from .unimodal_labels import ClassCentres, shifted_labels


@keras.saving.register_keras_serializable(package="msa")
class UnimodalSupervision(ExplicitMaskLayer):
    """Generate a label for each modality of a sample, and the loss of its unimodal score.

    y_m is the given label relative to `label_middle`. A modality's label is y_s = y_m + d_s, and
    d_s, 0 at first, is remembered for each training sample:

        loss = mean over the batch of sum over s of tanh(|d_s|) * |score_s - y_s|

    After the loss of a visit, d_s moves. F_m and F_s are the representations of all three
    modalities together and of modality s, and alpha is the relative distance to the centres of
    positive and of negative samples (`models.baselines.unimodal_labels`). In epoch n > 1

        found = (y_m * alpha_s / alpha_m + y_m + alpha_s - alpha_m) / 2, clipped to ±label_bound
        d_s <- (n - 1) / (n + 1) * d_s + 2 / (n + 1) * (found - y_m)

    In the first epoch, and as long as a centre is missing, found is y_m. So the loss is 0 in the
    first two epochs.

    Args:
        fusion_dim: Width of F_m.
        unimodal_dims: Widths of F_s, of text, audio and video.
        train_samples: Number of training samples, at least 1.
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
        present: Three of boolean `(batch,)`; an absent modality has no task, does not move its
            centres, and keeps its d_s.
        row: The number of each sample in the training set, integers `(batch,)` from 0.

    Returns:
        The loss, a float32 scalar. Labels are made from the centres of the batches before; then
        each call takes its batch into the centres.

    Reference:
        Yu et al., 2021, "Learning Modality-Specific Representations with Self-Supervised
        Multi-Task Learning for Multimodal Sentiment Analysis", AAAI, and the authors' code,
        https://github.com/thuiar/Self-MM, `trains/SELF_MM.py`. There the centres are means over
        the latest representations of all training samples; here they are moving means.
    """

    def __init__(
        self,
        fusion_dim,
        unimodal_dims,
        train_samples,
        label_bound=3.0,
        momentum=0.98,
        label_middle=0.0,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        check_above_zero(label_bound=label_bound)
        check_rate("momentum", momentum)
        self.fusion_dim = fusion_dim
        self.unimodal_dims = list(unimodal_dims)
        self.label_bound = label_bound
        self.momentum = momentum
        self.label_middle = label_middle
        self.train_samples = train_samples
        self.fusion_centres = ClassCentres(fusion_dim, momentum, dtype="float32", name="fusion")
        self.centres = [
            ClassCentres(width, momentum, dtype="float32", name=name)
            for name, width in zip(MODALITIES, self.unimodal_dims, strict=True)
        ]
        self.memory = LabelMemory(train_samples, name="memory")

    def build(self, labels_shape):
        for centres in (self.fusion_centres, *self.centres):
            centres.build((None, centres.width))
        self.memory.build((None,))
        self.built = True

    def call(self, labels, fusion, representations, scores, present, row):
        labels = self._from_middle(labels)
        present = ops.stack(present, axis=1)
        shifts, visits = self.memory(row)
        errors = ops.stack([self._from_middle(score) - labels for score in scores], axis=1) - shifts
        losses = ops.where(present, ops.tanh(ops.abs(shifts)) * ops.abs(errors), 0.0)
        fusion, *representations = (_constant(x) for x in (fusion, *representations))
        found = self._found(labels, fusion, representations, visits)
        found = ops.where(present, found, shifts)
        self.memory.update(row, visits, found)
        own_labels = ops.expand_dims(labels, 1) + damped(shifts, visits, found)
        for s, (centres, x) in enumerate(zip(self.centres, representations, strict=True)):
            centres.update(x, own_labels[:, s], present[:, s])
        self.fusion_centres.update(fusion, labels, ops.ones_like(labels, dtype="bool"))
        return ops.sum(losses) / ops.maximum(ops.cast(ops.size(labels), "float32"), 1.0)

    def _found(self, labels, fusion, representations, visits):
        """Return the shifts that the centres give, `(batch, 3)`; 0 at a sample's first visit."""
        alpha, known = self.fusion_centres(fusion)
        known = ops.logical_and(known, visits > 0)
        shifts = []
        for centres, x in zip(self.centres, representations, strict=True):
            own_alpha, own_known = centres(x)
            shift = shifted_labels(labels, alpha, own_alpha, self.label_bound) - labels
            shifts.append(ops.where(ops.logical_and(known, own_known), shift, 0.0))
        return ops.stack(shifts, axis=1)

    def _from_middle(self, scores):
        """Return scores `(batch,)` relative to the middle of their range."""
        return ops.reshape(ops.cast(scores, "float32"), (-1,)) - self.label_middle

    def compute_output_shape(self, labels_shape):
        return ()


def _constant(x):
    return ops.stop_gradient(ops.cast(x, "float32"))
