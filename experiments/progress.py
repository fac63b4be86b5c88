"""Progress of a training run: a bar on a terminal, some lines elsewhere."""

import keras
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from experiments.cli import console


class ShowProgress(keras.callbacks.Callback):
    """Shows epoch, loss and validation MAE while a model trains.

    Args:
        epochs: Number of epochs.
        validate: The `Validate` callback, which stands before this one.
        label: What stands in front.
    """

    def __init__(self, epochs, validate, label="training"):
        super().__init__()
        self.epochs = epochs
        self.validate = validate
        self.label = label
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs {task.fields[figures]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def on_train_begin(self, logs=None):
        self.bar.start()
        self.task = self.bar.add_task(self.label, total=self.epochs, figures="")

    def on_epoch_end(self, epoch, logs=None):
        now, best = self.validate.history[-1], self.validate.best
        figures = (
            f"loss {now['loss']:.4f}, valid MAE {now['valid_MAE']:.4f}, "
            f"best {best['valid_MAE']:.4f} in epoch {best['epoch']}"
        )
        self.bar.update(self.task, completed=epoch + 1, figures=figures)
        every = max(self.epochs // 10, 1)
        if not console.is_terminal and ((epoch + 1) % every == 0 or epoch + 1 == self.epochs):
            console.print(f"{self.label}: epoch {epoch + 1} of {self.epochs}, {figures}")

    def stop(self):
        """Leave the terminal as it was, also after an error."""
        self.bar.stop()
