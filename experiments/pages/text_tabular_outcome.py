"""What a run of a text-and-table model has reached, for comparisons."""

from experiments.comparison.measures import CLASSES
from experiments.comparison.outcomes import Outcome
from experiments.pages.evaluated_classes import EvaluatedClasses
from experiments.tasks.text_tabular_validation import ClassValidation
from experiments.training.validation import kept_epoch
from utils.tables import Processing


def read_classes(folder, split):
    """Return what runs must share to be compared, by name, and the `Outcome` of a run.

    Args:
        folder: The `RunFolder` of a text-and-table model.
        split: Name of the split.
    """
    processing = Processing.load(folder.processing)
    evaluated = EvaluatedClasses(folder, split, processing.classes, processing.schema)
    config, history = folder.load_config(), folder.load_metrics()
    criterion = ClassValidation.criterion
    outcome = Outcome(
        model=config["model"],
        seed=config["seed"],
        split=split,
        labels=evaluated.labels,
        scores=evaluated.probabilities,
        curve=[entry[criterion] for entry in history],
        epoch=kept_epoch(history, config["keep"], criterion)["epoch"],
        cost={},
        measures=CLASSES,
    )
    shared = {
        "classes, in the same order,": list(processing.classes),
        "samples": evaluated.ids,
        "labels": evaluated.labels.tolist(),
    }
    return shared, outcome
