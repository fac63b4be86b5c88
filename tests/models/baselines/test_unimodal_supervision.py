import numpy as np
import pytest
import tensorflow as tf

from models.baselines.label_memory import LabelMemory
from models.baselines.unimodal_supervision import UnimodalSupervision
from tests.models.layer_case import check_config

WIDTHS = (5, 4, 3, 2)  # of the multimodal representation, and of text, audio and video
MOMENTUM, BOUND = 0.8, 2.0
SAMPLES = 9


def supervision():
    layer = UnimodalSupervision(WIDTHS[0], WIDTHS[1:], SAMPLES, BOUND, MOMENTUM)
    layer.build((None, 1))
    return layer


def make_epochs(epochs):
    """Yield batches of all samples in a new order each epoch, with features that change."""
    rng = np.random.default_rng(0)
    all_labels = np.array([-1.0, 1.0, 0.0, 0.5, -2.5, 2.0, -0.5, 1.5, -2.0])
    for _ in range(epochs):
        # The first two, of both classes, are in the first batch, and nothing of them is absent.
        order = np.concatenate([[0, 1], 2 + rng.permutation(SAMPLES - 2)])
        for row in (order[:5], order[5:]):
            labels = all_labels[row]
            tasks = [rng.normal(size=(len(row), width)) + labels[:, None] for width in WIDTHS]
            scores = [rng.normal(size=(len(row), 1)) for _ in WIDTHS[1:]]
            present = [(rng.random(len(row)) < 0.8) | (row < 2) for _ in WIDTHS[1:]]
            yield labels, tasks, scores, present, row


class Reference:
    """The equations once more, of one sample after the other.

    Every batch so far is kept, with the weight it has by now, and every label as it is remembered.
    """

    def __init__(self):
        self.batches = []
        self.labels = {}  # of (task, sample)
        self.visits = np.zeros(SAMPLES, int)

    def centre(self, task, sign):
        total, weight = 0.0, 0.0
        for age, batch in enumerate(reversed(self.batches)):
            for x, y, there in zip(*(part[task] for part in batch), strict=True):
                if there and np.sign(y) == sign:
                    total, weight = total + MOMENTUM**age * x, weight + MOMENTUM**age
        return total / weight

    def leaning(self, task, x):
        to_positive, to_negative = (
            np.sum((x - self.centre(task, sign)) ** 2) / np.sqrt(len(x)) for sign in (1, -1)
        )
        return (to_negative - to_positive) / (to_positive + 1e-6)

    def learn(self, labels, tasks, scores, present, row):
        """Return the loss of a batch, and take it into memory and centres."""
        loss = 0.0
        targets = np.tile(labels, (4, 1))
        for s, b in np.ndindex(3, len(labels)):
            y, epoch = labels[b], self.visits[row[b]] + 1
            remembered = self.labels.setdefault((s, row[b]), y)
            error = abs(scores[s][b, 0] - remembered)
            loss += present[s][b] * np.tanh(abs(remembered - y)) * error
            if epoch > 1 and present[s][b]:
                multimodal = self.leaning(0, tasks[0][b])
                unimodal = self.leaning(s + 1, tasks[s + 1][b])
                target = (y * unimodal / multimodal + y + unimodal - multimodal) / 2
                target = np.clip(target, -BOUND, BOUND)
                remembered = (epoch - 1) / (epoch + 1) * remembered + 2 / (epoch + 1) * target
            self.labels[s, row[b]] = targets[s + 1, b] = remembered
        self.visits[row] += 1
        everywhere = [np.ones(len(labels), bool), *present]
        self.batches.append((tasks, targets, everywhere))
        return loss / len(labels)


def test_the_loss_is_that_of_the_equations_epoch_after_epoch():
    layer, reference, losses = supervision(), Reference(), []
    for labels, tasks, scores, present, row in make_epochs(4):
        loss = layer(labels[:, None], tasks[0], tasks[1:], scores, present, row)
        losses.append(reference.learn(labels, tasks, scores, present, row))
        np.testing.assert_allclose(loss, losses[-1], rtol=1e-4)
    # Two batches an epoch: the true labels are kept in the first, and change after the second.
    assert losses[:4] == [0, 0, 0, 0] and min(losses[4:]) > 0.1


def test_no_label_is_generated_while_a_class_has_not_been_seen():
    layer = supervision()
    for labels, tasks, scores, present, row in make_epochs(3):
        assert float(layer(np.abs(labels), tasks[0], tasks[1:], scores, present, row)) == 0


def test_an_empty_batch_has_no_loss_and_leaves_memory_and_centres():
    layer = supervision()
    for *batch, row in make_epochs(1):
        labels, tasks, scores, present = batch
        layer(labels, tasks[0], tasks[1:], scores, present, row)
    centres = layer.fusion_centres
    before = centres.sums.numpy() / centres.counts.numpy()[:, None], layer.memory.sums.numpy()
    tasks, scores, present = ([x[:0] for x in part] for part in (tasks, scores, present))
    assert float(layer(labels[:0], tasks[0], tasks[1:], scores, present, row[:0])) == 0
    np.testing.assert_allclose(centres.sums / centres.counts[:, None], before[0], rtol=1e-6)
    np.testing.assert_array_equal(layer.memory.sums, before[1])


class AuthorsLabels:
    """Label generation of `trains/SELF_MM.py` in https://github.com/thuiar/Self-MM, in NumPy.

    All features are kept, each centre is the mean of the latest features of a class (0 counts as
    positive), and distances are Euclidean.
    """

    def __init__(self, labels, widths):
        self.true = labels
        self.labels = np.tile(labels, (len(widths), 1))
        self.features = [np.zeros((len(labels), width)) for width in widths]

    def leaning(self, task, row, x):
        positive = self.members[task] >= 0
        features = self.seen[task]
        near, far = (
            np.linalg.norm(x - features[members].mean(axis=0), axis=1)
            for members in (positive, ~positive)
        )
        return (far - near) / (near + 1e-8)

    def learn(self, epoch, row, tasks):
        if epoch > 1:
            self.members, self.seen = self.labels, self.features
            fusion, *own = (self.leaning(task, row, x) for task, x in enumerate(tasks))
            y = self.true[row]
            for s, alpha in enumerate(own, start=1):
                new = (y * alpha / (fusion + 1e-8) + y + alpha - fusion) / 2
                old = self.labels[s, row]
                new = np.clip(new, -3, 3)
                self.labels[s, row] = (epoch - 1) / (epoch + 1) * old + 2 / (epoch + 1) * new
        for features, x in zip(self.features, tasks, strict=True):
            features[row] = x


def test_labels_spread_and_settle_as_those_of_the_authors():
    """Statistics of the text's labels over 12 epochs on random features."""
    rng = np.random.default_rng(0)
    samples, widths, size = 128, (24, 12, 12, 12), 16
    true = rng.uniform(-3, 3, samples).astype("float32")  # none is 0, where classes differ
    features = [rng.normal(size=(samples, w)).clip(0).astype("float32") for w in widths]
    layer = UnimodalSupervision(24, [12] * 3, samples)
    layer.build((None, 1))
    learn, authors = tf.function(layer), AuthorsLabels(true, widths)
    scores, present = [np.zeros((size, 1), "float32")] * 3, [np.ones(size, bool)] * 3
    history = []
    for epoch in range(1, 13):
        for row in rng.permutation(samples).reshape(-1, size):
            tasks = [x[row] for x in features]
            authors.learn(epoch, row, tasks)
            learn(true[row], tasks[0], tasks[1:], scores, present, row)
        shifts, _ = layer.memory(np.arange(samples))
        history.append((true + shifts[:, 0].numpy(), authors.labels[1].copy()))
    np.testing.assert_array_equal(history[0], [true, true])
    at_bound, moved, spread = (
        [function(y, before) for y, before in zip(history[-1], history[-2], strict=True)]
        for function in (
            lambda y, _: np.mean(np.abs(y) > 2.999),
            lambda y, before: np.abs(y - before).mean(),
            lambda y, _: np.abs(y - true).mean(),
        )
    )
    # Without a memory, 28 % stand at the bound, and labels move by 0.5 an epoch.
    assert at_bound == pytest.approx([0, 0], abs=0.03)
    assert moved[1] < moved[0] < 0.12 and moved[0] < 2 * moved[1]
    assert spread[0] == pytest.approx(spread[1], rel=0.2) and spread[1] > 1
    assert np.corrcoef(*history[-1])[0, 1] > 0.7


def test_its_configuration():
    options = {"fusion_dim": 5, "unimodal_dims": [4, 3, 2], "label_bound": 1.0, "momentum": 0.5}
    check_config(UnimodalSupervision, {**options, "label_middle": 1.0, "train_samples": 7})
    check_config(LabelMemory, {"train_samples": 7})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_bound": 0}, "`label_bound` must be above 0. Received: 0"),
        ({"momentum": 1.0}, "`momentum` must be at least 0 and below 1. Received: 1.0"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        UnimodalSupervision(5, WIDTHS[1:], 7, **options)
