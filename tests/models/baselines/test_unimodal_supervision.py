import numpy as np
import pytest

from models.baselines.unimodal_supervision import UnimodalSupervision
from tests.models.layer_case import check_config

WIDTHS = (5, 4, 3, 2)  # of the multimodal representation, and of text, audio and video
MOMENTUM, BOUND = 0.8, 2.0


def supervision():
    layer = UnimodalSupervision(WIDTHS[0], WIDTHS[1:], BOUND, MOMENTUM)
    layer.build((None, 1))
    return layer


def make_batch(seed, size=6):
    """Labels with zeros among them, representations, scores and presence."""
    rng = np.random.default_rng(seed)
    labels = rng.choice([-2.5, -1.0, 0.0, 0.5, 2.0], size=size)
    labels[:2] = -1.0, 1.0
    tasks = [rng.normal(size=(size, width)) + labels[:, None] for width in WIDTHS]
    scores = [rng.normal(size=(size, 1)) for _ in WIDTHS[1:]]
    present = [rng.random(size) < 0.8 for _ in WIDTHS[1:]]
    for there in present:
        there[:2] = True
    return labels, tasks, scores, present


class Reference:
    """The equations once more: every batch so far is kept, with the weight it has by now."""

    def __init__(self):
        self.batches = []

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

    def learn(self, labels, tasks, scores, present):
        """Return the loss of a batch, and take it into the centres."""
        targets, loss = np.tile(labels, (4, 1)), 0.0
        if self.batches:
            for s, b in np.ndindex(3, len(labels)):
                y = labels[b]
                multimodal = self.leaning(0, tasks[0][b])
                unimodal = self.leaning(s + 1, tasks[s + 1][b])
                target = (y * unimodal / multimodal + y + unimodal - multimodal) / 2
                targets[s + 1, b] = np.clip(target, -BOUND, BOUND)
                error = abs(scores[s][b, 0] - targets[s + 1, b])
                loss += present[s][b] * np.tanh(abs(targets[s + 1, b] - y)) * error
        everywhere = [np.ones(len(labels), bool), *present]
        self.batches.append((tasks, targets, everywhere))
        return loss / len(labels)


def test_the_loss_is_that_of_the_equations_batch_after_batch():
    layer, reference = supervision(), Reference()
    for seed in range(4):
        labels, tasks, scores, present = make_batch(seed)
        loss = layer(labels[:, None], tasks[0], tasks[1:], scores, present)
        expected = reference.learn(labels, tasks, scores, present)
        np.testing.assert_allclose(loss, expected, rtol=1e-4)
        assert (expected > 0.1) == (seed > 0)


def test_no_label_is_generated_while_a_class_has_not_been_seen():
    layer = supervision()
    labels, tasks, scores, present = make_batch(0)
    for _ in range(2):
        assert float(layer(np.abs(labels), tasks[0], tasks[1:], scores, present)) == 0


def test_an_empty_batch_has_no_loss_and_leaves_the_centres():
    layer = supervision()
    labels, tasks, scores, present = make_batch(0)
    layer(labels, tasks[0], tasks[1:], scores, present)
    centres = layer.fusion_centres
    before = centres.sums.numpy() / centres.counts.numpy()[:, None]
    tasks = [x[:0] for x in tasks]
    loss = layer(labels[:0], tasks[0], tasks[1:], [x[:0] for x in scores], [x[:0] for x in present])
    assert float(loss) == 0
    np.testing.assert_allclose(centres.sums / centres.counts[:, None], before, rtol=1e-6)


def test_its_configuration():
    options = {"fusion_dim": 5, "unimodal_dims": [4, 3, 2], "label_bound": 1.0, "momentum": 0.5}
    check_config(UnimodalSupervision, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_bound": 0}, "`label_bound` must be above 0. Received: 0"),
        ({"momentum": 1.0}, "`momentum` must be at least 0 and below 1. Received: 1.0"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        UnimodalSupervision(5, WIDTHS[1:], **options)
