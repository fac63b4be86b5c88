"""Going on with a run that was stopped."""

import dataclasses
from pathlib import Path

from experiments.runs.run_folder import RunFolder
from experiments.training.distribution import make_distribution
from utils.command_line import CommandParser, console
from utils.options import add_settings, settings_from


def training_parser(module, description, example, kind):
    """Return the parser of a training.

    Args:
        module: As for `CommandParser`, and so are the next two.
        description: What the command does.
        example: A command line that works.
        kind: The dataclass of the settings.
    """
    parser = CommandParser(module, description, example)
    add_settings(parser, kind)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --run-dir, which needs no other option; start it if it is new",
    )
    return parser


def training_options(parser, kind):
    """Parse the command line of a training, or of one to go on with.

    Args:
        parser: What `training_parser` returns for this `kind`.
        kind: The dataclass of the settings.

    Returns:
        The settings, checked, and whether `--resume` was given.

    Raises:
        ValueError: Naming every fault.
    """
    arguments = parser.parse_args()
    settings = settings_from(arguments, kind)
    if arguments.resume:
        settings = resumed_settings(settings)
    settings.check()
    return settings, arguments.resume


def is_over(settings, resume):
    """Whether the run to go on with is finished, which is told; the chief alone prints from now."""
    distribution = make_distribution(settings.strategy)
    console.quiet = not distribution.chief
    over = resume and distribution.from_chief(is_finished, settings.run_dir)
    if over:
        console.print(f"The run in {settings.run_dir} is finished.", markup=False)
    return over


def resumed_settings(given):
    """Return the options of the run to go on with.

    Args:
        given: `TrainSettings`, or their like, of the command line, with `run_dir`; other options
            may be left out.

    Returns:
        Those that the run was started with; or `given`, if it never got as far as to write them.

    Raises:
        ValueError: If there is no `run_dir`, or an option differs from the run's.
    """
    if given.run_dir is None:
        raise ValueError("--resume needs --run-dir: name the run folder to go on with.")
    if not (Path(given.run_dir) / "config.yaml").exists():
        return given
    run = RunFolder(given.run_dir)
    kind = type(given)
    saved = dataclasses.replace(kind(**run.load_config()), run_dir=given.run_dir)
    default = kind()
    for field in dataclasses.fields(kind):
        now, then = getattr(given, field.name), getattr(saved, field.name)
        if now not in (then, getattr(default, field.name)):
            raise ValueError(
                f"--{field.name.replace('_', '-')} {now!r} differs from the run in {run.path}, "
                f"which has {then!r}. Leave it out to go on, or start a new run."
            )
    return saved


def is_finished(path):
    """Whether the run in the folder `path` has reached its end."""
    return (Path(path) / "STATUS").exists() and RunFolder(path).status == "finished"


def reopen_run(path, checksums):
    """Take over the folder of a run that did not finish.

    Args:
        path: The run folder, with `metadata.json`.
        checksums: Those of the data now.

    Returns:
        The `RunFolder`, locked.

    Raises:
        FileExistsError: If another process trains in it.
        ValueError: If the data is not that of the run.
    """
    run = RunFolder(path)
    run.lock()
    metadata = run.load_metadata()
    changed = [name for name, value in checksums.items() if metadata["data"].get(name) != value]
    if changed:
        raise ValueError(
            f"The data of the run in {run.path} has changed: {', '.join(changed)}. "
            "Put the data of its start back, or start a new run."
        )
    run.set_status("running")
    return run
