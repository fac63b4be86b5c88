"""The base of models that also learn a score from each modality alone."""

from keras import ops

from ..checks import check_positive, check_rate
from ..multimodal_model import MultimodalModel
from .unimodal_supervision import UnimodalSupervision


class UnimodallySupervisedModel(MultimodalModel):
    """Base of models whose training has a task for each modality, on labels that they make.

    A subclass makes `supervision` by `make_supervision`, and its forward pass in training calls
    `keep_tasks`. It does both only if `predicts_one_score`: the labels are made by arithmetic on
    scores. With classes or several outputs there are no such tasks.

    Args:
        unimodal_dim: Width of each modality's representation.
        centre_momentum: How much of the sums behind the centres stays from one batch to the next,
            at least 0 and below 1.
        label_bound: Largest distance of a modality's label from `label_middle`.
        dropout_rate: At least 0 and below 1.
        label_middle: Middle of the range of scores; a score above it counts as positive.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        unimodal_dim,
        centre_momentum,
        label_bound,
        dropout_rate,
        num_classes=None,
        num_outputs=1,
        label_middle=0.0,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(unimodal_dim=unimodal_dim)
        check_rate("centre_momentum", centre_momentum)
        check_rate("dropout_rate", dropout_rate)
        self.unimodal_dim = unimodal_dim
        self.centre_momentum = centre_momentum
        self.label_bound = label_bound
        self.label_middle = label_middle
        self.dropout_rate = dropout_rate
        # Tensors of the last call in training, for `auxiliary_loss`.
        self._tasks = None

    def make_supervision(self, fusion_dim):
        """Return the layer that makes the labels, for a multimodal representation this wide."""
        return UnimodalSupervision(
            fusion_dim,
            [self.unimodal_dim] * 3,
            self.label_bound,
            self.centre_momentum,
            self.label_middle,
            name="supervision",
        )

    def keep_tasks(self, fusion, representations, scores, masks):
        """Keep the inputs of `UnimodalSupervision` for `auxiliary_loss`.

        Args:
            fusion: The multimodal representation, `(batch, fusion_dim)`.
            representations: A representation of each modality, three of `(batch, unimodal_dim)`.
            scores: The modalities' scores, three of `(batch, 1)`.
            masks: Three of boolean `(batch, time)`.
        """
        present = tuple(ops.any(mask, axis=1) for mask in masks)
        self._tasks = (fusion, tuple(representations), tuple(scores), present)

    def auxiliary_loss(self, labels):
        """Return the loss of the modalities' tasks, and take the batch into the centres."""
        if self._tasks is None:
            return super().auxiliary_loss(labels)
        tasks, self._tasks = self._tasks, None
        return self.supervision(labels, *tasks)
