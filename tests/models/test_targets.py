"""Several outputs, classes, and where an untrained model starts."""

import keras
import numpy as np
import pytest

from models import MODELS, EnsembleModel
from tests.models.tiny import MODALITIES, SEQ_LEN, WIDTHS, make_model, make_sequences, sizes

RANGED = ("self_mm", "tetfn", "tfn")  # whose training or output depends on the range of one score


def untrained(name, **options):
    keras.utils.set_random_seed(0)
    model = MODELS[name](SEQ_LEN, *WIDTHS, **sizes(name), **options)
    model.build()
    return model


@pytest.mark.parametrize("name", MODELS)
def test_several_outputs(name):
    model = make_model(name, num_outputs=3)
    output = model(make_sequences(batch=4))
    assert output.shape == (4, 3) == model.compute_output_shape([(4, SEQ_LEN, 5)])
    assert output.dtype == "float32" and np.isfinite(output).all()
    assert np.ptp(output, axis=1).min() > 0
    again = type(model).from_config(model.get_config())
    assert again.num_outputs == 3 and again.get_config() == model.get_config()


@pytest.mark.parametrize("name", MODELS)
def test_classes_and_several_outputs_exclude_each_other(name):
    with pytest.raises(ValueError, match=r"`num_outputs` must be 1 .*num_classes=3, num_outputs=2"):
        MODELS[name](SEQ_LEN, *WIDTHS, num_classes=3, num_outputs=2)
    with pytest.raises(ValueError, match=r"`num_outputs` must be a whole number .*Received: 0"):
        MODELS[name](SEQ_LEN, *WIDTHS, num_outputs=0)


@pytest.mark.parametrize("name", MODELS)
def test_an_untrained_model_starts_at_the_middle(name):
    ranges = {"label_middle": 3.0, "label_bound": 2.0} if name in RANGED else {}
    model = untrained(name, **ranges)
    before = model(make_sequences())
    model.start_output_at(3.5)
    moved = model(make_sequences()) - before
    if name == "tfn":  # through the sigmoid of the range
        assert 0.3 < np.mean(moved) < 0.7
    else:
        np.testing.assert_allclose(moved, 3.5, atol=1e-5)


def test_each_output_starts_at_a_value_of_its_own():
    for model in (
        EnsembleModel(untrained("seqlevel", num_outputs=2), 2),
        untrained("tfn", num_outputs=2),
    ):
        before = model(make_sequences())
        model.start_output_at([1.0, 4.0])
        np.testing.assert_allclose(model(make_sequences()) - before, [[1.0, 4.0]] * 3, atol=1e-5)


def test_every_task_of_a_score_starts_there():
    for name in ("self_mm", "tetfn"):
        model = untrained(name, label_middle=3.0, train_samples=3)
        model.start_output_at(3.0)
        assert [float(layer.bias[0]) for layer in model.output_layers()] == [3.0] * 4


def test_a_start_outside_the_range_of_the_sigmoid():
    with pytest.raises(ValueError, match=r"label_bound=3.0 of label_middle=0.0. Received: 4.0"):
        untrained("tfn").start_output_at(4.0)


@pytest.mark.parametrize("name", ["self_mm", "tetfn"])
@pytest.mark.parametrize("target", [{"num_outputs": 2}, {"num_classes": 2}])
def test_other_targets_have_no_tasks_of_single_modalities(name, target):
    model = untrained(name, train_samples=3, **target)
    assert not hasattr(model, "supervision")
    model(make_sequences(), training=True)
    assert float(model.auxiliary_loss(np.zeros((3, 2)))) == 0


@pytest.mark.parametrize("name", ["self_mm", "tetfn"])
def test_labels_count_from_the_middle_of_their_range(name):
    """Scores and labels that are shifted together give the same loss of the tasks."""
    losses = []
    for middle in (0.0, 3.0):
        options = {"label_middle": middle, "label_bound": 2.0, "train_samples": 3}
        model = untrained(name, dropout_rate=0.0, **options)
        model.start_output_at(middle)
        labels = np.array([[1.0], [-1.0], [1.5]], "float32") + middle
        inputs = dict(zip(MODALITIES, make_sequences(), strict=True), row=np.arange(3))
        for _ in range(3):
            model(inputs, training=True)
            loss = float(model.auxiliary_loss(labels))
        losses.append(loss)
    assert losses[0] > 0
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.parametrize(
    ("target", "loss", "labels"),
    [
        ({"num_outputs": 2}, "mae", np.array([[1.0, -2.0], [0.5, 3.0], [2.0, 0.0]])),
        (
            {"num_outputs": 2},
            keras.losses.BinaryCrossentropy(from_logits=True),
            np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]),
        ),
        (
            {"num_classes": 3},
            keras.losses.CategoricalCrossentropy(from_logits=True),
            np.eye(3, dtype="float32"),
        ),
    ],
)
def test_an_ensemble_learns_any_target_as_its_members_would_alone(target, loss, labels):
    model = make_model("seqlevel", members=2, dropout_rate=0.0, **target)
    model.compile("sgd", loss)
    outputs = [member(make_sequences()) for member in model.members]
    function = keras.losses.get(loss)
    own = np.mean([np.mean(function(labels, output)) for output in outputs])
    total = model.compute_loss(None, labels, model(make_sequences(), training=True), None, True)
    assert float(total) == pytest.approx(own, rel=1e-5)
