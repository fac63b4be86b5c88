"""Writing the model of a run as ONNX, checked against Keras; any kind of sample and label."""

import numpy as np

from experiments.runs.onnx_run import open_onnx
from experiments.runs.sequence_graph import SequenceGraph
from experiments.runs.table_graph import TableGraph
from experiments.tasks.predictions import OUTPUT_NAMES
from utils.environment import git_state
from utils.files import without_nan
from utils.formats.split import SPLITS
from utils.onnx_export import DEFAULT_OPSET, check_onnx, write_onnx

GRAPHS = {"sequences": SequenceGraph, "tables": TableGraph}


def export_run(run, path, samples, metadata=None, opset=DEFAULT_OPSET, **options):
    """Write the model of a run as ONNX, and compare the file with Keras.

    Scaling, the repair of NaN, masks of padding and the softmax or sigmoid are inside. The outputs
    are `score` `(batch, 1)`, `scores` `(batch, K)`, or `probabilities` `(batch, K)` of classes and
    labels; and `modality_weights` of a model that has them, one for each of `run.inputs.parts`. The
    tokenizer of a text encoder has a file of its own: save it as `tokenizer_path(path)`.

    Args:
        run: A `LoadedRun` that computes in float32.
        path: The file to write.
        samples: Encoded samples to compare on.
        metadata: What to say of the run beside its inputs and target; see `describe_run`.
        opset: Version of the ONNX operators.
        **options: `dynamic_length` and `masks`; see `SequenceGraph`.

    Returns:
        The largest difference from Keras, the number of batches that were compared, and the largest
        difference that is allowed: 1e-4 with a text encoder, otherwise 1e-5.

    Raises:
        RunFailed: If an operation cannot be converted, or the file does not agree with Keras.
    """
    family, target = run.inputs.family, run.target
    graph = GRAPHS[family](run, samples, **options)
    described = {
        "kind": family,
        "target": target.to_json(),
        "opset": opset,
        "quantization": "none",
        **graph.described,
        **(metadata or {}),
    }
    outputs = {
        OUTPUT_NAMES[target.kind]: ("batch", target.columns),
        "modality_weights": ("batch", len(run.inputs.parts)),
    }
    write_onnx(path, graph.compute, graph.inputs, outputs, described, opset)
    cases = [*graph.cases()]
    difference = check_onnx(
        path, lambda content: reference(run, graph, content), cases, graph.tolerance
    )
    return difference, len(cases), graph.tolerance


def reference(run, graph, content):
    """Return the outputs of a case's content by name, computed by Keras and NumPy."""
    prediction, weights = graph.explain(content)
    outputs = {OUTPUT_NAMES[run.target.kind]: run.target.outputs(prediction).astype("float32")}
    if weights is not None:
        outputs["modality_weights"] = run.inputs.shares(np.asarray(weights, "float32"))
    return outputs


def describe_run(folder):
    """Return what an exported file says of a run, by name."""
    config, metadata = folder.load_config(), folder.load_metadata()
    measures = {}
    for split in SPLITS:
        known = (folder.evaluation / f"{split}.json").exists()
        summary = folder.load_evaluation(split) if known else {}
        # An evaluation with fewer modalities is not one of the exported model.
        if summary and summary.get("modalities") in (None, config["modalities"]):
            measures[split] = without_nan(summary["metrics"])
    return {
        "model": config["model"],
        "normalization": {"method": config["normalize"], "clip": config["clip_features"]},
        "data": metadata["data"],
        "metrics": measures,
        "seed": metadata["seed"],
        "git": {"training": metadata["git"], "export": git_state()},
    }


def quantization_effect(run, samples, path):
    """Return the measures of the Keras model, of a quantised file, and the difference.

    Args:
        run: The `LoadedRun`.
        samples: Encoded samples with labels.
        path: The file.

    Returns:
        From a column's heading to its measures by name.
    """
    columns = {}
    for heading, one in (("Keras", run), ("int8", open_onnx(path))):
        measured = one.predict(samples).measured()
        columns[heading] = {name: measured[name] for name in run.target.overall}
    before, after = columns.values()
    return {**columns, "difference": {name: after[name] - before[name] for name in before}}
