"""The base of models that also learn a score from each modality alone."""

from keras import ops

from ..checks import check_positive, check_rate
from ..multimodal_model import MultimodalModel
from .unimodal_supervision import UnimodalSupervision


class UnimodallySupervisedModel(MultimodalModel):
    """Base of models whose training has a task for each modality, on labels that they make.

    The labels of a sample are remembered from epoch to epoch. So a training needs `train_samples`,
    and the number of each sample in its input: the key `row` of a dict, integers `(batch,)` from 0.
    `experiments.train` gives both. `fit` takes `row=np.arange(train_samples)` beside the other
    keys. Without `train_samples` there are no such tasks, and the model learns its score alone.
    `row` is ignored outside training.

    With classes or several outputs there are no such tasks either: labels are made by arithmetic on
    scores. If `learns_tasks`, a subclass makes `supervision` by `make_supervision`, and its forward
    pass in training calls `keep_tasks`.

    Args:
        unimodal_dim: Width of each modality's representation.
        centre_momentum: How much of the sums behind the centres stays from one batch to the next,
            at least 0 and below 1.
        label_bound: Largest distance of a modality's label from `label_middle`.
        dropout_rate: At least 0 and below 1.
        label_middle: Middle of the range of scores; a score above it counts as positive.
        train_samples: Number of training samples; 0: the model has no tasks.

    Raises:
        ValueError: If a model with `train_samples` is called in training without `row`.

    Example:
        >>> model = SelfMM(5, 8, 4, 4, model_dim=8, unimodal_dim=4, train_samples=6)
        >>> model.compile("adam", "mae", run_eagerly=True)
        >>> widths = {"text": 8, "audio": 4, "video": 4}
        >>> inputs = {name: np.random.randn(6, 5, width) for name, width in widths.items()}
        >>> history = model.fit({**inputs, "row": np.arange(6)}, np.ones((6, 1)), verbose=0)
    """

    remembers_samples = True

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
        train_samples=0,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(unimodal_dim=unimodal_dim)
        check_rate("centre_momentum", centre_momentum)
        check_rate("dropout_rate", dropout_rate)
        if train_samples:
            check_positive(train_samples=train_samples)
        self.unimodal_dim = unimodal_dim
        self.centre_momentum = centre_momentum
        self.label_bound = label_bound
        self.label_middle = label_middle
        self.dropout_rate = dropout_rate
        self.train_samples = train_samples
        # Tensors of the last call, for `auxiliary_loss`.
        self._row = None
        self._tasks = None

    @property
    def learns_tasks(self):
        """Whether a training has a task for each modality."""
        return self.predicts_one_score and self.train_samples > 0

    def make_supervision(self, fusion_dim):
        """Return the layer that makes the labels, for a multimodal representation this wide."""
        return UnimodalSupervision(
            fusion_dim,
            [self.unimodal_dim] * 3,
            self.train_samples,
            self.label_bound,
            self.centre_momentum,
            self.label_middle,
            name="supervision",
        )

    def read(self, inputs):
        self._row = None
        if isinstance(inputs, dict) and "row" in inputs:
            self._row = inputs["row"]
            inputs = {name: x for name, x in inputs.items() if name != "row"}
        return super().read(inputs)

    def keep_tasks(self, fusion, representations, scores, masks):
        """Keep the inputs of `UnimodalSupervision` for `auxiliary_loss`.

        Args:
            fusion: The multimodal representation, `(batch, fusion_dim)`.
            representations: A representation of each modality, three of `(batch, unimodal_dim)`.
            scores: The modalities' scores, three of `(batch, 1)`.
            masks: Three of boolean `(batch, time)`.

        Raises:
            ValueError: If the samples have no numbers.
        """
        if self._row is None:
            raise ValueError(
                f"{type(self).__name__} with train_samples={self.train_samples} must know in "
                "training which samples it is given. Expected: a dict with the key `row`, the "
                "number of each sample from 0. Received: no `row`. Add it, or leave "
                "`train_samples` out to learn without the modalities' own tasks."
            )
        present = tuple(ops.any(mask, axis=1) for mask in masks)
        self._tasks = (fusion, tuple(representations), tuple(scores), present, self._row)

    def auxiliary_loss(self, labels):
        """Return the loss of the modalities' tasks, and take the batch into memory and centres."""
        if self._tasks is None:
            return super().auxiliary_loss(labels)
        tasks, self._tasks = self._tasks, None
        return self.supervision(labels, *tasks)
