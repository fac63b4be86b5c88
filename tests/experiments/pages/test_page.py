"""The page of a run in a real browser; needs Chromium (Debian: apt-get install chromium)."""

import pytest


@pytest.fixture(scope="module")
def page(open_page, trained_run):
    return open_page(trained_run / "report.html")


def shown(page):
    return [row.inner_text() for row in page.locator("#predictions tbody tr").all()]


def test_filters_choose_rows_and_a_click_opens_attention(page):
    assert page.inner_text("#count") == "10 of 10 samples, page 1 of 1"
    page.fill("#filter-words", "word, 7")
    assert page.inner_text("#count").startswith("1 of 10 samples")
    assert "test_7" in shown(page)[0]
    page.fill("#filter-words", "")
    page.fill("#filter-error", "6")
    assert shown(page) == []
    page.fill("#filter-error", "0")
    page.get_by_role("button", name="id", exact=True).click()
    assert [row.split()[0] for row in shown(page)] == [f"test_{i}" for i in range(10)]
    page.get_by_role("button", name="length", exact=True).click()  # the longest first
    longest = shown(page)[0].split()[0]
    page.locator("#predictions tbody tr").first.click()
    assert f"Sample {longest}" in page.inner_text("#sample")
    names = page.locator("#map option").all_inner_texts()
    assert "fusion/layer_0/text_from_audio" in names and "video/layer_0" in names
    first = drawn(page)
    page.select_option("#map", label="video/layer_0")
    page.select_option("#head", label="head 2")
    assert drawn(page) != first
    assert page.complaints == []


def drawn(page):
    """Return the attention map's canvas as an address of its picture."""
    return page.evaluate("document.getElementById('attention').toDataURL()")


def test_a_figure_and_a_table_can_be_saved(page):
    with page.expect_download() as saved:
        card = page.locator(".card", has=page.get_by_role("heading", name="Calibration")).first
        card.locator("button", has_text="SVG").click()
    assert saved.value.suggested_filename == "calibration.svg"
    assert saved.value.path().read_text().startswith("<svg")
    with page.expect_download() as saved:
        page.locator("#controls button", has_text="CSV").click()
    lines = saved.value.path().read_text().splitlines()
    assert len(lines) == 11 and lines[0].startswith("id,label,prediction,error,length")


def test_it_fits_a_phone(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
