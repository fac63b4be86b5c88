"""Write an HTML page about each run, and a page that compares runs."""

from utils.command_line import CommandParser, announce, console, run_command

EXAMPLE = "python -m experiments.report runs/my-run"


def main():
    """Parse the command line, write a page into each run folder, compare several runs."""
    arguments = make_parser().parse_args()
    from experiments.runs.run_folder import RunFolder

    folders = [RunFolder.open(run_dir) for run_dir in arguments.run_dirs]
    # From here on TensorFlow is needed.
    import utils.quiet_tensorflow  # noqa: F401
    from experiments.pages.report import write_report
    from experiments.pages.runs_page import write_runs_page
    from experiments.runs.loaded_run import load_run

    for folder in folders:
        announce(f"Writing the report of {folder.path}")
        write_report(load_run(folder), arguments.data)
        console.print(f"Report: {folder.report}", markup=False)
    if len(folders) > 1:
        path = arguments.output or folders[0].path.parent / "comparison.html"
        announce("Comparing the runs")
        write_runs_page(folders, path)
        console.print(f"Comparison: {path}", markup=False)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "experiments.report",
        "Write an HTML page about each run, and about several runs a page that compares them.",
        EXAMPLE,
    )
    parser.add_argument("run_dirs", type=str, nargs="+", help="folders of runs")
    parser.add_argument(
        "--data",
        type=str,
        default=None,
        help="data for the details of single samples, such as attention, and for the worth of each "
        "input; default: the run's own, if it is still there",
    )
    parser.add_argument(
        "--output",
        type=str,
        default=None,
        help="page that compares several runs; default: comparison.html beside the first run",
    )
    return parser


if __name__ == "__main__":
    run_command(main)
