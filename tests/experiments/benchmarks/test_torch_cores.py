import numpy as np
import pytest

from models import MODELS

SHAPE = (2, 7)
WIDTHS = (6, 5, 4)
NAMES = ("ef_lstm", "tfn", "lmf", "self_mm", "mfn", "misa", "mult", "mag")


@pytest.mark.parametrize("name", NAMES)
def test_a_core_is_about_as_large_as_the_model_and_learns(name):
    pytest.importorskip("torch")
    from experiments.benchmarks.contenders import SETTINGS
    from experiments.benchmarks.torch_cores import CORES, torch_core
    from experiments.benchmarks.torch_reference import module_step

    assert set(CORES) == set(NAMES)
    model = MODELS[name](SHAPE[1], *WIDTHS)
    model.build()
    core = torch_core(name, model)
    assert core is not None
    size = sum(p.numel() for p in core.parameters())
    assert size == pytest.approx(model.count_params(), rel=0.25)
    rng = np.random.default_rng(0)
    sequences = tuple(rng.normal(size=(*SHAPE, width)).astype("float32") for width in WIDTHS)
    step = module_step(core, (sequences, np.ones((2, 1), "float32")), SETTINGS)
    first = step()
    assert min(step() for _ in range(40)) < 0.5 * first


def test_models_without_a_peer_have_no_core():
    pytest.importorskip("torch")
    from experiments.benchmarks.torch_cores import torch_core

    assert torch_core("msa", None) is None
