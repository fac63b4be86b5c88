"""Progress of a training run: a bar on a terminal, a few lines elsewhere."""

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from utils.command_line import console
from utils.progress import BAR_WIDTH, REDRAWN, RateColumn


class TrainingProgress:
    """A context manager that shows batches, speed, loss and a validation measure during training.

    Args:
        label: The text in front of the bar.
        epochs: Number of epochs.
        plan: The `BatchPlan` of all workers together.
        state: The `TrainingState`, which knows the position of the training.
    """

    def __init__(self, label, epochs, plan, state):
        self.label = label
        self.epochs = epochs
        self.samples = plan.samples
        self.steps = plan.steps
        self.state = state
        self.criterion = f"valid_{state.validation.criterion.name}"
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(BAR_WIDTH),
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            RateColumn("samples"),
            TimeRemainingColumn(),
            # On a narrow terminal this column is wrapped; the others are not.
            TextColumn("{task.fields[figures]}", table_column=Column()),
            disable=not console.is_terminal,
            **REDRAWN,
        )

    def __enter__(self):
        self.bar.start()
        self.task = self.bar.add_task(
            self.label,
            total=self.epochs * self.samples,
            completed=self._done(),
            epoch=min(self.state.epoch, self.epochs),
            epochs=self.epochs,
            figures="compiling the training step",
        )
        self.figures = ""
        return self

    def __exit__(self, *error):
        self.bar.stop()

    def _done(self):
        """Return the number of samples seen so far, over all epochs."""
        return self.samples * (self.state.epoch - 1 + self.state.step / self.steps)

    def advance(self):
        """Show that a batch is finished."""
        self.bar.update(
            self.task, completed=self._done(), epoch=self.state.epoch, figures=self.figures
        )

    def show(self, now, best):
        """Show the figures of the finished epoch and of the best epoch so far."""
        self.figures = (
            f"loss {now['loss']:.4f}, {self.criterion.replace('_', ' ')} "
            f"{now[self.criterion]:.4f}, best {best[self.criterion]:.4f} in epoch {best['epoch']}"
        )
        self.bar.update(self.task, figures=self.figures)
        due = now["epoch"] % max(self.epochs // 10, 1) == 0 or now["epoch"] == self.epochs
        if not console.is_terminal and due:
            console.print(f"{self.label}: epoch {now['epoch']} of {self.epochs}, {self.figures}")
