import numpy as np

from tests.models import numpy_layers
from tests.models.baselines.samples import (
    dense_count,
    gappy_samples,
    lstm_count,
    padded,
    random_model,
)
from tests.models.numpy_layers import perceptron, sigmoid
from tests.models.tiny import WIDTHS

SIZES = {"model_dim": 3, "memory_dim": 4, "hidden_dim": 5}


def scores_by_numpy(model, sequences, masks, fuse):
    """Walk through each sample; `fuse(cell, old, new)` maps `(h, c)` of each modality to `s`."""
    cell = model.recurrence.cell
    sequences, anything = padded(sequences), np.any(padded(masks), axis=0)
    scores = []
    for b, valid in enumerate(anything):
        states = [(np.zeros(3), np.zeros(3)) for _ in WIDTHS]
        memory = np.zeros(4)
        for t in np.flatnonzero(valid):
            old = states
            states = [
                numpy_layers.lstm_cell(x[b, t], h, c, lstm)
                for x, (h, c), lstm in zip(sequences, old, cell.lstms, strict=True)
            ]
            fused = fuse(cell, old, states)
            seen = np.concatenate([fused, memory])
            retain, update = perceptron(seen, cell.retain), perceptron(seen, cell.update)
            candidate = np.tanh(perceptron(fused, cell.candidate))
            memory = sigmoid(retain) * memory + sigmoid(update) * candidate
        last = np.concatenate([*(h for h, _ in states), memory])
        hidden = numpy_layers.relu(numpy_layers.dense(last, model.hidden))
        scores.append(numpy_layers.dense(hidden, model.output_layer))
    return np.array(scores)


def attend(cell, old, new):
    memories = np.concatenate([c for _, c in (*old, *new)])
    return numpy_layers.softmax(perceptron(memories, cell.attention)) * memories


def test_the_forward_pass_agrees_with_numpy():
    model = random_model("mfn", **SIZES)
    sequences, masks = gappy_samples()
    expected = scores_by_numpy(model, sequences, masks, attend)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_number_of_parameters():
    model = random_model("mfn", **SIZES)
    lstms = sum(lstm_count(width, 3) for width in WIDTHS)
    memories = 2 * 3 * 3  # before and after, three modalities, model_dim
    attention = dense_count(memories, 5, memories)
    gates = 2 * dense_count(memories + 4, 5, 4)
    candidate, head = dense_count(memories, 5, 4), dense_count(3 * 3 + 4, 5, 1)
    assert model.count_params() == lstms + attention + gates + candidate + head
