"""Loading and evaluating the run folder of a text-and-table model."""

from experiments.tasks.text_tabular_evaluation import ClassPredictor
from models import load_model
from utils.progress import progress_bar
from utils.tables import Processing


def load_run(folder):
    """Load the model of a run, and what turns tables into its samples.

    Raises:
        FileNotFoundError: If the run is of another family of models.
    """
    if not folder.processing.exists():
        raise FileNotFoundError(
            f"{folder.path} is not the run of a text-and-table model: it has no "
            f"{folder.processing.name}. Expected: a folder that `python -m "
            "experiments.train_text_tabular` has written."
        )
    model = load_model(folder.best, compile=False)
    return model, Processing.load(folder.processing)


def evaluate_run(folder, model, samples, split, data):
    """Evaluate a run's model on samples, and write the result into the run folder.

    Args:
        folder: The `RunFolder`.
        model: Its model.
        samples: Labelled `Samples`.
        split: Name of the split.
        data: The file they are from.

    Returns:
        What `ClassPredictions.save` returns.
    """
    with progress_bar(transient=True) as bar:
        task = bar.add_task(f"evaluating {split}", total=len(samples))
        predictions = ClassPredictor(model, samples.processing).predict(
            samples, on_batch=lambda count: bar.advance(task, count)
        )
    return predictions.save(folder.evaluation, split, data)
