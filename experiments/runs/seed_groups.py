"""Runs that differ by the seed alone, as one line of a plot."""

import dataclasses
import os
from pathlib import Path

from experiments.runs.run_folder import RunFolder

# Settings in which the runs of one line may differ.
OWN_SETTINGS = ("seed", "run_dir")


@dataclasses.dataclass(frozen=True)
class Line:
    """Runs of one config on several seeds.

    Attributes:
        label: Its name in plots and tables.
        folders: The `RunFolder`s.
    """

    label: str
    folders: list[RunFolder]


def group_lines(folders, labels=None):
    """Put runs whose resolved configs differ by the seed alone into one line.

    Args:
        folders: `RunFolder`s; one that is named twice counts once.
        labels: A label for each line, in the order of their first runs; `None`: the model's name,
            or where several lines have it, the end of the first run's path that no other has.

    Returns:
        `Line`s.

    Raises:
        ValueError: If there are more or fewer labels than lines, or two are equal.
    """
    groups = {}
    for folder in {folder.path.resolve(): folder for folder in folders}.values():
        config = folder.load_config()
        shared = {key: value for key, value in config.items() if key not in OWN_SETTINGS}
        for others, members in groups.values():
            if others == shared:
                members.append(folder)
                break
        else:
            groups[folder.path] = shared, [folder]
    models = [config["model"] for config, _ in groups.values()]
    if labels is None:
        labels = [
            model if models.count(model) == 1 else name
            for model, name in zip(models, _short_names(groups), strict=True)
        ]
    if len(labels) != len(groups) or len(set(labels)) != len(labels):
        firsts = ", ".join(str(path) for path in groups)
        raise ValueError(
            f"--labels must name each of {len(groups)} lines differently, whose first runs are "
            f"{firsts}. Received: {' '.join(labels)}."
        )
    return [
        Line(label, members) for label, (_, members) in zip(labels, groups.values(), strict=True)
    ]


def _short_names(paths):
    """Return the shortest ends of paths, whole names of folders, that differ from each other."""
    parts = [Path(os.path.abspath(path)).parts for path in paths]

    def shortest(one):
        for length in range(1, len(one)):
            if sum(other[-length:] == one[-length:] for other in parts) == 1:
                return os.path.join(*one[-length:])
        return os.path.join(*one)

    return [shortest(one) for one in parts]
