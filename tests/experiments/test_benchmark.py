import json
import re

import pytest

from experiments.benchmark import SIZE_NAMES, main
from experiments.benchmarks import gemm
from experiments.benchmarks.data import write_random
from experiments.benchmarks.memory import measure_memory
from experiments.benchmarks.sizes import SIZES
from tests.conftest import call
from utils.formats.hdf5 import Hdf5Writer

SAMPLES = 5000
SIZE = SAMPLES * 50 * (300 + 74 + 47) * 4


@pytest.mark.slow
def test_streaming_takes_far_less_memory_than_the_data(tmp_path):
    write_random(tmp_path / "data", Hdf5Writer, SAMPLES)
    assert measure_memory(tmp_path / "data", 32, stream=True) < 0.7 * SIZE
    assert measure_memory(tmp_path / "data", 32, stream=False) > SIZE


@pytest.mark.slow
def test_prints_all_routes(capsys):
    call(main, "--only", "data", "--samples", 64, "--rounds", 1)
    output = capsys.readouterr().out
    for route in ("NumPy gather", "in memory", "streamed, HDF5"):
        assert route in output


def test_writes_what_it_measured_and_how(tmp_path, monkeypatch):
    monkeypatch.setattr(gemm, "SQUARE", 16)
    monkeypatch.setattr(gemm, "REPEATED_FLOPS", 1e5)
    json_path, results = tmp_path / "new" / "figures.json", tmp_path / "benchmark"
    call(
        main,
        *"--only gemm --size S --batch-size 1 --rounds 1".split(),
        "--json",
        json_path,
        "--results",
        results,
    )
    written = json.loads(json_path.read_text())
    rate = written["figures"]["gemm"]["square 16"]["float32"]
    text = (tmp_path / "benchmark.md").read_text()
    assert re.search(rf"square 16 +│ +{rate:,.0f} │", text)
    assert "--only gemm --size S" in text
    assert "tensorflow 2." in text
    assert written["machine"] in text


def test_wrong_arguments(fails):
    assert set(SIZE_NAMES) < set(SIZES)
    parts = "training, inference, gemm, growth, padding, imports, commands, first_step, models"
    message = fails(main, "--only", "smell")
    assert f"--only takes {parts}, text_encoder, data, extraction. Received: smell" in message
    assert "--size takes S, M. Received: XXL" in fails(main, "--size", "XXL")
    assert "--models takes seqlevel, msa" in fails(main, "--models", "mine")
    assert "--only extraction and --clips belong together" in fails(main, "--only", "extraction")
    assert "--rounds must be at least 1. Received: 0" in fails(main, "--rounds", 0)
