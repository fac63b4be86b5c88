"""Gathers what there is to say about a data set, split by split."""

from dataclasses import dataclass
from pathlib import Path

from data.inspect.finding import Finding
from data.inspect.findings import collect_findings
from data.inspect.probe import Probe, ProbeData, probe_modalities, sample_features
from utils.formats import open_data
from utils.leakage import Overlap, Repetition, find_overlaps, find_repetition
from utils.split_statistics import SplitStatistics, describe


@dataclass(frozen=True)
class Inspection:
    """What is in a data set.

    Attributes:
        path: Where it lies.
        format: Name of its reader, and the files that this expects.
        files: From each split's name to its files and their bytes.
        splits: From the name of each split that can be read to its `SplitStatistics`.
        failures: From the name of each other split to why it cannot be read.
        overlaps: What each two splits share.
        repetitions: From each split's name to its `Repetition`.
        probes: How well one modality alone tells the sign of the score.
        findings: What deserves attention, gravest first.
    """

    path: Path
    format: str
    files: dict[str, dict[str, int]]
    splits: dict[str, SplitStatistics]
    failures: dict[str, str]
    overlaps: list[Overlap]
    repetitions: dict[str, Repetition]
    probes: list[Probe]
    findings: list[Finding]


def inspect_data(path):
    """Look at all samples of a data set, in bounded memory where its format allows it.

    Args:
        path: A file or folder in a format that `utils.formats.open_data` knows.

    Returns:
        An `Inspection`. A split that cannot be read is one of its findings.

    Raises:
        FileNotFoundError: If nothing is there, or nothing in a known format.
        InvalidData: If no split can be read.
    """
    reader = open_data(path)
    looks, errors = {}, {}
    for name in reader.splits():
        try:
            looks[name] = _look(reader, name)
        except (ValueError, OSError) as error:
            errors[name] = error
    if not looks:
        raise next(iter(errors.values()))
    splits = {name: look.statistics for name, look in looks.items()}
    repetitions = {name: look.repetition for name, look in looks.items()}
    overlaps = find_overlaps(splits, {name: look.index for name, look in looks.items()})
    probes = probe_modalities(*[look.pooled for look in looks.values()][:2])
    failures = {name: " ".join(str(error).split()) for name, error in errors.items()}
    return Inspection(
        path=reader.path,
        format=f"{type(reader).__name__}: {reader.describe()}",
        files={name: _sizes(reader, name) for name in reader.splits()},
        splits=splits,
        failures=failures,
        overlaps=overlaps,
        repetitions=repetitions,
        probes=probes,
        findings=collect_findings(splits, failures, overlaps, repetitions, probes),
    )


@dataclass(frozen=True)
class _Look:
    """What is kept of a split, without its features."""

    statistics: SplitStatistics
    index: dict[str, list[str]]
    repetition: Repetition
    pooled: ProbeData


def _look(reader, name):
    split = reader.stream(name)
    statistics = describe(split)
    repetition = find_repetition(statistics.digests, split.labels)
    return _Look(statistics, split.index, repetition, sample_features(split))


def _sizes(reader, split):
    return {str(path): path.stat().st_size for path in reader.files(split) if path.exists()}
