"""New processes that need not import TensorFlow: they are forked from a server that has."""

import contextlib
import multiprocessing
import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.conftest", "experiments.train"])


def start(function, *arguments, outputs):
    """Run a function in a process of its own, in the folder and environment of this one.

    Args:
        function: A function of a module.
        *arguments: What it takes.
        outputs: Two files: for its standard output and for its standard error.

    Returns:
        The `multiprocessing.Process`.
    """
    place = (os.getcwd(), dict(os.environ))
    process = _context.Process(target=redirected, args=(place, outputs, function, arguments))
    with contextlib.chdir(ROOT):  # where the server finds what it imports
        process.start()
    return process


def run(function, *arguments, outputs):
    """Run a function in a process of its own, which must end well; return its output."""
    process = start(function, *arguments, outputs=outputs)
    process.join()
    output, errors = (path.read_text() for path in outputs)
    assert process.exitcode == 0, errors
    return output


def redirected(place, outputs, function, arguments):
    """Call a function in a folder and an environment; write its output and errors to files."""
    folder, environment = place
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path in enumerate(outputs, start=1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, descriptor)
        os.close(file)
    function(*arguments)
