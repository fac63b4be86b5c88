"""Going on with a run that was stopped."""

import dataclasses
from pathlib import Path

from experiments.runs.run_folder import RunFolder
from experiments.settings import TrainSettings
from utils.options import option_name


def resumed_settings(given, defaults):
    """Return the options of the run to go on with.

    Args:
        given: `TrainSettings` of the command line, with `run_dir`; other options may be left out.
        defaults: `TrainSettings` with the defaults of the command line.

    Returns:
        The options that the run was started with; or `given`, if it had not written them.

    Raises:
        ValueError: If there is no `run_dir`, or an option differs from the run's.
    """
    if given.run_dir is None:
        raise ValueError("--resume needs --run-dir: name the run folder to go on with.")
    if not (Path(given.run_dir) / "config.yaml").exists():
        return given
    run = RunFolder(given.run_dir)
    saved = dataclasses.replace(TrainSettings(**run.load_config()), run_dir=given.run_dir)
    for field in dataclasses.fields(TrainSettings):
        now, then = getattr(given, field.name), getattr(saved, field.name)
        if now not in (then, getattr(defaults, field.name)):
            raise ValueError(
                f"{option_name(field.name)} {now!r} differs from the run in {run.path}, "
                f"which has {then!r}. Leave it out to go on, or start a new run."
            )
    return saved


def is_finished(path):
    """Return whether the run in the folder `path` has reached its end."""
    return (Path(path) / "STATUS").exists() and RunFolder(path).status == "finished"


def reopen(run, checksums):
    """Go on in the folder of a run that did not finish.

    Args:
        run: The `RunFolder`, locked, with `metadata.json`.
        checksums: The checksums of the data now.

    Raises:
        ValueError: If the data differs from the data of the run.
    """
    metadata = run.load_metadata()
    changed = [name for name, value in checksums.items() if metadata["data"].get(name) != value]
    if changed:
        raise ValueError(
            f"The data of the run in {run.path} has changed: {', '.join(changed)}. "
            "Put the data of its start back, or start a new run."
        )
    run.set_running()
