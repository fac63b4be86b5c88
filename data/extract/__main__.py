"""Command line: `python -m data.extract CLIPS --output DIR`."""

import dataclasses
from pathlib import Path

from data.extract.settings import ExtractSettings
from utils.command_line import CommandParser, announce, console, run_command
from utils.formats.extraction_file import read_extraction
from utils.options import add_settings, option_name, settings_from
from utils.progress import progress_bar


def main():
    """Parse the command line, extract the clips, print a table, notes and failures."""
    arguments = make_parser().parse_args()
    settings = settings_from(arguments, ExtractSettings)
    settings.check()
    if arguments.resume and arguments.overwrite:
        raise ValueError("--resume and --overwrite exclude each other. Give one of them.")
    run(arguments, settings)


def run(arguments, settings):
    """Extract the clips that the arguments name."""
    # From here on the packages of requirements-clips.txt are needed.
    from data.extract.index import check_clips
    from data.extract.output import open_output
    from data.extract.report import tell
    from utils.clips.media import clip_list
    from utils.clips.stages import describe_extraction

    clips = [_absolute(clip) for clip in clip_list(arguments.clips)]
    check_clips(clips, ", ".join(arguments.clips), settings.align)
    if arguments.resume:
        settings = resumed(settings, read_extraction(arguments.output))
    announce("Loading the models")
    described = describe_extraction(settings.extraction)
    with open_output(arguments.output, arguments.resume, arguments.overwrite) as output:
        output.begin(described)
        left = [clip for clip in clips if not output.files.is_finished(clip)]
        if len(left) < len(clips):
            console.print(
                f"Clips that are finished already: {len(clips) - len(left)}.", highlight=False
            )
        failures = extract(left, output, settings)
        rows = output.finish(clips, failures, settings.align == "words")
    tell(rows, output, failures)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser(
        "data.extract",
        "Turn recordings into a data folder of features: text, audio and video, step by step.",
        "python -m data.extract clips.csv --output runs/data/clips --processes 2",
    )
    parser.add_argument(
        "clips",
        type=str,
        nargs="+",
        help="video and audio files, folders, or a CSV table with the column path and optionally "
        "id, split, label, text, video_id, start, end, in which a row may have a text alone; or a "
        "folder Raw beside label.csv",
    )
    parser.add_argument(
        "--output", type=str, required=True, help="data folder to make; it must be new or empty"
    )
    add_settings(parser, ExtractSettings)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the extraction in --output: finished clips stay, failed ones are tried "
        "again",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the extraction in --output"
    )
    return parser


def resumed(settings, earlier):
    """Return the settings of the extraction to go on with.

    Args:
        settings: `ExtractSettings` of the command line; options may be left out.
        earlier: What `extraction.json` holds; `None`: the extraction is new.

    Raises:
        ValueError: If an option differs from the extraction's.
    """
    if earlier is None:
        return settings
    defaults = ExtractSettings()
    for name, then in earlier["settings"].items():
        now = getattr(settings, name, then)
        if now not in (then, getattr(defaults, name, then)):
            raise ValueError(
                f"{option_name(name)} {now!r} differs from the extraction in --output, which has "
                f"{then!r}. Leave it out to go on, or name another folder."
            )
    known = {name: then for name, then in earlier["settings"].items() if hasattr(settings, name)}
    return dataclasses.replace(settings, **known)


def extract(clips, output, settings):
    """Extract clips with a progress bar.

    Returns:
        From the id of each clip that failed to the reason.
    """
    from data.extract.work import extract_clips

    failures = {}
    with progress_bar("clips") as progress:
        task = progress.add_task("extracting", total=len(clips))
        for clip, outcome in extract_clips(clips, output.folder, settings):
            progress.advance(task)
            if outcome.failure:
                failures[clip.id] = outcome.failure
                told = f"{clip.id}: {outcome.failure}"
                progress.console.print(told, style="red", markup=False, highlight=False)
    return failures


def _absolute(clip):
    """Return a clip whose path holds in every process, on every machine of a cluster."""
    return dataclasses.replace(clip, path=clip.path and Path(clip.path).absolute())


if __name__ == "__main__":
    run_command(main)
