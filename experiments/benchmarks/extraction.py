"""CPU seconds and memory of the extraction of clips, in processes of their own."""

import json
import statistics
import subprocess
import sys

from rich.table import Table

MEBIBYTE = 2**20
PROGRAM = """
import json, resource, sys, time
import psutil
from utils.clips.extraction import Extractor
from utils.clips.media import clip_list
from utils.clips.settings import ExtractionSettings

extractor = Extractor(ExtractionSettings(), clock=time.process_time)
start = time.time() - psutil.Process().create_time(), time.process_time()
seconds, length = {}, 0.0
for clip in clip_list(sys.argv[1:]):
    found = extractor.extract(clip)
    length += found.end - found.start
    for stage, taken in found.seconds.items():
        seconds[stage] = seconds.get(stage, 0.0) + taken
peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"start": start, "seconds": seconds, "length": length, "peak": peak}))
"""


def measure_extraction(console, clips, rounds):
    """Print the CPU seconds of each stage for a minute of recording: medians over new processes.

    Args:
        console: A `rich` console.
        clips: Recordings, folders or tables; see `clip_list`. All of them must be usable.
        rounds: Number of processes.

    Returns:
        A dict: `minutes` of all clips; and, a list of a value for each process, `start` (seconds
        and CPU seconds until the models are loaded), `peak` (bytes), and `stages`, from each stage
        to CPU seconds a minute.

    Raises:
        RuntimeError: If the extraction fails; the message is its own.
    """
    found = [_run(clips) for _ in range(rounds)]
    minutes = found[0]["length"] / 60
    stages = {
        stage: [one["seconds"].get(stage, 0.0) / minutes for one in found]
        for stage in sorted({stage for one in found for stage in one["seconds"]})
    }
    table = Table(title=f"Extraction of {60 * minutes:.0f} seconds of recordings")
    table.add_column("stage")
    table.add_column("CPU seconds a minute", justify="right")
    for stage, values in sorted(stages.items(), key=lambda pair: -statistics.median(pair[1])):
        table.add_row(stage, f"{statistics.median(values):.2f}")
    table.add_section()
    totals = [sum(values) for values in zip(*stages.values(), strict=True)]
    table.add_row("all", f"{statistics.median(totals):.2f}")
    console.print(table)
    wall, cpu = (statistics.median(one["start"][i] for one in found) for i in (0, 1))
    peak = statistics.median(one["peak"] for one in found) / MEBIBYTE
    console.print(
        f"Start, until the models are loaded: {wall:.1f} s ({cpu:.1f} CPU seconds). Peak memory: "
        f"{peak:.0f} MiB."
    )
    return {
        "minutes": minutes,
        "start": [one["start"] for one in found],
        "peak": [one["peak"] for one in found],
        "stages": stages,
    }


def _run(clips):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *clips], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])
