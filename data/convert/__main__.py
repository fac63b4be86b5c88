"""Command line: `python -m data.convert SOURCE OUTPUT`."""

from rich.table import Table

from data.convert.conversion import convert
from data.target_options import add_target_options, target_request
from utils.command_line import CommandParser, announce, console, run_command
from utils.formats import open_data
from utils.progress import progress_bar


def main():
    """Parse the command line, convert the data, print a table of the splits."""
    options = make_parser().parse_args()
    announce(f"Reading {options.source}")
    reader = open_data(
        options.source,
        options.feature_files,
        label_file=options.label_file,
        modalities=None,
        target=target_request(options),
        clip_labels=options.clip_labels,
    )
    with progress_bar(transient=True) as progress:
        tasks = {}

        def advance(split, samples):
            if split.name not in tasks:
                tasks[split.name] = progress.add_task(split.name, total=len(split))
            progress.advance(tasks[split.name], samples)

        written = convert(reader, options.output, options.shards, advance)
    for note in dict.fromkeys(note for split in written for note in split.repair_notes()):
        console.print(f"warning: {note}", style="yellow", markup=False)
    console.print(f"Written to {options.output}:", markup=False)
    console.print(_table(written))


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.convert",
        "Convert any readable data into HDF5 files, which stream from disk.",
        "python -m data.convert aligned_50.pkl runs/mosi",
    )
    parser.add_argument("source", type=str, help="data in a format of data/README.md")
    parser.add_argument("output", type=str, help="folder to make; it must be new or empty")
    parser.add_argument(
        "--shards", type=int, default=1, help="number of files of each split and modality"
    )
    add_target_options(parser)
    parser.add_argument(
        "--clip-labels", action="store_true", help="clip scores beyond the range, and count them"
    )
    parser.add_argument(
        "--feature-files",
        type=dict[str, str],
        default={},
        help="MMSA pickles whose features replace those of the source, by modality: "
        "--feature-files.text FILE",
    )
    return parser


def _table(splits):
    table = Table()
    modalities = list(splits[0].sequences)
    for heading in ("split", "samples", *modalities):
        table.add_column(heading, justify="left" if heading == "split" else "right")
    for split in splits:
        shapes = [f"{split.lengths[m]} x {split.widths[m]}" for m in modalities]
        table.add_row(split.name, str(len(split)), *shapes)
    return table


if __name__ == "__main__":
    run_command(main)
