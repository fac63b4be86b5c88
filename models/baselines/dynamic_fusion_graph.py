"""The Dynamic Fusion Graph."""

import itertools
from typing import Any

import keras
from keras import ops

from ..checks import check_positive
from ..configured_layer import ConfiguredLayer
from .perceptron import Perceptron


@keras.saving.register_keras_serializable(package="msa")
class DynamicFusionGraph(ConfiguredLayer):
    """A vertex for each set of modalities, fed by the vertices of its subsets.

    The sets of one modality are the inputs. Every vertex of a larger set `k`, and the output, is
    a network `D` of one hidden layer over the vertices below, side by side. Each edge has an
    efficacy between 0 and 1, by which the vertex is multiplied as it passes:

        a   = sigmoid(D_a([v_{1}; v_{2}; v_{3}]))
        v_k = D_k([a_{j,k} v_j for all j that are proper subsets of k])
        T   = D_T([a_{j,T} v_j for all j])

    Three modalities make four larger sets and 6 + 6 + 7 = 19 edges.

    Args:
        input_dim: Width of each modality's vertex.
        node_dim: Width of the vertices of larger sets, and of the output.
        hidden_dim: Width of the hidden layers.
        num_modalities: Number of modalities.
        dropout_rate: Dropout after the hidden layers, at least 0 and below 1.

    Call arguments:
        vertices: `num_modalities` of `(batch, input_dim)`.
        training: Whether to apply dropout.

    Returns:
        The output `(batch, node_dim)` and the efficacies `(batch, edges)`, in the order of
        `edges`.

    Reference:
        Zadeh, Liang, Poria, Cambria and Morency, 2018, "Multimodal Language Analysis in the Wild:
        CMU-MOSEI Dataset and Interpretable Dynamic Fusion Graph", ACL.
    """

    def __init__(
        self, input_dim, node_dim, hidden_dim, num_modalities=3, dropout_rate=0.0, **kwargs
    ):
        super().__init__(**kwargs)
        check_positive(input_dim=input_dim, node_dim=node_dim, hidden_dim=hidden_dim)
        check_positive(num_modalities=num_modalities)
        self.input_dim = input_dim
        self.node_dim = node_dim
        self.hidden_dim = hidden_dim
        self.num_modalities = num_modalities
        self.dropout_rate = dropout_rate
        self.sets = _subsets(range(num_modalities))
        larger = [key for key in self.sets if len(key) > 1]
        self.sources = {key: _subsets(key)[:-1] for key in larger} | {"output": self.sets}
        self.edges = [(source, key) for key, below in self.sources.items() for source in below]
        names = ["_".join(map(str, key)) for key in larger]
        self.networks = [self._network(node_dim, None, f"vertex_{name}") for name in names]
        self.networks.append(self._network(node_dim, None, "output"))
        self.efficacy = self._network(len(self.edges), "sigmoid", "efficacy")

    def _network(self, units, activation, name):
        return Perceptron(
            [self.hidden_dim, units],
            activation,
            self.dropout_rate,
            dtype=self.dtype_policy,
            name=name,
        )

    def build(self, vertices_shape):
        self.efficacy.build((None, self.num_modalities * self.input_dim))
        for network, below in zip(self.networks, self.sources.values(), strict=True):
            widths = [self.input_dim if len(key) == 1 else self.node_dim for key in below]
            network.build((None, sum(widths)))
        self.built = True

    def call(self, vertices, training=None):
        efficacies = self.efficacy(ops.concatenate(vertices, axis=-1), training=training)
        values: dict[Any, Any] = {(i,): vertex for i, vertex in enumerate(vertices)}
        weights = iter(ops.split(efficacies, len(self.edges), axis=-1))
        for network, (key, below) in zip(self.networks, self.sources.items(), strict=True):
            weighed = [values[source] * next(weights) for source in below]
            values[key] = network(ops.concatenate(weighed, axis=-1), training=training)
        return values["output"], efficacies

    def compute_output_shape(self, vertices_shape):
        batch = vertices_shape[0][0]
        return (batch, self.node_dim), (batch, len(self.edges))


def _subsets(modalities):
    """Return all sets of one or more of the modalities, the smallest first."""
    modalities = tuple(modalities)
    sizes = range(1, len(modalities) + 1)
    return [key for size in sizes for key in itertools.combinations(modalities, size)]
