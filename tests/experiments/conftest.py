import pytest

from experiments.export import main
from tests.conftest import call


@pytest.fixture(scope="session")
def exported(trained_run, tmp_path_factory):
    """The ONNX file of `trained_run`, that no test changes."""
    path = tmp_path_factory.mktemp("exported") / "model.onnx"
    call(main, trained_run, "--output", path)
    return path
