import numpy as np
import pytest

from models.baselines.dynamic_fusion_graph import DynamicFusionGraph
from models.baselines.perceptron import Perceptron
from models.baselines.subnetworks import LSTMSubnetwork, PooledSubnetwork
from tests.models.layer_case import check_layer

X = np.random.default_rng(0).normal(size=(2, 6, 8)).astype("float32")
VALID = np.arange(6) < np.array([[6], [2]])
SEQUENCE = {"sequence": X, "valid": VALID}
SUBNETWORK = {"input_dim": 8, "units": 3, "dropout_rate": 0.2}

# Weights: a Dense has 2, an LSTM 3.
CASES = {
    Perceptron: (
        {"units": [5, 3], "activation": "tanh", "dropout_rate": 0.2},
        {"x": X[:, 0]},
        2 * 2,
        ("compute",),
    ),
    PooledSubnetwork: (SUBNETWORK, SEQUENCE, 3 * 2, ("compute",)),
    LSTMSubnetwork: (SUBNETWORK, SEQUENCE, 3 + 2, ("compute",)),
    DynamicFusionGraph: (
        {
            "input_dim": 8,
            "node_dim": 3,
            "hidden_dim": 4,
            "num_modalities": 2,
            "dropout_rate": 0.2,
        },
        {"vertices": [X[:, 0], X[:, 1]]},
        3 * 2 * 2,  # the vertex of both, the output, the efficacies
        ("compute", "compute"),
    ),
}


@pytest.mark.parametrize("cls", CASES, ids=lambda cls: cls.__name__)
def test_layer(cls, tmp_path):
    options, inputs, weights, output_dtypes = CASES[cls]
    check_layer(cls, options, inputs, weights, output_dtypes, tmp_path=tmp_path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Perceptron([3, 0]), "`units` must be a whole number of at least 1. Received: 0"),
        (
            lambda: LSTMSubnetwork(8, 3, dropout_rate=1.0),
            "`dropout_rate` must be at least 0 and below 1. Received: 1.0",
        ),
        (
            lambda: DynamicFusionGraph(8, 0, 4),
            "`node_dim` must be a whole number of at least 1. Received: 0",
        ),
    ],
)
def test_arguments_out_of_range_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
