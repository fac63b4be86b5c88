"""Evaluating a run on a split."""

from pathlib import Path

from experiments.runs.records import read_record
from utils.measures.inference import target_from_json

# What a measure of built-in data is compared with: the best predictor, and a constant.
REFERENCES = {"best_reachable_MAE": "best_mae", "constant_MAE": "constant_mae"}


def evaluate(run, samples, split, data, label_file=None):
    """Evaluate a run's model on samples, and write the result into the run folder.

    Args:
        run: A `LoadedRun`.
        samples: Encoded samples with labels.
        split: Name of the split.
        data: Where the samples are from.
        label_file: The file that their labels are from; `None`: as in the training, if the data is
            the run's own, and otherwise the data.

    Returns:
        The content of `evaluation/S.json`; see `Predictions.save`.
    """
    predictions = run.predict(samples, split)
    extra = run.inputs.summarize(predictions)
    label_file = label_file or run.label_file_of(data)
    if label_file is None:
        extra |= references(data, split, run.target)
    else:
        extra["label_file"] = str(label_file)
    partition = run.partition_of(data)
    if partition is not None:
        extra["splits"] = partition.describe()
    return predictions.save(run.folder.evaluation, split, data, extra)


def references(data, split, target):
    """Return what the MAE on a split of built-in data is compared with; of other data, nothing.

    Labels of another kind have replaced those of the built-in data, whose figures then say nothing.
    """
    path = Path(data) / "task.json"
    if target.kind != "score" or not path.exists():
        return {}
    splits = read_record(path, {}).get("splits")
    known = splits.get(split) if isinstance(splits, dict) else None
    known = known if isinstance(known, dict) else {}
    return {name: known[key] for name, key in REFERENCES.items() if key in known}


def table_column(summary, measures=()):
    """Return the measures of an evaluation to show, with the references of built-in data.

    Args:
        summary: The content of `evaluation/S.json`.
        measures: Names of the measures; empty: the measures over all columns.

    Raises:
        ValueError: If there is no such measure.
    """
    metrics = summary["metrics"]
    found = shown_measures(metrics, summary["target"], measures)
    if "MAE" not in metrics:
        return found
    reachable = summary.get("best_reachable_MAE")
    if reachable is not None:
        found |= {"best reachable MAE": reachable, "MAE / best": metrics["MAE"] / reachable}
    if "constant_MAE" in summary:
        found["MAE of a constant"] = summary["constant_MAE"]
    return found


def shown_measures(metrics, target, chosen=()):
    """Return the measures that a table shows, by name.

    Args:
        metrics: All measures by name.
        target: What `Target.to_json` returned.
        chosen: Names of measures; empty: the measures over all columns.

    Raises:
        ValueError: If there is no such measure.
    """
    unknown = [name for name in chosen if name not in metrics]
    if unknown:
        raise ValueError(
            f"--measures must be of {', '.join(metrics)}. Received: {', '.join(unknown)}."
        )
    return {name: metrics[name] for name in chosen or target_from_json(target).overall}
