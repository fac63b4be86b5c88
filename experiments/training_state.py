"""All that the further course of a training depends on."""

import numpy as np

from utils.command_line import RunFailed


class TrainingState:
    """Saves and restores a training exactly.

    That is: weights, state of dropout and of the training metrics, optimizer and step count,
    averaged weights, and the validation's history. The order of the samples and the learning
    rate follow from the step.

    Args:
        model: The compiled model, its optimizer built.
        validation: The `Validation`.
        average: A `WeightAverage`, or `None`.
        checkpoints: `Checkpoints`, or `None` to keep nothing.
    """

    def __init__(self, model, validation, average, checkpoints):
        self.validation = validation
        self.checkpoints = checkpoints
        variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
        variables += average.variables if average else []
        self.variables = list({id(variable): variable for variable in variables}.values())

    def save(self, epoch, step, steps):
        """Write a checkpoint.

        Args:
            epoch: Number of the epoch that comes or is under way, from 1.
            step: Steps taken in it.
            steps: Steps of an epoch.
        """
        if self.checkpoints is None:
            return
        arrays = {f"variable_{i}": np.array(v) for i, v in enumerate(self.variables)}
        arrays["scores"] = np.array(self.validation.scores)
        progress = {"epoch": epoch, "step": step, "history": self.validation.history}
        self.checkpoints.save((epoch - 1) * steps + step, arrays, progress)

    def restore(self):
        """Go back to the newest checkpoint, if there is one.

        Returns:
            The epoch to go on with, from 1, and the steps taken in it; or `None`.

        Raises:
            RunFailed: If it is of another model.
        """
        found = self.checkpoints.newest() if self.checkpoints else None
        if found is None:
            return None
        arrays, progress = found
        saved = [arrays.get(f"variable_{i}") for i in range(len(self.variables))]
        shapes = [None if array is None else array.shape for array in saved]
        if shapes != [tuple(variable.shape) for variable in self.variables]:
            raise RunFailed(
                f"the checkpoints in {self.checkpoints.path} are of another model or optimizer. "
                "Start a new run in another --run-dir."
            )
        for variable, array in zip(self.variables, saved, strict=True):
            variable.assign(array)
        self.validation.restore(progress["history"], list(arrays["scores"]))
        return progress["epoch"], progress["step"]
