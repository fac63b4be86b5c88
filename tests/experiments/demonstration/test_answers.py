"""Answers to recordings and texts, in this process."""

from experiments.demonstration.questions import Question
from tests.experiments.demonstration.fake_demo import make_answers
from tests.utils.clips.media.media_files import write_clip


def test_a_recording_and_a_text_get_a_page_and_a_bad_recording_a_reason(tmp_path):
    answer = make_answers("fake.onnx", None, None, None)
    page = answer(Question(write_clip(tmp_path / "a.mp4", seconds=3.0), "fine words")).page
    assert "a.mp4" in page and ">words<" in page and "data:video/mp4" in page
    page = answer(Question(None, "so good")).page
    assert "Typed text" in page and ">good<" in page and "<video" not in page
    assert answer(Question(None, " ")).failure.startswith("The text must have words.")
    (tmp_path / "b.mp4").write_text("text")
    failure = answer(Question(tmp_path / "b.mp4")).failure
    assert failure == "b.mp4 must be a recording. Received: a text. Record it."
