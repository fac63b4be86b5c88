"""Export a run's model to ONNX, checked on real samples."""

import contextlib

from utils.command_line import CommandParser, announce, console, run_command

EXAMPLE = "python -m experiments.export runs/my-run --output model.onnx"


def main():
    """Parse the command line, export, say how far the file is from Keras."""
    options = make_parser().parse_args()
    if options.quantize not in (None, "int8"):
        raise ValueError(f"--quantize must be int8. Received: {options.quantize!r}.")
    from experiments.runs.run_folder import RunFolder

    folder = RunFolder.open(options.run_dir)
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.runs.exporting import describe_run, export_run, quantization_effect
    from experiments.runs.loaded_run import load_run
    from utils.measures.table import metrics_table
    from utils.onnx_export import check_opset, quantize_int8
    from utils.onnx_model import tokenizer_path

    check_opset(options.opset)
    has_encoder = folder.load_config()["text_encoder"] is not None
    beside = tokenizer_path(options.output) if has_encoder else None
    with output_files(options.output, beside, options.overwrite) as (partial, tokenizer):
        run = load_run(folder, in_float32=True)
        samples = check_samples(run, options)
        announce("Converting to ONNX, and comparing with Keras")
        lengths = {"dynamic_length": options.dynamic_length, "masks": options.masks}
        difference, cases, allowed = export_run(
            run, partial, samples, describe_run(folder), options.opset, **lengths
        )
        console.print(
            f"Largest difference from Keras: {difference:.2g}, over {cases} batches of samples of "
            f"{options.split} (at most {allowed:g} is allowed)."
        )
        if tokenizer is not None:
            run.inputs.text_steps.tokenizer.save(tokenizer)
        if options.quantize:
            announce("Quantizing, and measuring what that changes")
            quantize_int8(partial)
            console.print(f"int8 against Keras on {options.split} ({len(samples)}):")
            console.print(metrics_table(quantization_effect(run, samples, partial)))
    and_tokenizer = f", and its tokenizer {beside}" if has_encoder else ""
    console.print(f"Written: {options.output}{and_tokenizer}", markup=False)


@contextlib.contextmanager
def output_files(model, tokenizer, overwrite):
    """Yield two paths to write to, which become the two files if the block ends without an error.

    The tokenizer comes first, so that no new model is without it.

    Args:
        model: The file of the model.
        tokenizer: The file of its tokenizer, or `None`; then its path is `None` too.
        overwrite: Whether existing files may be replaced.
    """
    from utils.new_file import new_file

    with contextlib.ExitStack() as files:
        partial = files.enter_context(new_file(model, overwrite))
        beside = tokenizer and files.enter_context(new_file(tokenizer, overwrite))
        yield partial, beside


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.export",
        "Write the model of a run as an ONNX file. Scaling, the repair of NaN, the masks of "
        "padding and the softmax are inside; the encoding of a table stands in its metadata.",
        EXAMPLE,
    )
    parser.add_argument("run_dir", type=str, help="folder that experiments.train has written")
    parser.add_argument("--output", type=str, required=True, help="ONNX file to write")
    parser.add_argument(
        "--opset",
        type=int,
        default=18,
        help="version of the ONNX operators, 13 to 18",
        suggestions=range(13, 19),
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
    parser.add_argument("--split", type=str, default="valid", help="split of these samples")
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it exists")
    return parser


def check_samples(run, options):
    """Return the encoded samples to check on; their labels are read to quantise alone.

    Args:
        run: The `LoadedRun`.
        options: Those of the command line.
    """
    wanted = {"labels": options.quantize is not None, "stream": True}
    if options.data is not None:
        return run.read(options.data, options.split, **wanted)
    try:
        return run.read_own(options.split, **wanted)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"The data of the run is needed for the check. {error} Say by --data where it is now."
        ) from error


if __name__ == "__main__":
    run_command(main)
