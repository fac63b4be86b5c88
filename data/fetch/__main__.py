"""Command line: `python -m data.fetch NAME --output DIR`, and `--list`."""

import contextlib
from pathlib import Path

from rich.table import Table

from data.fetch.catalogue import CATALOGUE, load_catalogue
from data.fetch.download import DownloadFailed, download
from utils.command_line import CommandParser, announce, console, run_command
from utils.environment import file_checksum


def main():
    """Parse the command line, then list the data sets or get one of them."""
    options = make_parser().parse_args()
    catalogue = load_catalogue(options.catalogue)
    if options.list:
        console.print(_table(catalogue))
        return
    if options.name not in catalogue:
        raise ValueError(
            f"The first argument must be one of {', '.join(catalogue)}. Received: "
            f"{'nothing' if options.name is None else repr(options.name)}. "
            "`python -m data.fetch --list` describes them."
        )
    _fetch(catalogue[options.name], options.output)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.fetch",
        "Download a published data set, continue an interrupted download, and verify its SHA-256. "
        "For data that needs a browser, print what to do, and verify the files that you have.",
        "python -m data.fetch mosi-aligned --output runs/data/mosi",
    )
    add = parser.add_argument
    add("name", nargs="?", help="a data set of the list", suggestions=load_catalogue(CATALOGUE))
    add("--output", help="folder for the files, new or existing")
    add("--list", action="store_true", help="show the data sets")
    add("--catalogue", default=str(CATALOGUE), help="another list of data sets, in the same form")
    return parser


def _fetch(entry, output):
    """Verify existing files, download files with an address, print how to get the others.

    Raises:
        FileNotFoundError: If the output folder then lacks a file.
    """
    if output is None:
        if entry.downloads:
            raise ValueError(
                f"--output must name the folder for {entry.name}. Received: nothing. "
                f"For example: `python -m data.fetch {entry.name} --output runs/data/{entry.name}`."
            )
        _tell_how(entry, Path("DIR"))
        return
    directory = Path(output)
    missing = []
    for file in entry.files:
        path = directory / file.name
        if path.exists():
            _verify(file, path)
        elif file.url:
            try:
                with _made(directory):
                    _download(file, path)
            except DownloadFailed:
                _tell(_filled(entry, entry.by_hand, directory))
                raise
        else:
            missing.append(file.name)
    if missing:
        _tell_how(entry, directory)
        raise FileNotFoundError(
            f"{directory} must hold the files of {entry.name}. Expected: {', '.join(missing)}. "
            "Received: nothing of that name. Get them as told above, and run this command again."
        )
    _tell(_filled(entry, entry.then, directory))


def _tell_how(entry, directory):
    _tell(_filled(entry, f"{entry.by_hand}\n\n{entry.then}", directory))


def _verify(file, path):
    if not file.sha256:
        _tell(f"{path} is there. It cannot be verified, because no checksum is published.")
        return
    announce(f"Computing the SHA-256 of {path}")
    received = file_checksum(path)
    if received != file.sha256:
        raise FileExistsError(
            f"{path} is not the published file. Expected: SHA-256 {file.sha256} "
            f"({file.sha256_source}). Received: SHA-256 {received}. It was left as it is; move it "
            "away, and get the file again."
        )
    _tell(f"{path} is there, with the published SHA-256.")


def _download(file, path):
    _tell(f"{path}: {file.size or 'unknown size'}, from {file.url}")
    try:
        download(file.url, path, file.sha256)
    except KeyboardInterrupt:
        _tell("The received part is kept. Run the command again to continue.")
        raise
    _tell(f"{path} is complete, with the published SHA-256.")


@contextlib.contextmanager
def _made(directory):
    """Make a folder, and remove it if it is new and the block fails and leaves it empty."""
    new = not directory.exists()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"--output must name an existing or a new folder. Received: {directory}: "
            f"{error.strerror}. Name another folder."
        ) from error
    try:
        yield
    except BaseException:
        if new:
            with contextlib.suppress(OSError):
                directory.rmdir()
        raise


def _filled(entry, text, directory):
    first = directory / entry.files[0].name
    return text.replace("{output}", str(directory)).replace("{file}", str(first))


def _table(catalogue):
    table = Table(title="Data sets", title_justify="left")
    for heading in ("name", "what it is", "size", "how"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "what it is")
    for entry in catalogue.values():
        size = " + ".join(file.size for file in entry.files if file.size)
        how = "download" if entry.downloads else "by hand"
        table.add_row(entry.name, entry.title, size or "-", how)
    return table


def _tell(text):
    console.print(text, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run_command(main)
