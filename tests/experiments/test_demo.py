"""The command of the web page: its options, and the page in a browser with a recording."""

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from experiments.demo import main
from tests.utils.clips.media.media_files import write_clip

ROOT = Path(__file__).parents[2]
LONG = 60_000  # milliseconds


def test_wrong_options_are_refused_before_any_work(fails):
    assert "--port must be from 1024 to 65535. Received: 80" in fails(main, "--port", 80)
    assert "--max-file-size must be MB above 0" in fails(main, "--max-file-size", 0)
    assert "--time-limit must be seconds above 0" in fails(main, "--time-limit", -1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        message = fails(main, "--port", port)
    assert f"--port must be free. Received: {port}, which another program uses" in message


def test_without_gradio_the_command_says_what_to_install(fails, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_ENABLED", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")
    message = fails(main, "--port", free_port())
    assert "needs gradio, which is an extra: pip install -r requirements-demo.txt" in message
    assert not [*tmp_path.iterdir()]


def free_port():
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return tried.getsockname()[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The address of the page, its process and its temporary folder."""
    if importlib.util.find_spec("gradio") is None:
        pytest.skip("Gradio is not installed: pip install -r requirements-demo.txt")
    folder = tmp_path_factory.mktemp("temporary")
    module = "tests.experiments.demonstration.fake_demo"
    options = ["--model", "fake.onnx", "--port", str(free_port()), "--max-file-size", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", module, *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        first = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert address, first + process.stdout.read()
        yield address[0], process, folder
        process.kill()


@pytest.fixture(scope="module")
def page(launch_chromium, demo):
    """The page, as wide as a phone, with a list `requests`; its camera is a test picture."""
    browser = launch_chromium(
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
    )
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.requests = []
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(demo[0], timeout=LONG)
    page.get_by_role("heading", name="Score a clip").wait_for(timeout=LONG)
    yield page
    browser.close()


def kept(demo):
    return [path for path in demo[2].rglob("*") if path.is_file()]


def score(page, tab):
    """Press the button of a tab; return the frame of the result."""
    page.get_by_role("tab", name=tab).click()
    page.get_by_role("tabpanel").get_by_role("button", name="Score").click()
    return page.frame_locator("iframe.result")


def wait_for_upload(page):
    page.get_by_role("tabpanel").get_by_label("Clear").wait_for(timeout=LONG)


def upload(page, path, transcript=""):
    page.get_by_role("tab", name="File").click()
    page.locator("input[type=file]").first.set_input_files(path)
    wait_for_upload(page)
    page.get_by_role("tabpanel").get_by_label("Transcript").fill(transcript)


def test_a_recording_is_scored_plays_and_is_deleted(page, demo, tmp_path):
    clip = write_clip(tmp_path / "<i>clip.mp4", seconds=3.0)
    upload(page, clip)
    assert len(kept(demo)) == 1
    result = score(page, "File")
    assert "in [−3, 3]" in result.locator(".headline").inner_text(timeout=LONG)
    assert kept(demo) == []
    result.locator(".word").nth(2).click()
    result.locator(".word.lit", has_text="loved").wait_for()
    assert result.locator("video").evaluate("(one) => one.currentTime") == pytest.approx(1.4, 0.01)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_recording_of_the_camera_is_scored_and_deleted(page, demo):
    page.get_by_role("tab", name="Camera").click()
    page.get_by_text("Click to Access Webcam").click()
    page.get_by_role("button", name="Record").click()
    page.wait_for_timeout(1000)
    page.locator("button", has_text="Stop").click()
    wait_for_upload(page)
    result = score(page, "Camera")
    result.get_by_role("heading", name=re.compile("sample")).wait_for(timeout=LONG)
    assert kept(demo) == []


def test_a_typed_text_is_scored(page):
    page.get_by_role("tab", name="Text").click()
    page.get_by_role("tabpanel").get_by_label("Text").fill("not so good")
    result = score(page, "Text")
    result.get_by_text("Typed text").wait_for(timeout=LONG)
    assert result.locator(".word").all_inner_texts() == ["not", "so", "good"]


def test_what_cannot_be_scored_is_told_and_deleted_and_the_next_is_scored(page, demo, tmp_path):
    wrong = tmp_path / "wrong.mp4"
    wrong.write_text("text")
    upload(page, wrong)
    score(page, "File")
    page.get_by_text("wrong.mp4 must be a recording. Received: a text.").wait_for(timeout=LONG)
    upload(page, write_clip(tmp_path / "clip.mp4"), "crash")
    score(page, "File")
    page.get_by_text("its process has crashed (SIGSEGV)").wait_for(timeout=LONG)
    assert kept(demo) == []
    upload(page, write_clip(tmp_path / "clip.mp4"), "fine words")
    words = score(page, "File").locator(".word")
    words.first.wait_for(timeout=LONG)
    assert words.all_inner_texts() == ["fine", "words"]


def test_the_page_asks_nothing_of_the_network(page, demo):
    local = (demo[0], "data:", "blob:", "about:")
    assert [url for url in page.requests if not url.startswith(local)] == []


def test_large_uploads_and_other_pages_are_refused(demo):
    def status(size, **headers):
        request = urllib.request.Request(
            f"{demo[0]}/gradio_api/upload", b"0" * size, {"Content-Type": "a/b", **headers}
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            return None  # The server closed the connection before it had read all.

    assert status(10, Origin="http://evil.example") == 403
    assert status(10, Host="evil.example") == 403
    assert status(3_000_000) in (413, None)
    assert kept(demo) == []


def test_the_end_deletes_all(demo):
    _, process, folder = demo
    [uploads] = folder.glob("msa-demo-*")
    (uploads / "a1").mkdir()
    (uploads / "a1" / "clip.mp4").touch()
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert not uploads.exists()
