"""A figure that is measured in a process of its own."""

import json
import subprocess
import sys

from utils.command_line import RunFailed


def measure_in_own_process(module, options, what):
    """Run a module of this folder, and read the figure that it prints.

    Args:
        module: Its name, such as `"step_memory"`. It gets `options` as JSON in its first argument,
            and prints its figure as JSON.
        options: List of what the module needs to know.
        what: What is measured, for the message of an error.

    Returns:
        The figure.

    Raises:
        RunFailed: If the process ends early, for example because it has too little memory.
    """
    command = [sys.executable, "-m", f"experiments.benchmarks.{module}", json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RunFailed(
            f"{what} ended with code {done.returncode}, which is -9 where memory was too small. "
            f"Try a smaller --batch-size. {done.stderr.strip()[-300:]}"
        )
    return json.loads(done.stdout)
