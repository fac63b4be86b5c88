"""Show a local web page that scores recordings and typed texts."""

import contextlib
import signal
import socket
import threading

from experiments.settings.scoring import add_scoring_options, check_time_limit
from utils.command_line import CommandParser, announce, console, run_command

EXAMPLE = "python -m experiments.demo --model model.onnx"
PRIVACY = "What you send stays on this machine, and is deleted after the answer."
# Seconds: how often abandoned uploads are looked for, and how long they may wait.
LOOK, LONGEST_WAIT = 60, 3600


def main():
    """Parse the command line, and serve the page until it is stopped."""
    arguments = make_parser().parse_args()
    check_options(arguments)
    from experiments.demonstration.uploads import Uploads

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as by Ctrl-C
    with contextlib.closing(Uploads()) as uploads:
        serve(arguments, uploads)


def make_parser():
    """Return the parser of the command's options."""
    parser = CommandParser("experiments.demo", (__doc__ or "").strip(), EXAMPLE)
    add_scoring_options(parser)
    parser.add_argument(
        "--port", type=int, default=7860, help="port of this machine, 1024 to 65535"
    )
    parser.add_argument(
        "--max-file-size", type=float, default=200.0, help="largest size of an upload, in MB"
    )
    return parser


def check_options(arguments):
    """Refuse values that cannot be used, before any work.

    Raises:
        ValueError: If a value is wrong, or the port is taken.
    """
    check_time_limit(arguments.time_limit)
    if not 0 < arguments.max_file_size <= 1e5:
        raise ValueError(
            "--max-file-size must be MB above 0, at most 100000. Received: "
            f"{arguments.max_file_size:g}."
        )
    port = arguments.port
    if not 1024 <= port < 65536:
        raise ValueError(f"--port must be from 1024 to 65535. Received: {port}.")
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise ValueError(
                f"--port must be free. Received: {port}, which another program uses. Name "
                f"another, such as {port + 1 if port < 65535 else 7861}."
            ) from error


def serve(arguments, uploads, make_answers=None):
    """Load the model and serve the page, until a signal ends it.

    Args:
        arguments: Those of the command line.
        uploads: The `Uploads`.
        make_answers: Called in a process of its own with the model's path, `asr`, `language` and
            the output to explain; `None`: `Answers.open`.

    Raises:
        ValueError: If Gradio is missing, or the model cannot be used.
    """
    from experiments.demonstration.interface import ADDRESS, Interface, import_gradio

    announce("Loading the web page")
    import_gradio(uploads.path)
    # From here on the packages of requirements-clips.txt are needed.
    from experiments.demonstration.answers import Answers
    from experiments.runs.first_model import ONLY_WORDS, default_model
    from utils.worker import NotStarted, Worker

    path = str(arguments.model or default_model())
    told = [PRIVACY] if arguments.model else [PRIVACY, ONLY_WORDS]
    options = (path, arguments.asr, arguments.language, arguments.of)
    with contextlib.closing(Worker(make_answers or Answers.open, *options)) as worker:
        announce("Loading the model, and what recognises speech, voice and face")
        try:
            worker.start()
        except NotStarted as error:
            raise ValueError(str(error)) from error
        page = Interface(
            worker, uploads, arguments.time_limit, round(arguments.max_file_size * 1e6), told
        )
        with contextlib.closing(page), contextlib.suppress(KeyboardInterrupt):
            page.open(arguments.port)
            address = f"http://{ADDRESS}:{arguments.port}"
            console.print(f"The page: {address} (Ctrl-C ends it)", highlight=False)
            wait(uploads)


def wait(uploads):
    """Delete abandoned uploads, until a signal comes."""
    while True:
        threading.Event().wait(LOOK)
        uploads.remove_old(LONGEST_WAIT)


if __name__ == "__main__":
    run_command(main)
