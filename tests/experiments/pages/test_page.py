"""The page of a run in a real browser; needs Chromium (Debian: apt-get install chromium)."""

import re
from xml.etree import ElementTree

import pytest


@pytest.fixture(scope="module")
def page(open_page, trained_run):
    page = open_page(trained_run / "report.html")
    page.set_viewport_size({"width": 1400, "height": 800})
    return page


def shown(page):
    return [row.inner_text() for row in page.locator("#predictions tbody tr").all()]


def test_filters_choose_rows_and_a_click_opens_attention(page):
    assert page.inner_text("#count") == "10 of 10 samples, page 1 of 1"
    assert page.locator("#before").is_disabled() and page.locator("#after").is_disabled()
    page.fill("#filter-words", "word, 7")
    assert page.inner_text("#count").startswith("1 of 10 samples")
    assert "test_7" in shown(page)[0]
    page.fill("#filter-words", "")
    page.fill("#filter-error", "6")
    assert shown(page) == [] and page.inner_text("#count") == "0 of 10 samples"
    page.fill("#filter-error", "0")
    page.get_by_role("button", name="id", exact=True).click()
    assert [row.split()[0] for row in shown(page)] == [f"test_{i}" for i in range(10)]
    page.get_by_role("button", name="length", exact=True).click()  # the longest first
    longest = shown(page)[0].split()[0]
    page.locator("#predictions tbody tr").first.click()
    assert f"Sample {longest}" in page.inner_text("#sample")
    page.fill("#filter-words", "no sample has this")
    assert not page.locator("#sample").is_visible()
    page.fill("#filter-words", "")
    page.locator("#predictions tbody tr").first.click()
    names = page.locator("#map option").all_inner_texts()
    assert "fusion/layer_0/text_from_audio" in names and "video/layer_0" in names
    first = page.inner_html(".map")
    page.select_option("#map", label="video/layer_0")
    page.select_option("#head", label="head 2")
    assert page.inner_html(".map") != first
    assert page.complaints == []


def test_a_map_leaves_padding_out_and_tells_the_weight_under_the_pointer(page):
    page.locator("#predictions th.length button").click()  # the shortest first
    row = page.locator("#predictions tbody tr").first
    row.click()
    page.select_option("#map", label="text/layer_0")
    steps = int(row.locator("td.length").text_content())
    cells = page.locator(".map rect:has(title)")
    assert cells.count() == steps**2
    cells.first.hover()
    assert re.fullmatch(r"query “1”, key “1”: [01]\.\d{3}", page.inner_text("#weight"))
    assert {"query: steps of text", "key: steps of text", "attention"} <= set(
        page.locator(".map text").all_text_contents()
    )


def test_a_figure_and_a_table_can_be_saved(page):
    with page.expect_download() as saved:
        card = page.locator(".card", has=page.get_by_role("heading", name="Calibration")).first
        card.locator("button", has_text="SVG").click()
    assert saved.value.suggested_filename == "calibration.svg"
    root = ElementTree.parse(saved.value.path()).getroot()
    assert root.get("width") == "244.8pt"  # 3.4 inches, a column of a paper
    card.locator("button", has_text="PDF").click()
    printed = page.locator("iframe.printed").get_attribute("srcdoc")
    assert f"size: {root.get('width')} {root.get('height')}" in printed and "<svg" in printed
    with page.expect_download() as saved:
        page.locator("#controls button", has_text="CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert len(lines) == 11 and lines[0].startswith("id,label,prediction,error,length")


def test_paper_shows_headings_and_the_number_of_rows_in_place_of_buttons(page):
    page.emulate_media(media="print")
    assert page.locator("#predictions th").first.inner_text() == "id"
    assert page.locator("#count").is_visible() and not page.locator("#filter-words").is_visible()
    assert not page.get_by_text("A click on a sample").is_visible()
    page.emulate_media(media="screen")


def test_the_contents_name_every_part_and_mark_the_current_one(page):
    links = page.locator("#contents a")
    assert links.all_inner_texts() == page.locator("main h2").all_inner_texts()
    links.last.click()
    page.wait_for_function("document.querySelector('#contents a:last-child[aria-current]')")
    assert page.locator("#contents").bounding_box()["y"] == 0


def test_it_fits_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
