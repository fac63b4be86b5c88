import os
import pathlib
import shutil
import subprocess
import tempfile
from typing import Any

import h5py
import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from data.synthetic import write_tickets
from tests.conftest import SIZES, TINY_MODEL, call, without_graphs, without_report, write_data
from tests.experiments.text_tabular.conftest import BINS, GATE


@pytest.fixture(scope="session")
def postgresql():
    """The URL of a PostgreSQL server of its own, behind a socket in a folder."""
    found = shutil.which("initdb") or max(
        map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None
    )
    if found is None:
        pytest.skip("no PostgreSQL server here: apt-get install postgresql")
    binaries = pathlib.Path(found).parent
    folder = pathlib.Path(tempfile.mkdtemp(prefix="msa-postgresql-"))
    as_user = []
    if os.geteuid() == 0:  # The server refuses to be root.
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(program, *arguments):
        command = [*as_user, binaries / program, "-D", folder / "cluster", *arguments]
        subprocess.run(
            command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    try:
        run("initdb", "-A", "trust", "-U", "tester", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield f"postgresql://tester@/postgres?host={folder}"
        run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def launch_chromium():
    """Launch Chromium with further options; returns its browser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        yield lambda *options: playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", *options]
        )


@pytest.fixture(scope="module")
def open_page(launch_chromium):
    """Open a file in Chromium, as wide as a phone; returns its page, with a list `complaints`."""
    browser = launch_chromium()

    def open_file(path):
        page: Any = browser.new_page(viewport={"width": 390, "height": 800})
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.complaints.append(request.url))
        page.goto(f"file://{path}")
        del page.complaints[0]  # the page itself
        return page

    yield open_file
    browser.close()


@pytest.fixture
def eagerly(eagerly):
    """Run a test without graphs, and train without a report."""
    with without_report():
        yield


@pytest.fixture(scope="session")
def data_without_test(data_dir, tmp_path_factory):
    """`data_dir` without its test split, so that a run evaluates one split alone."""
    path = tmp_path_factory.mktemp("data") / "two"
    return shutil.copytree(data_dir, path, ignore=shutil.ignore_patterns("*test*"))


@pytest.fixture(scope="session")
def tickets(once):
    """A folder of small tables that no test changes."""
    return once("data/tickets", lambda path: write_tickets(path, samples=48))


@pytest.fixture(scope="session")
def tickets_run(tickets, once):
    """The folder of a finished run of the gate, that no test changes."""
    from experiments.train import main

    def train(path):
        arguments = ("--data", tickets, "--run-dir", path, "--epochs", 2, *BINS)
        with without_graphs():
            call(main, *arguments, "--mixed-precision", "none", *GATE)

    return once("runs/tickets", train)


@pytest.fixture(scope="session")
def exported(trained_run, once):
    """The ONNX file of `trained_run`, that no test changes."""
    return once("exported/run.onnx", lambda path: export(trained_run, path))


@pytest.fixture(scope="session")
def class_data(once):
    """A data folder of three classes, without a text, that no test changes."""

    def write(path):
        write_data(path)
        for file in path.glob("text_*"):
            file.unlink()
        for split, count in SIZES.items():
            with h5py.File(path / f"y_{split}.h5", "w") as file:
                file["d1"] = np.eye(3)[np.arange(count) % 3]

    return once("data/classes", write)


@pytest.fixture(scope="session")
def class_run(class_data, once):
    """The folder of a finished run of three classes on audio and video, that no test changes."""
    from experiments.train import main

    def train(path):
        options = ("--data", class_data, "--run-dir", path, "--epochs", 1, *TINY_MODEL)
        with without_graphs(), without_report():
            call(main, *options, "--modalities", "audio", "video")

    return once("runs/classes", train)


@pytest.fixture(scope="session")
def exported_tickets(tickets_run, once):
    """The ONNX file of `tickets_run`, that no test changes."""
    return once("exported/tickets.onnx", lambda path: export(tickets_run, path))


@pytest.fixture(scope="session")
def exported_classes(class_run, once):
    """The ONNX file of `class_run`, that no test changes."""
    return once("exported/classes.onnx", lambda path: export(class_run, path))


def export(run, path):
    """Export a run."""
    from experiments.export import main

    call(main, run, "--output", path)
