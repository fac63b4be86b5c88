"""Several models of one kind that share nothing, and whose outputs are averaged."""

import itertools

import keras
from keras import ops

from .checks import check_positive
from .multimodal_model import Explanation, MultimodalModel


@keras.saving.register_keras_serializable(package="msa")
class EnsembleModel(MultimodalModel):
    """The average of several models with the same arguments and weights of their own.

    Predictions and modality weights are means over the members. An attention map holds the heads of
    the first member, then the heads of the second, and so on. In training, each member learns as if
    it were alone; see `auxiliary_loss`.

    Args:
        model: A `MultimodalModel`. All members have its configuration.
        n_members: Number of members, at least 1.

    Call arguments:
        packs: As for `model`, if it takes them.

    Further call arguments and the output: see `MultimodalModel`.

    Attributes:
        members: The models.

    Example:
        >>> model = EnsembleModel(LFDNN(seq_len=5, text_dim=8, audio_dim=4, video_dim=4), 3)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape), len(model.members)
        ((2, 1), 3)

    Reference:
        Lakshminarayanan et al., 2017, "Simple and Scalable Predictive Uncertainty Estimation using
        Deep Ensembles".
    """

    def __init__(self, model, n_members, **kwargs):
        check_positive(n_members=n_members)
        super().__init__(
            model.seq_len,
            *(model.text_dim, model.audio_dim, model.video_dim),
            model.num_classes,
            model.num_outputs,
            has_output=False,
            **{"dtype": model.dtype_policy, **kwargs},
        )
        self.n_members = n_members
        self.packs_samples = model.packs_samples
        self.remembers_samples = model.remembers_samples
        self._outputs = None
        config = {k: v for k, v in model.get_config().items() if k != "name"}
        self.members = [
            type(model).from_config({**config, "name": f"member_{i}"}) for i in range(n_members)
        ]

    def part_shapes(self):
        return itertools.chain.from_iterable(member.part_shapes() for member in self.members)

    def output_layers(self):
        return [layer for member in self.members for layer in member.output_layers()]

    def build(self, input_shape=None):
        """Create all weights; the widths are known from the constructor."""
        for member in self.members:
            member.build()
        self.built = True

    def read(self, inputs):
        """Return checked sequences and masks; the members read what else they take."""
        found, *_ = [member.read(inputs) for member in self.members]
        return found

    def call(self, inputs, packs=None, training=None):
        """Return scores `(batch, num_outputs)` or logits `(batch, num_classes)`, float32."""
        sequences, masks = self.read(inputs)
        return self.explain_sequences(sequences, masks, training, packs).prediction

    def explain_sequences(self, sequences, masks, training=None, packs=None):
        """Compute the `Explanation` of the average."""
        options = {} if packs is None else {"packs": packs}
        explanations = [
            member.explain_sequences(sequences, masks, training, **options)
            for member in self.members
        ]
        outputs, weights, attention = zip(*explanations, strict=True)
        prediction = sum(outputs) / self.n_members
        if training:
            self._outputs = (*outputs, prediction)
        maps = {
            name: ops.concatenate([one[name] for one in attention], axis=1) for name in attention[0]
        }
        weighs = weights[0] is not None
        return Explanation(prediction, sum(weights) / self.n_members if weighs else None, maps)

    @property
    def losses(self):
        """The penalties of the members, divided by their number, as the loss of each one is."""
        return [loss / self.n_members for loss in super().losses]

    def auxiliary_loss(self, labels):
        """Return the mean of the members' losses minus the loss of their average.

        With the compiled loss of the average, the sum is the mean of the members' own losses, with
        the losses of their own tasks. The loss of the average alone would teach members to cancel
        each other's errors.

        The compiled loss must give one number for each sample, as Keras's losses do. `labels` may
        be scores or labels `(batch, num_outputs)`, or classes as numbers or one-hot rows.
        """
        if self._outputs is None:
            return super().auxiliary_loss(labels)
        *outputs, average = self._outputs
        self._outputs = None
        own = sum(self._loss_of(output, labels) for output in outputs)
        tasks = sum(member.auxiliary_loss(labels) for member in self.members)
        return (own + tasks) / self.n_members - self._loss_of(average, labels)

    def _loss_of(self, output, labels):
        """Return the compiled loss, a mean over the batch; 0 if the batch is empty."""
        loss = keras.losses.get(self.loss)
        if self.num_classes is None:
            labels = ops.reshape(labels, (-1, self.num_outputs))
        each = getattr(loss, "call", loss)(labels, output)
        count = ops.maximum(ops.cast(ops.shape(each)[0], "float32"), 1.0)
        return ops.sum(ops.cast(each, "float32")) / count

    def get_config(self):
        config = super().get_config()
        return {
            **{name: config[name] for name in ("name", "trainable", "dtype")},
            "model": keras.saving.serialize_keras_object(self.members[0]),
            "n_members": self.n_members,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config | {"model": keras.saving.deserialize_keras_object(config["model"])})
