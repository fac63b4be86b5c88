"""What a run's result depends on beside its options: code, packages, machine, data."""

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import psutil

PACKAGES = ("tensorflow", "keras", "numpy", "h5py", "scikit-learn", "keras-hub")


def describe_environment():
    """Return git state, Python, package versions and machine, for `metadata.json`."""
    return {
        "git": git_state(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "machine": describe_machine(),
    }


def package_versions():
    """Return the versions of those of `PACKAGES` that are installed."""
    installed = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            installed[name] = importlib.metadata.version(name)
    return installed


def describe_machine():
    """Return the processor, the number of its cores in use, and the system."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}"


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def available_memory():
    """Return the bytes of memory that this process may still take, container limits included."""
    available = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        lines = (group / "memory.stat").read_text().splitlines()
    except (OSError, ValueError):  # no control group, or `max`: no limit
        return available
    cached = dict(line.split() for line in lines).get("file", 0)
    return max(0, min(available, limit - used + int(cached)))


def peak_memory():
    """Return the largest resident memory, in bytes, that this process has had; Linux alone."""
    # Not the peak of `resource.getrusage`: a new process inherits its parent's.
    peaks = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(peaks[0])


def reset_peak_memory():
    """Let `peak_memory` count from now on; return whether the system does."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def git_state():
    """Return the commit of this checkout, with `+changes` where files differ from it."""
    root = Path(__file__).parent.parent
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return commit + ("+changes" if _git(root, "status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown: not a git checkout"


def _git(root, *arguments):
    output = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
    )
    return output.stdout.strip()


def file_checksum(path):
    """Return the SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
