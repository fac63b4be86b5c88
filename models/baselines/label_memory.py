"""What a training remembers of each sample's labels for single modalities."""

import keras
from keras import ops

from ..checks import check_positive
from ..explicit_masks import ExplicitMaskLayer
from ..inputs import MODALITIES

TASKS = len(MODALITIES)


def damped(shifts, visits, found):
    """Move shifts towards newly found ones, by less and less in later epochs.

        d_n = (n - 1) / (n + 1) · d_(n-1) + 2 / (n + 1) · found_n,  n = visits + 1

    Args:
        shifts: d_(n-1), `(batch, 3)`.
        visits: How often each sample was visited before, float `(batch,)`.
        found: found_n, `(batch, 3)`.

    Returns:
        d_n, `(batch, 3)`.

    Reference:
        Yu et al., 2021 (see `SelfMM`), equation of the momentum-based update; n is the epoch.
    """
    visits = ops.expand_dims(visits, 1)
    return (visits * shifts + 2.0 * found) / (visits + 2.0)


@keras.saving.register_keras_serializable(package="msa")
class LabelMemory(ExplicitMaskLayer):
    """Remembers for each training sample how far its modalities' labels are from its own label.

    A training visits each sample once in an epoch, so that the number of visits is the number of
    epochs. By `damped`, the shift after n visits is a mean in which visit k has the weight k:

        d_n = (1 · found_1 + 2 · found_2 + ... + n · found_n) / (1 + 2 + ... + n)

    The weights of this layer are sums: of k · found_k, of the visits, and of the first visits.
    Only their ratios matter. So replicas may each add their own samples, and then take the mean.

    Args:
        train_samples: Number of training samples, at least 1.

    Call arguments:
        row: The number of each sample in the training set, integers `(batch,)` from 0 to
            `train_samples - 1`; the batch may be empty.

    Returns:
        The shifts of text, audio and video, float32 `(batch, 3)`, and the number of earlier visits,
        float32 `(batch,)`. Both are 0 for a sample that was not visited.

    Example:
        >>> from models.baselines.label_memory import LabelMemory
        >>> memory = LabelMemory(100)
        >>> shifts, visits = memory(np.array([7, 42]))
        >>> memory.update(np.array([7, 42]), visits, np.ones((2, 3), "float32"))
        >>> float(memory(np.array([42]))[1][0])  # visits of sample 42
        1.0
    """

    def __init__(self, train_samples, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        check_positive(train_samples=train_samples)
        self.train_samples = train_samples

    def build(self, row_shape=None):
        self.sums = self.add_weight(
            name="sums",
            shape=(self.train_samples, TASKS + 2),
            initializer="zeros",
            trainable=False,
            aggregation="mean",
        )
        self.built = True

    def call(self, row):
        sums = ops.take(ops.convert_to_tensor(self.sums), row, axis=0)
        first = sums[:, -1]
        once = ops.where(first > 0, first, 1.0)
        visits = ops.round(sums[:, -2] / once)
        total = ops.maximum(visits * (visits + 1.0) / 2.0, 1.0)
        return sums[:, :TASKS] / ops.expand_dims(once * total, 1), visits

    def update(self, row, visits, found):
        """Take in a visit.

        Args:
            row: As in a call; a sample at most once.
            visits: The number of earlier visits, `(batch,)`.
            found: The newly found shifts, float32 `(batch, 3)`.
        """
        visits = ops.expand_dims(visits, 1)
        first = ops.cast(visits == 0, "float32")
        added = ops.concatenate([(visits + 1.0) * found, ops.ones_like(visits), first], axis=1)
        self.sums.assign(self.sums + ops.segment_sum(added, row, self.train_samples))

    def compute_output_shape(self, row_shape):
        return (row_shape[0], TASKS), (row_shape[0],)
