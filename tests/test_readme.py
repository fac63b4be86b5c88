"""The documentation is true: its code runs, its commands parse, its links lead somewhere."""

import importlib
import inspect
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest

from data.synthetic.folder import write_folder
from models import MODELS, MSASeqLevelModel
from tests.conftest import call
from utils.formats import MODALITIES

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", "CONTRIBUTING.md", "data/README.md", "models/README.md"]
PAGES += sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))
QUICK = {"data.synthetic": ("--samples", "24"), "experiments.train": ("--epochs", "1")}


def fences(page, *languages):
    """Return the blocks of code of a page: `python` and `bash` are tried, `py` and `sh` are not."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.M)
    return [block for language, block in found if language in languages]


def commands(page, *languages):
    """Return the words of each command in the blocks of a page."""
    lines = "".join(fences(page, *languages)).replace("\\\n", " ").splitlines()
    lines = [line.split(" > ")[0] for line in lines if line.startswith(("python -m", "make"))]
    return [shlex.split(line, comments=True) for line in lines]


def command_module(name):
    """Return the module that `python -m NAME` runs."""
    return importlib.import_module(f"{name}.__main__" if name.startswith("data.") else name)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder of its own, with the data that the README makes, but small."""
    monkeypatch.chdir(tmp_path)
    write_folder("runs/additive", "additive", samples=24)
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if fences(page, "python")])
def test_python_blocks_run_in_order(page, workplace, eagerly):
    namespace = {}
    for block in fences(page, "python"):
        exec(compile(block, page, "exec"), namespace)


@pytest.mark.slow
def test_commands_of_the_readme_run(workplace, eagerly):
    for words in commands("README.md", "bash"):
        if words[0] == "make":
            subprocess.run(["make", "-n", "-C", ROOT, *words[1:]], check=True, capture_output=True)
            continue
        if words[2] == "data.synthetic":
            shutil.rmtree(words[words.index("--output") + 1])
        call(command_module(words[2]).main, *words[3:], *QUICK.get(words[2], ()))
    assert Path("runs/first/report.html").exists()
    assert Path("runs/predictions.csv").exists()


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_all_pages_have_options_that_exist(page, workplace):
    Path("runs/search").mkdir()
    Path("runs/search/best.yaml").write_text("epochs: 1\n")
    for words in commands(page, "bash", ""):
        if words[0] == "make":
            continue
        try:
            command_module(words[2]).make_parser().parse_args(words[3:])
        except SystemExit:
            pytest.fail(f"{page}: {shlex.join(words)}")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page):
    text = (ROOT / page).read_text()
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("http"):
            continue
        file, _, heading = link.partition("#")
        target = ((ROOT / page).parent / file) if file else ROOT / page
        assert target.exists(), link
        if heading and target.suffix == ".md":
            found = re.findall(r"^#+ (.+)$", target.read_text(), re.M)
            names = {re.sub(r"[^\w\- ]", "", name).lower().replace(" ", "-") for name in found}
            assert heading in names, link


@pytest.mark.parametrize("page", PAGES)
def test_lines_are_short_where_they_can_be_broken(page):
    lines = (ROOT / page).read_text().splitlines()
    assert [line for line in lines if len(line) > 100 and not line.startswith(("|", "!["))] == []


def test_readme_is_for_the_first_ten_minutes():
    assert len((ROOT / "README.md").read_text().splitlines()) < 250
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= set(
        re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    )


def test_own_model_of_the_readme_trains_once_it_is_listed(workplace, eagerly, monkeypatch):
    [block] = [text for text in fences("models/README.md", "python") if "LateFusion" in text]
    sequences = {
        name: np.ones((2, 20, d)) for name, d in zip(MODALITIES, (300, 74, 47), strict=True)
    }
    exec(block, namespace := {"keras": keras, **sequences})
    monkeypatch.setitem(MODELS, "late", namespace["LateFusion"])
    train = ("--model", "late", "--data", "runs/additive", "--run-dir", "runs/late", "--epochs", 1)
    call(command_module("experiments.train").main, *train)
    assert Path("runs/late/report.html").exists()


def test_table_of_arguments_has_the_real_defaults():
    rows = re.findall(
        r"^\| `(\w+)` \| `?([^`|]+?)`? \|", (ROOT / "docs/layers.md").read_text(), re.M
    )
    documented = {name: value.strip('"') for name, value in rows}
    parameters = inspect.signature(MSASeqLevelModel.__init__).parameters
    for name, parameter in parameters.items():
        if name in ("self", "seq_len", "text_dim", "audio_dim", "video_dim", "kwargs"):
            continue
        assert documented[name] == str(parameter.default), name
