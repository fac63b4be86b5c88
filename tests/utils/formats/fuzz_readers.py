"""Fuzz a reader with atheris: libFuzzer's mutations, guided by the coverage of the Python code.

    pip install atheris
    python -m tests.utils.formats.fuzz_readers hdf5 -max_total_time=600

The first argument is a format, a key of `fuzzing.WRITERS`, or `tables` for the CSV and JSON files
of all; what follows goes to libFuzzer. The first byte of an input chooses the file, the others
are its content. At the first input that breaks `fuzzing.check_data`, crashes, takes more than two
seconds of processor time, grows the process by more than half a gigabyte, or starts anything, the
run ends; libFuzzer keeps that input in `./crash-...`. Run it again on that file to see it happen:

    python -m tests.utils.formats.fuzz_readers hdf5 crash-...
"""

import io
import os
import pickle
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path

import atheris  # pyright: ignore[reportMissingImports]
import h5py

import utils.quiet_tensorflow

with atheris.instrument_imports(  # pyright: ignore[reportAttributeAccessIssue]
    include=["utils.formats", "utils.untrusted", "zipfile", "json", "numpy.lib"]
):
    import utils.untrusted.invalid_data
    from tests.utils.formats import fuzzing

LONGEST_SECONDS = 2.0
LARGEST_GROWTH = 512 * 1024  # KiB
ALL_TABLES = "tables"
STARTS = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "subprocess.Popen",
    "socket.connect",
)


def chosen_files(kind, folder):
    """Return a `DamagedFile` for each file that inputs of this kind may replace."""
    found = []
    for name in fuzzing.WRITERS if kind == ALL_TABLES else (kind,):
        (folder / name).mkdir()
        found += fuzzing.damaged_files(name, folder / name)
    return [f for f in found if (f.file.suffix in fuzzing.TABLES) == (kind == ALL_TABLES)]


def seeds(kind, files):
    """Yield valid inputs."""
    for number, damaged in enumerate(files):
        yield bytes([number]) + damaged.intact
    if kind in ("pickle", "mult", "misa"):
        content = pickle.loads(files[0].intact)
        yield from (b"\0" + pickle.dumps(content, protocol) for protocol in range(6))
    if kind == "hdf5":
        number = [damaged.file.name for damaged in files].index("audio_train.h5")
        yield from (bytes([number]) + content for content in _hdf5_forms())


def _hdf5_forms():
    x = fuzzing.make_features()["audio"]
    forms = (
        {"data": x.astype("f2")},
        {"data": x > 0},
        {"data": x, "scaleoffset": 3, "chunks": True},
        {"data": x, "compression": "lzf"},
        {"data": x, "chunks": (1, 5, 3), "maxshape": (None, None, 3)},
        {"shape": x.shape, "dtype": "f4", "fillvalue": 1.0},
        {"shape": x.shape, "dtype": "f4", "chunks": (2, 2, 2), "fillvalue": 1.0},
    )
    for version in ("earliest", "v110", "latest"):
        for form in forms:
            buffer = io.BytesIO()
            with h5py.File(buffer, "w", libver=version) as file:
                file.create_dataset("d1", **form).attrs["unit"] = "dB"
            yield buffer.getvalue()


def make_target(files):
    """Return the function that libFuzzer calls with each input."""

    def target(data):
        if not data:
            return
        damaged = files[data[0] % len(files)]
        start, memory = time.process_time(), _peak_memory()
        damaged.check(data[1:])
        damaged.file.write_bytes(damaged.intact)
        seconds, growth = time.process_time() - start, _peak_memory() - memory
        assert seconds < LONGEST_SECONDS, f"{damaged.file.name}: {seconds:.1f} s"
        assert growth < LARGEST_GROWTH, f"{damaged.file.name}: {growth} KiB more memory"

    return target


def _peak_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _forbid(event, arguments):
    if event in STARTS:
        os.write(2, f"{event}{arguments!r}\n".encode())
        os.abort()


def main():
    """Fuzz the format that the first argument names."""
    kind = sys.argv.pop(1)
    utils.untrusted.invalid_data.available_memory = lambda: fuzzing.MEMORY
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as corpus:
        files = chosen_files(kind, Path(folder))
        for number, seed in enumerate(seeds(kind, files)):
            (Path(corpus) / str(number)).write_bytes(seed)
        target = make_target(files)
        for damaged in files:  # what is imported late is imported now
            damaged.check(damaged.intact)
        sys.addaudithook(_forbid)
        warnings.simplefilter("error")
        inputs = [] if os.path.exists(sys.argv[-1]) else [corpus]
        options = ["-max_len=20000", "-len_control=0", "-timeout=60", "-rss_limit_mb=6000"]
        atheris.Setup([sys.argv[0], *options, *sys.argv[1:], *inputs], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
