"""The web page of the demonstration, by Gradio."""

import html
import os
import threading
from pathlib import Path

from experiments.demonstration.guard import Guard
from experiments.demonstration.questions import MOST_LETTERS, Answer, Question
from utils.installed import import_extra
from utils.worker import NoAnswer, NotStarted

ADDRESS = "127.0.0.1"
# People who wait; one clip is extracted at a time.
MOST_WAITING = 8
# Faces are looked at with at most 640 pixels.
CAMERA = {"width": {"ideal": 640}, "height": {"ideal": 480}}
STYLE = Path(__file__).parent / "interface.css"

REQUIREMENTS = "-r requirements-demo.txt"
EVENT = {"concurrency_id": "clips", "concurrency_limit": 1, "api_visibility": "private"}


class Interface:
    """Takes recordings and texts, and shows their scores.

    Args:
        worker: The `Worker` that answers `Question`s.
        uploads: The `Uploads`.
        time_limit: Seconds that a clip may take.
        most_bytes: The largest size of an upload.
        told: What the page says of the model, a list of sentences.
    """

    def __init__(self, worker, uploads, time_limit, most_bytes, told):
        self._worker = worker
        self._uploads = uploads
        self._time_limit = time_limit
        self._most_bytes = most_bytes
        self._told = told
        self._one_at_a_time = threading.Lock()
        self._page = None

    def open(self, port):
        """Serve the page at a port of this machine, and return."""
        gradio = import_gradio(self._uploads.path)
        self._page = self._blocks(gradio)
        # The requests of the page itself: nothing of the network, nothing kept by the browser.
        self._page.queue(max_size=MOST_WAITING, api_open=False).launch(
            server_name=ADDRESS,
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            max_file_size=self._most_bytes,
            enable_monitoring=False,
            run_history=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            footer_links=[],
            theme=_theme(gradio),
            css=STYLE.read_text(encoding="utf-8"),
            app_kwargs={"middleware": [self._guard()]},
        )

    def close(self):
        """End the page."""
        if self._page is not None:
            self._page.close(verbose=False)

    def of_upload(self, sent, text):
        """Return the HTML of the result of an upload, and delete the upload.

        Args:
            sent: What the browser tells of the file, a dict with its `path`.
            text: The transcript, or nothing.
        """
        if not sent:
            return _told_failure("There is no recording yet. Choose a file, or record one.")
        # Gradio's video wraps the file.
        told = sent.get("video", sent) if isinstance(sent, dict) else {}
        try:
            path = self._uploads.find(told.get("path") or "")
        except ValueError as error:
            return _told_failure(str(error))
        try:
            return self._result(Question(path, text or ""))
        finally:
            self._uploads.remove(path)

    def of_text(self, text):
        """Return the HTML of the result of a typed text."""
        return self._result(Question(None, text or ""))

    def _result(self, question):
        if len(question.text) > MOST_LETTERS:
            return _told_failure(
                f"The text must have at most {MOST_LETTERS} letters. Received: "
                f"{len(question.text)}. Shorten it."
            )
        with self._one_at_a_time:
            try:
                answer = self._worker.ask(question, self._time_limit)
            except (NoAnswer, NotStarted) as error:
                answer = Answer(failure=f"The clip could not be scored: {error}.")
        if answer.failure:
            return _told_failure(answer.failure)
        # The page has no access to the page around it.
        return (
            '<iframe class="result" title="result" allowfullscreen '
            'sandbox="allow-scripts allow-downloads" '
            f'srcdoc="{html.escape(answer.page)}"></iframe>'
        )

    def _guard(self):
        starlette = import_extra("starlette.middleware", "experiments.demo", REQUIREMENTS)
        return starlette.Middleware(Guard, uploads=self._uploads, most_bytes=self._most_bytes)

    def _blocks(self, gradio):
        with gradio.Blocks(title="Score a clip", analytics_enabled=False) as page:
            gradio.HTML(_heading(self._told))
            with gradio.Tab("File"):
                most = f"{self._most_bytes / 1e6:g} MB"
                file = gradio.File(label=f"Video or sound, at most {most}", height=150)
                file_text, file_button = (
                    _transcript(gradio),
                    gradio.Button("Score", variant="primary"),
                )
            with gradio.Tab("Camera"):
                options = gradio.WebcamOptions(mirror=False, constraints={"video": CAMERA})
                video = gradio.Video(
                    label="Record", sources=["webcam"], include_audio=True, webcam_options=options
                )
                video_text, video_button = (
                    _transcript(gradio),
                    gradio.Button("Score", variant="primary"),
                )
            with gradio.Tab("Text"):
                text = gradio.Textbox(
                    label="Text", lines=3, max_length=MOST_LETTERS, placeholder="I really loved it."
                )
                text_button = gradio.Button("Score", variant="primary")
            result = gradio.HTML(elem_id="result")
            self._connect(file_button, file, file_text, result)
            self._connect(video_button, video, video_text, result)
            for happens in (text_button.click, text.submit):
                happens(self.of_text, text, result, **EVENT)
        return page

    def _connect(self, button, upload, text, result):
        """Score an upload by a button, and empty its field."""

        def score(sent, said):
            return self.of_upload(sent, said), None

        # Without Gradio's own preparation, no copy of the file is made.
        button.click(score, [upload, text], [result, upload], preprocess=False, **EVENT)


def import_gradio(folder):
    """Return the module `gradio`, which keeps its files in a folder and tells nobody.

    Raises:
        ValueError: If it is not installed; the message says what to install.
    """
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", GRADIO_TEMP_DIR=str(folder))
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    return import_extra("gradio", "experiments.demo", REQUIREMENTS)


def _theme(gradio):
    """Return a theme whose fonts are those of the machine."""
    fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
    return gradio.themes.Default(primary_hue="blue", neutral_hue="slate", **fonts)


def _transcript(gradio):
    return gradio.Textbox(
        label="Transcript",
        placeholder="May stay empty: then the words are recognised.",
        max_length=MOST_LETTERS,
    )


def _heading(told):
    sentences = " ".join(map(html.escape, told))
    return f"<h1>Score a clip</h1><p>{sentences}</p>"


def _told_failure(reason):
    return f'<p class="failure" role="alert">{html.escape(reason)}</p>'
