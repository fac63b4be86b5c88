import numpy as np

from models.baselines.dynamic_fusion_graph import DynamicFusionGraph
from tests.models import numpy_layers
from tests.models.baselines.samples import dense_count, gappy_samples, lstm_count, random_model
from tests.models.baselines.test_mfn import SIZES, scores_by_numpy
from tests.models.numpy_layers import perceptron, sigmoid
from tests.models.tiny import WIDTHS

NODE = 2


def graph_by_numpy(graph, text, audio, video):
    """The graph's output, vertex by vertex; efficacies in the order of the equations."""
    a = sigmoid(perceptron(np.concatenate([text, audio, video]), graph.efficacy))
    of_pair_1, of_pair_2, of_pair_3, of_all, of_output = graph.networks
    text_audio = perceptron(np.concatenate([a[0] * text, a[1] * audio]), of_pair_1)
    text_video = perceptron(np.concatenate([a[2] * text, a[3] * video]), of_pair_2)
    audio_video = perceptron(np.concatenate([a[4] * audio, a[5] * video]), of_pair_3)
    below = [text, audio, video, text_audio, text_video, audio_video]
    every = perceptron(np.concatenate([w * v for w, v in zip(a[6:12], below, strict=True)]), of_all)
    everything = zip(a[12:], [*below, every], strict=True)
    return perceptron(np.concatenate([w * v for w, v in everything]), of_output)


def fuse(cell, old, new):
    vertices = [
        numpy_layers.relu(numpy_layers.dense(np.concatenate([before, after]), vertex))
        for vertex, (before, _), (after, _) in zip(cell.vertices, old, new, strict=True)
    ]
    return graph_by_numpy(cell.graph, *vertices)


def test_the_forward_pass_agrees_with_numpy():
    model = random_model("graph_mfn", node_dim=NODE, **SIZES)
    sequences, masks = gappy_samples()
    expected = scores_by_numpy(model, sequences, masks, fuse)
    np.testing.assert_allclose(model((*sequences, *masks)), expected, atol=1e-5)


def test_the_number_of_parameters():
    model = random_model("graph_mfn", node_dim=NODE, **SIZES)
    lstms = sum(lstm_count(width, 3) for width in WIDTHS)
    vertices = 3 * dense_count(2 * 3, 3)
    pairs = 3 * dense_count(2 * 3, 5, NODE)
    triple = dense_count(3 * 3 + 3 * NODE, 5, NODE)
    output = dense_count(3 * 3 + 4 * NODE, 5, NODE)
    efficacies = dense_count(3 * 3, 5, 6 + 6 + 7)
    memory = 2 * dense_count(NODE + 4, 5, 4) + dense_count(NODE, 5, 4)
    graph = pairs + triple + output + efficacies
    head = dense_count(3 * 3 + 4, 5, 1)
    assert model.count_params() == lstms + vertices + graph + memory + head


def test_the_edges_of_three_modalities():
    graph = DynamicFusionGraph(3, NODE, 5)
    output, efficacies = graph([np.ones((4, 3), "float32")] * 3)
    assert output.shape == (4, NODE) and efficacies.shape == (4, len(graph.edges)) == (4, 19)
    assert graph.edges[:2] == [((0,), (0, 1)), ((1,), (0, 1))]
    assert [source for source, key in graph.edges if key == "output"] == graph.sets
    assert np.all((efficacies > 0) & (efficacies < 1))
