"""Progress of a training run: two lines on a terminal, some lines elsewhere."""

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from utils.command_line import console
from utils.progress import BAR_WIDTH, REDRAWN, RateColumn


class TwoLines(Progress):
    """A progress bar with label and figures below it, which fits a narrow terminal."""

    def get_renderables(self):
        """Yield the bar and the figures."""
        yield self.make_tasks_table(self.tasks)
        yield from (Text(f"{task.description}: {task.fields['figures']}") for task in self.tasks)


class TrainingProgress:
    """A context manager that shows speed, time left, loss and a validation measure of a training.

    Args:
        label: The text in front of the figures.
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
        self.rate, self.left = RateColumn("samples"), TimeRemainingColumn()
        self.bar = TwoLines(
            BarColumn(BAR_WIDTH),
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            self.rate,
            self.left,
            TextColumn("left"),
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
        self.figures = "figures follow at the end of the epoch"
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
        learned = f"loss {now['loss']:.4f}, learning rate {now['learning_rate']:.3g}"
        measured = (
            f"{self.criterion.replace('_', ' ')} {now[self.criterion]:.4f}, "
            f"best {best[self.criterion]:.4f} in epoch {best['epoch']}"
        )
        self.figures = f"{learned}\n  {measured}"
        self.bar.update(self.task, figures=self.figures)
        due = now["epoch"] % max(self.epochs // 10, 1) == 0 or now["epoch"] == self.epochs
        if not console.is_terminal and due:
            task = self.bar.tasks[self.task]
            speed = f"{self.rate.render(task)}, {self.left.render(task)} left"
            console.print(f"{self.label}: epoch {now['epoch']} of {self.epochs}, {learned}")
            console.print(f"  {measured}; {speed}")
