"""Several models of one kind that share nothing, and whose outputs are averaged."""

import itertools

import keras
from keras import ops

from .checks import check_positive
from .multimodal_model import Explanation, MultimodalModel


class EnsembleModel(MultimodalModel):
    """Base of a model that can also be an ensemble of several models of its own kind.

    A subclass keeps its arguments, calls `make_members`, and makes its own parts only if there are
    no members. With members, its `part_shapes` are the members', and its `explain_sequences`
    averages their explanations by `average`.

    Args: as for `MultimodalModel`, and `n_members`, at least 1.

    Attributes:
        members: The models; empty if it is a single one.

    Reference:
        Lakshminarayanan et al., 2017, "Simple and Scalable Predictive Uncertainty Estimation using
        Deep Ensembles".
    """

    def __init__(self, *args, n_members=1, **kwargs):
        check_positive(n_members=n_members)
        super().__init__(*args, has_output=n_members == 1, **kwargs)
        self.n_members = n_members
        self.members = []
        self._outputs = None

    def make_members(self):
        """Make the members of an ensemble, all with this model's configuration."""
        if self.n_members > 1:
            config = {**self.get_config(), "n_members": 1}
            self.members = [
                type(self).from_config({**config, "name": f"member_{i}"})
                for i in range(self.n_members)
            ]

    def member_part_shapes(self):
        """Return the `part_shapes` of all members."""
        return itertools.chain.from_iterable(member.part_shapes() for member in self.members)

    def output_layers(self):
        if not self.members:
            return super().output_layers()
        return [layer for member in self.members for layer in member.output_layers()]

    def build(self, input_shape=None):
        """Create all weights; the widths are known from the constructor."""
        if not self.members:
            super().build(input_shape)
        for member in self.members:
            member.build()
        self.built = True

    def average(self, explanations, training):
        """Return the `Explanation` of the ensemble.

        Predictions and modality weights are means over the members; an attention map holds the
        heads of the first member, then the heads of the second, and so on.

        Args:
            explanations: An `Explanation` of each member.
            training: Whether to keep the predictions for `auxiliary_loss`.
        """
        outputs, weights, attention = zip(*explanations, strict=True)
        prediction = sum(outputs) / len(outputs)
        if training:
            self._outputs = (*outputs, prediction)
        maps = {
            name: ops.concatenate([one[name] for one in attention], axis=1) for name in attention[0]
        }
        return Explanation(prediction, sum(weights) / len(weights), maps)

    def auxiliary_loss(self, labels):
        """Return the mean of the members' losses minus the loss of their average.

        With the compiled loss of the average, the sum is the mean of the members' own losses.
        The loss of the average alone would teach members to cancel each other's errors.

        The compiled loss must give one number for each sample, as Keras's losses do. `labels` may
        be scores or labels `(batch, num_outputs)`, or classes as numbers or one-hot rows.
        """
        if self._outputs is None:
            return super().auxiliary_loss(labels)
        *outputs, average = self._outputs
        self._outputs = None
        own = sum(self._loss_of(output, labels) for output in outputs) / len(outputs)
        return own - self._loss_of(average, labels)

    def _loss_of(self, output, labels):
        """Return the compiled loss, a mean over the batch; 0 if the batch is empty."""
        loss = keras.losses.get(self.loss)
        if self.num_classes is None:
            labels = ops.reshape(labels, (-1, self.num_outputs))
        each = getattr(loss, "call", loss)(labels, output)
        count = ops.maximum(ops.cast(ops.shape(each)[0], "float32"), 1.0)
        return ops.sum(ops.cast(each, "float32")) / count
