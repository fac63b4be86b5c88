"""The state of a training: everything that its continuation depends on."""

import numpy as np

from utils.command_line import RunFailed


class TrainingState:
    """The state of a training, which can be saved and restored exactly.

    It has the position in the data, the weights, the states of dropout and optimizer, the step
    count, the averaged weights and the history of the validation. The order of the samples and
    the learning rate follow from the step. A state is saved between two updates of the weights.

    Args:
        model: The compiled model with a built optimizer.
        validation: The `Validation`.
        average: A `WeightAverage`, or `None`.
        checkpoints: `Checkpoints`, or `None` to save nothing. Only the chief uses them.
        distribution: The `Distribution`.

    Attributes:
        epoch: Number of the current epoch, from 1.
        step: Number of finished batches of this epoch.
        loss: Sum of the losses of the samples in these batches.
    """

    def __init__(self, model, validation, average, checkpoints, distribution):
        self.model = model
        self.validation = validation
        self.checkpoints = checkpoints
        self.distribution = distribution
        self.variables = [*model.variables, *model.optimizer.variables]
        self.variables += average.variables if average else []
        self.start_epoch(1)

    def start_epoch(self, number):
        """Go to the start of an epoch."""
        self.epoch, self.step, self.loss = number, 0, 0.0

    def save(self):
        """Write a checkpoint, on the chief alone.

        Raises:
            RunFailed: If the checkpoint cannot be written.
        """
        self.distribution.from_chief(self._save)

    def restore(self):
        """Go back to the chief's newest checkpoint, if there is one.

        Returns:
            Whether there was a checkpoint.

        Raises:
            RunFailed: If the checkpoint belongs to another model.
        """
        found = self.distribution.from_chief(self._newest)
        if found is None:
            self.validation.restore([], [])
            return False
        arrays, progress = found
        saved = [arrays.get(f"variable_{i}") for i in range(len(self.variables))]
        shapes = [None if array is None else array.shape for array in saved]
        if shapes != [tuple(variable.shape) for variable in self.variables]:
            raise RunFailed(
                "the checkpoints in this run folder are of another model or optimizer. "
                "Start a new run in another --run-dir."
            )
        for variable, array in zip(self.variables, saved, strict=True):
            variable.assign(array)
        self.distribution.separate_seeds(self.model)
        self.validation.restore(progress["history"], list(arrays["outputs"]))
        self.epoch, self.step, self.loss = (progress[name] for name in ("epoch", "step", "loss"))
        return True

    def _save(self):
        if self.checkpoints is None:
            return
        arrays = {f"variable_{i}": np.array(v) for i, v in enumerate(self.variables)}
        arrays["outputs"] = np.array(self.validation.outputs)
        progress = {"epoch": self.epoch, "step": self.step, "loss": self.loss}
        self.checkpoints.save(arrays, {**progress, "history": self.validation.history})

    def _newest(self):
        return self.checkpoints.newest() if self.checkpoints else None
