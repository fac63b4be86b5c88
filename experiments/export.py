"""Export a run's model to ONNX, checked against Keras on real samples."""

import numpy as np

import utils.quiet_tensorflow  # noqa: F401  (before anything that imports TensorFlow)
from experiments.runs.onnx_check import BATCHES, check_cases, quantization_effect, reference_outputs
from experiments.runs.run_folder import RunFolder
from experiments.runs.run_model import RunModel
from utils.command_line import CommandParser, announce, console, run_command
from utils.environment import git_state
from utils.files import read_json, without_nan
from utils.formats import SPLITS, open_data
from utils.formats.checks import LABEL_RANGE
from utils.measures.table import metrics_table
from utils.new_file import new_file
from utils.onnx_export import (
    DEFAULT_OPSET,
    OPSETS,
    TOLERANCE,
    check_onnx,
    check_opset,
    quantize_int8,
    write_onnx,
)
from utils.onnx_model import OnnxScorer

EXAMPLE = "python -m experiments.export runs/my-run --output model.onnx"


def main():
    """Parse the command line, export, say how far the file is from Keras."""
    options = make_parser().parse_args()
    if options.quantize not in (None, "int8"):
        raise ValueError(f"--quantize must be int8. Received: {options.quantize!r}.")
    check_opset(options.opset)
    folder = RunFolder.open(options.run_dir)
    export = export_text_tabular if folder.processing.exists() else export_sequences
    with new_file(options.output, options.overwrite) as partial:
        export(folder, partial, options)
    console.print(f"Written: {options.output}", markup=False)


def export_sequences(folder, path, options):
    """Export the run of a model of text, audio and video.

    Args:
        folder: The `RunFolder`.
        path: The file to write.
        options: Those of the command line.
    """
    announce("Loading the model and samples")
    run_model = RunModel.load(folder, in_float32=True)
    split = check_split(folder, run_model, options.data, labels=options.quantize is not None)
    announce("Converting to ONNX, and comparing with Keras")
    export_model(
        run_model,
        path,
        split,
        metadata=describe_run(folder),
        opset=options.opset,
        dynamic_length=options.dynamic_length,
        masks=options.masks,
    )
    if options.quantize:
        announce("Quantizing, and measuring what that changes")
        quantize_int8(path)
        columns = quantization_effect(split, run_model, OnnxScorer(path))
        console.print(f"int8 against Keras on {split.name} ({len(split)}):")
        console.print(metrics_table(columns))


def export_text_tabular(folder, path, options):
    """Export the run of a text-and-table model; see `export_sequences`.

    Raises:
        ValueError: If an option is given that is for the other family.
    """
    if options.masks or not options.dynamic_length:
        raise ValueError(
            f"--masks and --dynamic-length are for models of text, audio and video. Received: "
            f"{folder.path}, the run of a text-and-table model. Leave them out."
        )
    # What this family needs is not always installed.
    from experiments.runs.text_tabular_export import export_run

    announce("Loading the model, converting it to ONNX, and comparing with Keras")
    difference, columns = export_run(
        folder, path, options.data, options.opset, options.quantize is not None
    )
    console.print(
        f"Largest difference from Keras: {difference:.2g} (at most {TOLERANCE:g} is allowed)."
    )
    if columns:
        console.print("int8 against Keras on valid:")
        console.print(metrics_table(columns))


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.export",
        "Write the model of a run as an ONNX file that takes raw features: scaling, the repair of "
        "NaN and the masks of padding are inside.",
        EXAMPLE,
    )
    parser.add_argument(
        "run_dir",
        type=str,
        help="folder that experiments.train or experiments.train_text_tabular has written",
    )
    parser.add_argument("--output", type=str, required=True, help="ONNX file to write")
    parser.add_argument(
        "--opset",
        type=int,
        default=DEFAULT_OPSET,
        help=f"version of the ONNX operators, {OPSETS[0]} to {OPSETS[-1]}",
        suggestions=OPSETS,
    )
    parser.add_argument(
        "--quantize",
        type=str,
        default=None,
        help="int8: keep weights as 8-bit integers",
        suggestions=("int8",),
    )
    parser.add_argument(
        "--dynamic-length",
        type=bool,
        nargs="?",
        const=True,
        default=True,
        help="take sequences of any length up to that of the training; false: of that length alone",
    )
    parser.add_argument(
        "--masks",
        action="store_true",
        help="add boolean inputs text_mask, audio_mask, video_mask; without, steps that are all "
        "zero are padding",
    )
    parser.add_argument(
        "--data", type=str, default=None, help="samples for the check; default: the run's own data"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    return parser


def export_model(
    run_model,
    path,
    split,
    metadata=None,
    opset=DEFAULT_OPSET,
    dynamic_length=True,
    masks=False,
):
    """Write a model as ONNX, and compare the file with Keras.

    Args:
        run_model: A `RunModel` that computes in float32.
        path: The file to write.
        split: A `Split` to compare on.
        metadata: What to say of the model beside its inputs, by name.
        opset: Version of the ONNX operators.
        dynamic_length: Whether the length of the sequences is free.
        masks: Whether the graph has inputs for masks.

    Raises:
        RunFailed: If the file does not agree with Keras.
    """
    split.check_fits(run_model.widths, run_model.lengths)
    inputs, lengths = {}, {}
    for name in run_model.modalities:
        lengths[name] = None if dynamic_length else run_model.lengths[name]
        steps = lengths[name] or f"{name}_steps"
        inputs[name] = (("batch", steps, run_model.widths[name]), "float32")
        if masks:
            inputs[f"{name}_mask"] = (("batch", steps), "bool")
    described = {
        "kind": "sequences",
        "modalities": list(run_model.modalities),
        "widths": run_model.widths,
        "seq_len": run_model.lengths,
        "label_range": [-LABEL_RANGE, LABEL_RANGE],
        "quantization": "none",
        **(metadata or {}),
    }
    outputs = {"score": ("batch", 1), "modality_weights": ("batch", 3)}
    write_onnx(path, run_model.outputs, inputs, outputs, described, opset)
    rows = np.linspace(0, len(split) - 1, BATCHES[-1]).round()
    cases = [*check_cases(split.take(rows), run_model.modalities, lengths, masks)]
    difference = check_onnx(path, reference_outputs(run_model), cases)
    console.print(
        f"Largest difference from Keras: {difference:.2g}, over {len(cases)} batches of samples of "
        f"{split.name} (at most {TOLERANCE:g} is allowed)."
    )


def check_split(folder, run_model, data, labels):
    """Open the samples to check on: valid, or the first split that is there.

    Args:
        folder: The `RunFolder`.
        run_model: Its `RunModel`.
        data: Where they are; `None`: where the run's were.
        labels: Whether they must have labels.
    """
    config = folder.load_config()
    options = {"labels": labels, "modalities": run_model.modalities}
    if data is not None:
        reader = open_data(data, **options)
    else:
        try:
            reader = open_data(config["data"], config.get("feature_files"), **options)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"The data of the run is needed for the check. {error} "
                "Say by --data where it is now."
            ) from error
    splits = reader.splits()
    return reader.stream("valid" if "valid" in splits or not splits else splits[0])


def describe_run(folder):
    """Return what an exported file says of a run, by name."""
    config, metadata = folder.load_config(), folder.load_metadata()
    metrics = {}
    for split in SPLITS:
        path = folder.evaluation / f"{split}.json"
        summary = read_json(path) if path.exists() else {}
        if summary.get("modalities") == config["modalities"]:
            metrics[split] = without_nan(summary["metrics"])
    return {
        "model": config["model"],
        "normalization": {"method": config["normalize"], "clip": config["clip_features"]},
        "data": metadata["data"],
        "metrics": metrics,
        "seed": metadata["seed"],
        "git": {"training": metadata["git"], "export": git_state()},
    }


if __name__ == "__main__":
    run_command(main)
