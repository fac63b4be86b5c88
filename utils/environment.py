"""Code version, packages, machine, memory and checksums: the environment of a run."""

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
    """Return a dict of git state, Python, package versions and machine, for `metadata.json`."""
    return {
        "git": git_state(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "machine": describe_machine(),
    }


def package_versions():
    """Return a dict from each installed package of `PACKAGES` to its version."""
    installed = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            installed[name] = importlib.metadata.version(name)
    return installed


def describe_machine():
    """Return one line of text: processor, number of cores, operating system."""
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}"


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def available_memory():
    """Return the bytes of memory that are free for this process, within its container's limit."""
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
    """Return the peak of this process's resident memory in bytes; Linux only."""
    # `resource.getrusage` does not help: a new process inherits the peak of its parent.
    peaks = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(peaks[0])


def reset_peak_memory():
    """Start `peak_memory` again from now; return `False` where the system does not allow it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def git_state():
    """Return the commit of this checkout, with `+changes` if files differ from it."""
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
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
