"""A whole run: reading, training, evaluation, report."""

from experiments.runs.evaluation import evaluate
from experiments.runs.loaded_run import load_run
from experiments.runs.resuming import is_finished
from experiments.runs.start import open_folder, recorded, timed
from experiments.tasks import open_task
from experiments.tasks.folds import make_folds
from experiments.tasks.losses import loss_faults
from experiments.training.checkpoints import Checkpoints
from experiments.training.cross_validation import cross_validate
from experiments.training.devices import describe_devices
from experiments.training.distribution import make_distribution
from experiments.training.loop import fit
from utils.command_line import announce, console


def train(settings, resume=False, report=None):
    """Train as `settings` say, and evaluate the model that is kept.

    Args:
        settings: `TrainSettings`, checked.
        resume: Whether to go on with a run that was stopped.
        report: Writes the report of the run; called with the `LoadedRun`, or `None`.

    Returns:
        The run folder, and the evaluations on valid and, where there is one, test.
    """
    distribution = make_distribution(settings.strategy)
    announce(f"Reading {settings.data}")
    task = open_checked(settings)
    samples = {split: task.read(split) for split in task.splits()}
    task.check_alike(samples)
    tell(task, samples.values())
    with distribution.losses_told():
        run = distribution.from_chief(open_folder, task, resume)
    folder = run if distribution.chief else None
    with recorded(folder), distribution.losses_told():
        checkpoints = Checkpoints(run.checkpoints)
        with timed(folder, "training"):
            fit(task, samples["train"], samples["valid"], folder, checkpoints=checkpoints)
        summaries = distribution.from_chief(evaluate_all, run, settings.data, samples, report)
    return run, summaries


def evaluate_all(folder, data, samples, report=None):
    """Evaluate a run on valid and, where there is one, test, and write its report.

    Returns:
        The evaluations.
    """
    run = load_run(folder)
    with timed(folder, "evaluation"):
        summaries = [
            evaluate(run, run.inputs.encode(samples[split]), split, data)
            for split in ("valid", "test")
            if split in samples
        ]
    if report is not None:
        announce("Writing the report")
        report(run)
    return summaries


def cross_validate_run(settings, resume=False):
    """Cross-validate as `settings` say, in a run folder that holds results but no model.

    Args:
        settings: `TrainSettings`, checked, that ask for folds.
        resume: Whether to go on with a run that was stopped.

    Returns:
        The run folder, and from the heading of a column to its measures by name.
    """
    announce(f"Reading {settings.data}")
    task = open_checked(settings)
    samples = task.join(task.training_splits())
    tell(task, [samples])
    folds = make_folds(task, samples)
    folder = open_folder(task, resume)
    with recorded(folder), timed(folder, "training"):
        columns = cross_validate(task, samples, folds, folder)
    return folder, columns


def open_checked(settings):
    """Return the `Task` of `settings`, after the checks that need the labels.

    Raises:
        FileNotFoundError: If the data is missing.
        ValueError: Naming every fault.
    """
    task = open_task(settings)
    task.training_splits()
    faults = [*loss_faults(settings, task.target)]
    known = [measure.name for measure in task.target.measures]
    unknown = [name for name in settings.measures if name not in known]
    if unknown:
        shown = ", ".join(task.target.overall)
        faults.append(f"--measures must be of {shown}. Received: {', '.join(unknown)}.")
    if faults:
        raise ValueError(" ".join(faults))
    return task


def tell(task, samples):
    """Print what the data is, what trains on it, and what the user should know of both."""
    device, advice = describe_devices(task.settings.strategy)
    for part in (*task.describe(), device):
        console.print(part, markup=False, highlight=False)
    warn([note for one in samples for note in task.notes(one)] + [advice] * bool(advice))


def warn(notes):
    """Print sentences that the user should know, each once."""
    for note in dict.fromkeys(notes):
        console.print(f"warning: {note}", style="yellow", markup=False)


def is_over(settings, resume):
    """Return whether the run to go on with is finished; from now on the chief alone prints."""
    distribution = make_distribution(settings.strategy)
    console.quiet = not distribution.chief
    return resume and distribution.from_chief(is_finished, settings.run_dir)
