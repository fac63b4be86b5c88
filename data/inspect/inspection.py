"""Statistics and findings of a data set, collected split by split."""

from dataclasses import dataclass
from pathlib import Path

from data.inspect.finding import Finding
from data.inspect.findings import collect_findings
from data.inspect.probe import (
    MIN_CLASS_SAMPLES,
    Probe,
    ProbeData,
    fewest_samples,
    probe_modalities,
    probed,
    sample_features,
)
from utils.formats import MODALITIES, open_data
from utils.leakage import Overlap, Repetition, find_overlaps, find_repetition
from utils.measures.target import Target
from utils.split_statistics import SplitStatistics, describe


@dataclass(frozen=True)
class Inspection:
    """The description of a data set.

    Attributes:
        path: The file or folder.
        format: Name of the reader, and the files that it expects.
        files: For each split, its files and their sizes in bytes.
        target: The `Target` of the labels, with how it was told; `None`: they were not read.
        names: From modalities to the names of their features, where they are known.
        missing: The modalities that the data lacks.
        splits: The `SplitStatistics` of each readable split.
        failures: The error message of each other split.
        overlaps: An `Overlap` for every pair of splits.
        repetitions: The `Repetition` of each split.
        probes: For each modality, how well it alone predicts the sign of the score, or the class.
        unprobed: Why there are no `probes`, where more samples would give them; otherwise "".
        findings: `Finding`s, errors first.
    """

    path: Path
    format: str
    files: dict[str, dict[str, int]]
    target: Target | None
    names: dict[str, list[str]]
    missing: list[str]
    splits: dict[str, SplitStatistics]
    failures: dict[str, str]
    overlaps: list[Overlap]
    repetitions: dict[str, Repetition]
    probes: list[Probe]
    unprobed: str
    findings: list[Finding]


def inspect_data(path, target=None, label_file=None, labels=True):
    """Read all samples of a data set and describe it, in bounded memory if the format allows it.

    Args:
        path: A file or folder in a format that `utils.formats.open_data` knows.
        target: A `TargetRequest` with what is known of the labels, or `None`.
        label_file: A CSV file whose labels replace those of the data, or `None`.
        labels: Whether to read labels; without them, the data needs none.

    Returns:
        An `Inspection`. An unreadable split becomes a finding.

    Raises:
        FileNotFoundError: If the path does not exist or has no known format.
        InvalidData: If no split can be read.
    """
    reader = open_data(
        path,
        label_file=label_file,
        labels=labels,
        modalities=None,
        target=target,
        clip_labels=True,
    )
    looks, errors = {}, {}
    for name in reader.splits():
        try:
            looks[name] = _look(reader, name, reader.target if labels else None)
        except (ValueError, OSError) as error:
            errors[name] = error
    if not looks:
        raise next(iter(errors.values()))
    splits = {name: look.statistics for name, look in looks.items()}
    repetitions = {name: look.repetition for name, look in looks.items()}
    overlaps = find_overlaps(splits, {name: look.index for name, look in looks.items()})
    missing = [name for name in MODALITIES if name not in reader.modalities]
    pooled = {name: look.pooled for name, look in looks.items()}
    probes = probe_modalities(*list(pooled.values())[:2])
    failures = {name: " ".join(str(error).split()) for name, error in errors.items()}
    names = {} if reader.extraction is None else reader.extraction["names"]
    found = reader.target if labels else None
    notes = dict.fromkeys(note for look in looks.values() for note in look.notes)
    return Inspection(
        path=reader.path,
        format=reader.format,
        files={name: _sizes(reader, name) for name in reader.splits()},
        target=found,
        names=names,
        missing=missing,
        splits=splits,
        failures=failures,
        overlaps=overlaps,
        repetitions=repetitions,
        probes=probes,
        unprobed=_why_unprobed(*next(iter(pooled.items())), found),
        findings=collect_findings(
            found, missing, splits, failures, overlaps, repetitions, probes, notes, names
        ),
    )


@dataclass(frozen=True)
class _Look:
    """The results of a split that are kept in memory, without its features."""

    statistics: SplitStatistics
    index: dict[str, list[str]]
    repetition: Repetition
    pooled: ProbeData
    notes: tuple[str, ...]


def _look(reader, name, target):
    split = reader.stream(name)
    statistics = describe(split, target)
    repetition = find_repetition(statistics.digests, split.labels)
    pooled = sample_features(split, target)
    return _Look(statistics, split.index, repetition, pooled, split.notes)


def _why_unprobed(name, pooled, target):
    fewest = fewest_samples(pooled)
    if fewest is None or fewest >= MIN_CLASS_SAMPLES:
        return ""
    group = "class" if target.kind == "class" else "side"
    return (
        f"How well each modality alone tells {probed(target)} is not measured: too few samples. "
        f"Each half of {name} needs {MIN_CLASS_SAMPLES} of each {group}; the rarest has {fewest}."
    )


def _sizes(reader, split):
    return {str(path): path.stat().st_size for path in reader.files(split) if path.exists()}
