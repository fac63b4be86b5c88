import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", ["experiments.train", "experiments.predict", "data.inspect"])
def test_without_its_packages_a_command_says_what_to_run(module):
    command = [sys.executable, "-S", "-m", module, "--help"]  # -S: without installed packages
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "make setup" in done.stderr and "Traceback" not in done.stderr
