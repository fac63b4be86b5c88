"""Progress of a training run: a bar on a terminal, some lines elsewhere."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from utils.command_line import console


class TrainingProgress:
    """Shows epoch, loss and a validation metric while a model trains; a context manager.

    Args:
        label: What stands in front.
        epochs: Number of epochs.
        criterion: The validation metric, as the history names it.
    """

    def __init__(self, label, epochs, criterion="valid_MAE"):
        self.label = label
        self.epochs = epochs
        self.criterion = criterion
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self):
        self.bar.start()
        self.task = self.bar.add_task(self.label, total=self.epochs, figures="")
        return self

    def __exit__(self, *error):
        self.bar.stop()

    def show(self, now, best):
        """Show the figures of the epoch that has ended, and of the best so far."""
        figures = (
            f", loss {now['loss']:.4f}, {self.criterion.replace('_', ' ')} "
            f"{now[self.criterion]:.4f}, best {best[self.criterion]:.4f} in epoch {best['epoch']}"
        )
        self.bar.update(self.task, completed=now["epoch"], figures=figures)
        due = now["epoch"] % max(self.epochs // 10, 1) == 0 or now["epoch"] == self.epochs
        if not console.is_terminal and due:
            console.print(f"{self.label}: epoch {now['epoch']} of {self.epochs}{figures}")
