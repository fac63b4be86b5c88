"""Export a trained text-and-table model as ONNX."""

import utils.quiet_tensorflow  # noqa: F401  (before anything that imports TensorFlow)
from experiments.text_tabular.export import export_onnx
from experiments.text_tabular.runs import load_run
from utils.command_line import CommandParser, console, run_command
from utils.run_folder import RunFolder
from utils.text_tabular_data import find_split

EXAMPLE = (
    "python -m experiments.export_text_tabular runs/my-run --data DIR/reviews --output model.onnx"
)


def main():
    """Parse the command line, export, and tell how near the file is to Keras."""
    parser = CommandParser(
        "experiments.export_text_tabular",
        "Export a text-and-table model as ONNX, with the softmax inside, and check it on data.",
        EXAMPLE,
    )
    add = parser.add_argument
    add("run_dir", type=str, help="folder that experiments.train_text_tabular has written")
    add("--data", type=str, required=True, help="what training takes: samples to check it on")
    add("--split", type=str, default="valid", help="train, valid or test")
    add("--output", type=str, required=True, help="file to write")
    arguments = parser.parse_args()
    path = find_split(arguments.data, arguments.split)
    model, processing = load_run(RunFolder.open(arguments.run_dir))
    samples = next(processing.read_blocks(path))
    difference = export_onnx(model, samples, arguments.output)
    console.print(
        f"{arguments.output}: within {difference:.1e} of Keras.", markup=False, soft_wrap=True
    )


if __name__ == "__main__":
    run_command(main)
