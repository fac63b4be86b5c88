import pytest

from experiments.benchmark import main
from experiments.benchmarks.data import write_random
from experiments.benchmarks.memory import measure_memory
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
    for route in ("NumPy gather", "in memory", "streamed, HDF5", "streamed, TFRecord"):
        assert route in output


def test_wrong_arguments(fails):
    assert "--only takes data. Received: smell" in fails(main, "--only", "smell")
    assert "--rounds must be at least 1. Received: 0" in fails(main, "--rounds", 0)
