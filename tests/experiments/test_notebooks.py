"""The notebooks run whole, and stand in git without what they print."""

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "experiments/notebooks").glob("*.ipynb"))}
PLACEHOLDER = "https://github.com/OWNER/msa-tf2"
MAX_BYTES = 20_000


def read(name):
    return nbformat.read(NOTEBOOKS[name], as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A client whose kernel serves all notebooks, as TensorFlow's start takes longest.

    It runs in a folder that looks like a checkout, so that none writes into the real one.
    """
    folder = tmp_path_factory.mktemp("notebooks")
    for name in ("data", "experiments", "models", "utils"):
        (folder / name).symlink_to(ROOT / name)
    manager = AsyncKernelManager(
        kernel_name="python3", transport="ipc", connection_file=str(folder / "kernel.json")
    )
    client = NotebookClient(
        nbformat.v4.new_notebook(),
        km=manager,
        timeout=None,
        resources={"metadata": {"path": str(folder)}},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        with client.setup_kernel(cleanup_kc=True):
            yield client


@pytest.fixture
def run(kernel):
    """Run a notebook without the names of the one before; return the value of its last cell."""

    def run_notebook(name):
        notebook = read(name)
        notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
        kernel.nb = notebook
        kernel.execute()
        outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
        assert [output.text for output in outputs if output.get("name") == "stderr"] == []
        return ast.literal_eval(outputs[-1].data["text/plain"])

    return run_notebook


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_in_git_is_valid_small_and_without_outputs(name):
    nbformat.validate(read(name))
    assert NOTEBOOKS[name].stat().st_size < MAX_BYTES
    for cell in code_cells(read(name)):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_first_cells_are_alike_but_for_what_they_install():
    first = [code_cells(read(name))[0].source.splitlines() for name in NOTEBOOKS]
    kept = [[line for line in lines if "REQUIREMENTS = " not in line] for lines in first]
    assert all(len(a) == len(b) + 1 for a, b in zip(first, kept, strict=True))
    assert all(lines == kept[0] for lines in kept)


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A working directory that is in no checkout."""
    folder = tmp_path / "content"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return folder


def test_first_cell_clones_and_installs_once_outside_a_checkout(outside, tmp_path):
    remote = tmp_path / "remote/msa-tf2"
    (remote / "models").mkdir(parents=True)
    for file in ("models/msa_seqlevel.py", "requirements.txt", "requirements-text.txt"):
        (remote / file).touch()
    git = ["git", "-C", remote, "-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
        subprocess.run([*git, *arguments], check=True)
    source = code_cells(read("04_text_tabular"))[0].source
    assert source.count(PLACEHOLDER) == 1
    source = source.replace(PLACEHOLDER, f"file://{remote}")
    exec(source, {})
    assert sys.path[0] == str(outside / "msa-tf2")
    remote.rename(tmp_path / "gone")
    exec(source, {})  # What was cloned is found again.
    assert [path.name for path in outside.iterdir()] == ["msa-tf2"]
    assert (outside / "msa-tf2/requirements-text.txt").exists()


def test_first_cell_starts_again_where_an_installation_failed(outside, tmp_path):
    source = code_cells(read("01_quickstart"))[0].source.replace(
        PLACEHOLDER, f"file://{tmp_path}/msa-tf2"
    )
    (outside / "msa-tf2.partial/models").mkdir(parents=True)
    (outside / "msa-tf2.partial/models/msa_seqlevel.py").touch()
    with pytest.raises(subprocess.CalledProcessError, match="'git', 'clone'"):
        exec(source, {})  # There is no such repository; what the first try left is not taken.
    assert not (outside / "msa-tf2").exists()


def test_first_cell_asks_for_the_address_of_the_repository(outside):
    with pytest.raises(ValueError, match="Set REPOSITORY to the address"):
        exec(code_cells(read("01_quickstart"))[0].source, {})


@pytest.mark.slow
def test_quickstart_trains_a_model_that_has_learned(run):
    errors = run("01_quickstart")
    assert errors["best possible"] < errors["model"] < 0.8 * errors["always the same score"]


@pytest.mark.slow
def test_custom_model_learns_and_is_the_same_when_loaded_or_padded(run):
    result = run("02_custom_model")
    assert result["MAE"] < 1.0  # Always saying the same score has 1.23.
    assert result["difference after loading"] == 0
    assert result["change by padding"] < 1e-5


@pytest.mark.slow
def test_attention_shows_that_text_and_audio_are_needed_and_video_is_not(run):
    errors = run("03_attention")
    whole = errors["text + audio + video"]
    assert errors["text + audio"] < 1.3 * whole
    assert min(errors["text + video"], errors["audio + video"]) > 1.5 * whole


@pytest.mark.slow
def test_text_tabular_needs_both_sides(run):
    pytest.importorskip("keras_hub")
    result = run("04_text_tabular")
    alone = max(result[f"best possible from the {side} alone"] for side in ("text", "table"))
    both = result["best possible from both"]
    assert alone < 0.7 < 0.9 < both
    assert alone + 0.8 * (both - alone) < result["the model"] < both + 0.02
    for side in ("texts", "tables"):
        assert result[f"the model, {side} swapped"] < alone + 0.05
    assert 0.1 < result["smallest share"] < 0.5 < result["largest share"] < 0.9
    assert result["shares differ from a sum of 1 by"] < 1e-5


@pytest.mark.slow
def test_onnx_file_agrees_with_keras_and_does_without_padding_and_video(run):
    result = run("05_onnx")
    assert result["difference from Keras"] < 1e-5
    assert result["change by padding"] < 1e-5
    assert result["weight of the missing video"] == 0
    assert result["sum of the weights"] == 1
