"""The notebooks run whole, and stand in git with the outputs of such a run."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "experiments/notebooks").glob("*.ipynb"))}
MAX_BYTES = 300_000
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e-?\d+)?")
RESET = "%reset -f"
# Tags of cells. What a command or the training prints, and samples that a trained model chooses:
VARIES = "varies"
# Numbers of a trained model, which other machines train to other last digits, and so elsewhere. The
# tests of the notebooks say what must hold of them.
TRAINED = "trained"


def read(name):
    return nbformat.read(NOTEBOOKS[name], as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell):
    """What a cell prints and returns, and how many figures it shows."""
    parts, figures = [], 0
    for output in cell.outputs:
        figures += "image/png" in output.get("data", {})
        if "image/png" not in output.get("data", {}):
            parts.append(output.get("text") or output.data["text/plain"])
    return "".join(parts), figures


def assert_alike(kept, fresh):
    """Compare outputs; numbers may differ a little, as other machines round differently."""
    (text, figures), (fresh_text, fresh_figures) = texts(kept), texts(fresh)
    assert figures == fresh_figures
    tags = kept.metadata.get("tags", ())
    if VARIES in tags:
        assert bool(text) == bool(fresh_text)
        return
    words = [" ".join(NUMBER.sub("0", one).split()) for one in (text, fresh_text)]
    assert words[0] == words[1], kept.id
    if TRAINED in tags:
        return
    numbers = [[float(found) for found in NUMBER.findall(one)] for one in (text, fresh_text)]
    assert numbers[1] == pytest.approx(numbers[0], rel=0.05, abs=0.05), kept.id


def keep(notebook, name):
    """Write a notebook that was run, without the cell that was put before its first."""
    del notebook.cells[0]
    for number, cell in enumerate(code_cells(notebook), 1):
        cell.metadata.pop("execution", None)  # times
        for part in (cell, *cell.outputs):
            if "execution_count" in part:
                part.execution_count = number
    nbformat.write(notebook, NOTEBOOKS[name])


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A client whose kernel serves all notebooks, as TensorFlow's start takes longest.

    It runs in a folder that looks like one of a checkout, so that none writes into the real one.
    """
    root = tmp_path_factory.mktemp("checkout")
    for name in ("data", "experiments", "models", "utils"):
        (root / name).symlink_to(ROOT / name)
    folder = root / "some" / "notebooks"
    folder.mkdir(parents=True)
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
    """Run a notebook without the names of the one before, and compare its outputs with the kept.

    The value of its last cell is returned.
    """

    def run_notebook(name):
        notebook = read(name)
        notebook.cells.insert(0, nbformat.v4.new_code_cell(RESET))
        kernel.nb = notebook
        kernel.execute()
        outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
        assert [output.text for output in outputs if output.get("name") == "stderr"] == []
        if os.environ.get("KEEP_OUTPUTS"):
            keep(notebook, name)
        fresh_cells = [cell for cell in code_cells(notebook) if cell.source != RESET]
        for kept, fresh in zip(code_cells(read(name)), fresh_cells, strict=True):
            assert_alike(kept, fresh)
        return ast.literal_eval(outputs[-1].data["text/plain"])

    return run_notebook


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_in_git_is_valid_small_and_was_run_whole(name):
    notebook = read(name)
    nbformat.validate(notebook)
    assert NOTEBOOKS[name].stat().st_size < MAX_BYTES
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    for cell in cells:
        assert texts(cell)[1] == cell.source.count("plt.show()")
    written = NOTEBOOKS[name].read_text()
    assert str(ROOT) not in written
    assert '"stderr"' not in written


def test_first_cells_are_equal_and_have_three_lines():
    first = {code_cells(read(name))[0].source for name in NOTEBOOKS}
    assert len(first) == 1
    assert len(first.pop().replace("\n\n", "\n").splitlines()) == 3


def test_first_cell_clones_and_installs_once_outside_a_checkout(tmp_path):
    remote, outside = tmp_path / "remote", tmp_path / "a/b/content"
    for folder in (remote / "models", outside):
        folder.mkdir(parents=True)
    (remote / "requirements.txt").touch()
    (remote / "models/here.py").touch()
    git = ["git", "-C", remote, "-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
        subprocess.run([*git, *arguments], check=True)

    def run_cell(answer):
        command = [
            sys.executable,
            "-m",
            "IPython",
            "-c",
            code_cells(read("01_quickstart"))[0].source,
        ]
        paths = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        home = {"IPYTHONDIR": str(tmp_path / "ipython")}
        subprocess.run(
            command, cwd=outside, input=answer, text=True, check=True, env=os.environ | paths | home
        )

    run_cell(f"file://{tmp_path}/nowhere\n")
    assert not (outside / "msa/ready").exists()
    run_cell(f"file://{remote}\n")  # it asks again
    assert (outside / "msa/models/here.py").exists()
    assert (outside / "msa/ready").exists()
    run_cell("")  # and no more


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


@pytest.mark.slow
def test_own_clips_are_scored_by_their_words_before_and_after_a_training(run):
    pytest.importorskip("moonshine_voice")
    scores = run("06_own_clips")
    for model in ("first model", "own model"):
        assert scores["best"][model] > 0.5
        assert scores["worst"][model] < -0.5
