"""Results as the web page shows them, without Gradio."""

import types

import pytest

from experiments.demonstration.interface import Interface
from experiments.demonstration.questions import MOST_LETTERS, Answer
from experiments.demonstration.uploads import Uploads
from utils.worker import NoAnswer


@pytest.fixture
def make_interface():
    uploads = Uploads()

    def make(ask):
        worker = types.SimpleNamespace(ask=lambda question, seconds: ask(question))
        return Interface(worker, uploads, 5.0, 1000, []), uploads

    yield make
    uploads.close()


def sent(uploads):
    path = uploads.path / "a1" / "clip.mp4"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"123")
    return {"path": str(path)}


def test_an_upload_is_deleted_whatever_the_answer_is(make_interface):
    def fail(question):
        raise NoAnswer("it took longer than 5 seconds")

    def fault(question):
        raise KeyError("a fault")

    interface, uploads = make_interface(lambda question: Answer(page='<p title="a">b</p>'))
    shown = interface.of_upload(sent(uploads), None)
    assert 'sandbox="allow-scripts' in shown and "&lt;p title=&quot;a&quot;&gt;" in shown
    assert not [*uploads.path.iterdir()]
    shown = make_interface(fail)[0].of_upload({"video": sent(uploads)}, "words")
    assert "could not be scored: it took longer than 5 seconds" in shown
    with pytest.raises(KeyError):
        make_interface(fault)[0].of_upload(sent(uploads), "")
    assert not [*uploads.path.iterdir()]


def test_wrong_input_is_told_without_asking(make_interface):
    interface, _ = make_interface(None)
    assert "There is no recording yet" in interface.of_upload(None, "")
    for wrong in ({"path": "/etc/passwd"}, {"path": None}, "text", ["a"]):
        assert "must have been uploaded here" in interface.of_upload(wrong, "")
    assert f"at most {MOST_LETTERS} letters" in interface.of_text("a" * (MOST_LETTERS + 1))


def test_reasons_are_shown_as_they_are(make_interface):
    interface, _ = make_interface(lambda question: Answer(failure="<script>alert(1)"))
    assert "&lt;script&gt;alert(1)" in interface.of_text("a")
