"""The page of scored clips in a real browser; needs Chromium (apt-get install chromium)."""

import types
from html import escape
from xml.etree import ElementTree

import numpy as np
import pytest

from experiments.pages import clip_page as page_module
from experiments.pages.clip_page import clip_page
from experiments.runs.clip_score import ScoredModality, ScoredWord
from experiments.runs.first_model import FIRST_MODEL, ONLY_WORDS
from tests.experiments.extracted import NAMES, extracted
from tests.experiments.pages.test_clip_text import scored
from tests.utils.clips.media.media_files import write_clip
from utils.clips.extracted_clip import Track
from utils.clips.media import Clip
from utils.measures.class_target import ClassTarget

# Of all words: the ratio of the luminances of letters and ground, as painted.
LEAST_CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d");
  const luminance = (...colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].map((x) => x / 255)
      .map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05;
  };
  const card = getComputedStyle(document.querySelector(".card")).backgroundColor;
  const ratios = [...document.querySelectorAll(".word")].map((word) => {
    const style = getComputedStyle(word);
    const ratio = luminance(style.color) / luminance(card, style.backgroundColor);
    return Math.max(ratio, 1 / ratio);
  });
  return Math.min(...ratios);
}"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=3.0)


@pytest.fixture(scope="module")
def page(open_page, recording, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    classes = scored(ClassTarget(names=("happy", "sad")), (0.7, 0.3), words=[])
    clips = [(Clip("one", recording), scored()), (Clip("two", recording, start=1.0), classes)]
    (folder / "page.html").write_text(clip_page(clips, NAMES, "runs/mine", folder))
    page = open_page(folder / "page.html")
    page.wait_for_function("document.querySelector('video').readyState >= 2")
    return page


@pytest.fixture
def first(page):
    return page.locator(".clip").first


def time_of(page):
    return page.evaluate("document.querySelector('video').currentTime")


def test_a_click_on_a_word_jumps_there(page, first):
    first.get_by_role("button", name="loved").click()
    page.wait_for_function("document.querySelector('.word.lit')?.textContent === 'loved'")
    assert time_of(page) == pytest.approx(1.4, abs=0.01)
    assert page.complaints == []


def test_the_arrow_keys_and_enter_jump_too(page, first):
    first.get_by_role("button", name="I", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.word.lit')?.textContent === 'really'")
    assert time_of(page) == pytest.approx(0.9, abs=0.01)
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent") == "it"
    # The tab key stops at one word alone.
    assert first.locator(".word[tabindex='0']").all_inner_texts() == ["it"]


def test_the_lit_word_and_the_cursor_follow_the_player(page, first):
    for time, word in ((0.1, None), (1.0, "really"), (2.1, "it"), (2.8, None)):
        page.evaluate(f"document.querySelector('video').currentTime = {time}")
        page.wait_for_function(
            f"""Math.abs(parseFloat(document.querySelector('.cursor').style.left)
            - {100 * time / 3}) < 0.1"""
        )
        assert first.locator(".word.lit").all_inner_texts() == ([word] if word else [])
        assert first.locator(".spoken .lit").count() == (1 if word else 0)
        assert first.locator("[aria-current]").count() == (1 if word else 0)


def test_the_recording_plays_and_lights_its_words(page, first):
    page.evaluate(
        """async () => {
          const player = document.querySelector("video");
          player.muted = true;
          player.currentTime = 1.2;
          await player.play();
        }"""
    )
    page.wait_for_function("document.querySelector('.word.lit')?.textContent === 'loved'")
    page.evaluate("document.querySelector('video').pause()")
    assert time_of(page) >= 1.4


def test_a_click_on_a_curve_jumps_there(page, first):
    curve = first.locator(".curve").first
    box = curve.bounding_box()
    curve.click(position={"x": box["width"] / 2, "y": 5})
    page.wait_for_function("Math.abs(document.querySelector('video').currentTime - 1.5) < 0.05")


def test_words_and_curves_are_saved_as_a_figure(page, first):
    card = first.locator(".card", has=page.locator(".tracks"))
    with page.expect_download() as saved:
        card.get_by_role("button", name="SVG").click()
    assert saved.value.suggested_filename == "one-voice-and-face.svg"
    root = ElementTree.parse(saved.value.path()).getroot()
    assert root.get("width") == "504pt"  # 7 inches, a page of a paper
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    titles = first.locator(".track b").all_inner_texts()
    assert len(titles) > 1 and {*titles, "really", "0 s"} <= {*texts}
    lines = [one.get("d") for one in root.iter("{http://www.w3.org/2000/svg}path")]
    curves = first.locator(".curve path").count()
    assert sum("L" in line for line in lines) == curves
    card.get_by_role("button", name="PDF").click()
    assert "size: 504pt" in page.locator("iframe.printed").get_attribute("srcdoc")
    assert page.complaints == []


def test_in_the_frame_of_another_page_a_figure_is_saved_and_not_printed(
    recording, open_page, tmp_path
):
    content = escape(clip_page([(Clip("one", recording), scored())], NAMES, "mine", tmp_path))
    (tmp_path / "frame.html").write_text(
        f'<iframe sandbox="allow-scripts allow-downloads" srcdoc="{content}"></iframe>'
    )
    frame = open_page(tmp_path / "frame.html").frame_locator("iframe")
    frame.get_by_role("button", name="SVG").wait_for(state="attached")
    assert frame.get_by_role("button", name="PDF").count() == 0


def test_a_legend_tells_marks_and_grey_letters(page, first):
    legend = " ".join(first.locator(".legend").inner_text().split())
    assert "no line counts for little" in legend
    assert "grey letters not read by the model" in legend
    colours = [
        first.locator(place).evaluate("(one) => getComputedStyle(one).color")
        for place in (".legend .unread", ".transcript .unread")
    ]
    assert colours[0] == colours[1]
    assert "grey letters" not in page.locator(".clip").nth(1).inner_text()


def test_contributions_are_told_without_colour(first):
    words = first.locator(".word")
    sides = [{*words.nth(i).get_attribute("class").split()} - {"lit"} for i in range(4)]
    assert [side - {"part", "word"} for side in sides] == [set(), {"less"}, {"more"}, {"unread"}]
    assert words.nth(2).get_attribute("title") == "+0.900, 1.4 s"
    lines = [
        words.nth(i).evaluate("(word) => getComputedStyle(word).borderBottomStyle") for i in (1, 2)
    ]
    assert lines == ["dashed", "solid"]
    table = first.locator("table").inner_text()
    assert "−0.200" in table and "none was found" in table


def test_a_segment_is_cut_out_and_has_its_own_time(page):
    second = page.locator(".clip").nth(1)
    assert second.get_attribute("data-zero") == "1.0"
    assert second.locator("video").evaluate("(one) => one.duration") == pytest.approx(2, abs=0.1)
    assert "No words." in second.inner_text() and "happy (70%)" in second.inner_text()


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_any_screen_and_can_be_read(page, width, scheme):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The least contrast for text, by the guidelines WCAG 2.1.
    assert page.evaluate(LEAST_CONTRAST) >= 4.5
    page.emulate_media(color_scheme="light")


def test_words_are_printed(page, first):
    page.emulate_media(media="print")
    assert first.locator(".word").first.is_visible() and not first.locator("video").is_visible()
    page.emulate_media(media="screen")


def test_a_recording_that_is_too_large_is_played_from_its_file(recording, tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "PAGE_BYTES", 1000)
    html = clip_page([(Clip("a b", recording), scored())], NAMES, "runs/mine", recording.parent)
    assert 'src="clip.mp4"' in html and "data:video" not in html
    assert "The recording is longer than 10 minutes" in html


def test_a_recording_that_does_not_stay_is_not_played_where_it_is_too_large(recording, monkeypatch):
    monkeypatch.setattr(page_module, "PAGE_BYTES", 1000)
    html = clip_page([(Clip("a", recording), scored())], NAMES, "runs/mine", None)
    assert "<video" not in html and "MB: it is not played here" in html
    assert "Loudness" in html and "+0.900, 1.4 s" in html


def test_a_text_without_a_recording_has_words_and_no_times():
    clip = types.SimpleNamespace(id="Typed text", path=None)
    html = clip_page([(clip, scored())], NAMES, "runs/mine", None)
    assert 'title="+0.900"' in html and "loved" in html
    assert not any(one in html for one in ("<video", "<audio", "Loudness", "not played", "jumps"))


def test_only_curves_that_are_shown_are_explained(recording):
    silent = extracted(face=Track(np.zeros(0), np.zeros((0, 3))))
    clips = [(Clip("a", recording), scored(found=silent))]
    html = clip_page(clips, NAMES, "runs/mine", None)
    assert html.count("<b>Loudness</b> is the sum") == 1 and "Smile" not in html


def test_where_no_word_counts_much_the_legend_says_so_and_zero_is_not_negative(recording):
    words = [ScoredWord("so", 0.4, 0.9, -1e-5)]
    modalities = [ScoredModality("text", -1e-5, None)]
    html = clip_page(
        [(Clip("a", recording), scored(words=words, modalities=modalities))], NAMES, "mine", None
    )
    assert "counts for little" in html and "raises the score" not in html
    assert "−0.000" not in html and 'title="+0.000, 0.4 s"' in html


def test_of_the_small_model_it_is_said_that_it_reads_words_alone():
    clips = [(types.SimpleNamespace(id="Typed text", path=None), scored())]
    assert ONLY_WORDS in clip_page(clips, NAMES, FIRST_MODEL, None)
    assert ONLY_WORDS not in clip_page(clips, NAMES, "runs/mine", None)


def test_what_people_say_is_shown_as_it_is(recording):
    clip = Clip("<b>id</b>", recording)
    score = scored(notes=["<script>alert(1)</script>"], outputs=np.array([0.1]))
    html = clip_page([(clip, score)], NAMES, "<i>model</i>", recording.parent)
    assert not any(one in html for one in ("<b>id", "<script>alert", "<i>model"))
