import json
import resource
import shutil

import pytest

from data.fetch import DownloadFailed, Patience, http_file
from data.fetch.http_file import download
from data.fetch.part_file import PartFile
from tests.data.http_site import CONTENT, SHA256, served

HALF = len(CONTENT) // 2
QUICK = Patience(timeout=5, attempts=3, pause=0)


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as site:
        yield site


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.bin"


def part_of(path):
    return path.with_name(path.name + ".part")


def leave_part(path, content, url=None, version=""):
    """Write what an earlier, interrupted download left."""
    part_of(path).write_bytes(content)
    if url:
        note = {"url": url, "version": version}
        path.with_name(path.name + ".part.json").write_text(json.dumps(note))


def names(directory):
    return sorted(p.name for p in directory.iterdir())


def test_a_file_is_downloaded_and_nothing_else_is_left(site, path):
    reports = []
    download(site.url, path, SHA256, QUICK, lambda *report: reports.append(report))
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["data.bin"]
    assert reports[0] == (0, len(CONTENT)) and reports[-1] == (len(CONTENT), len(CONTENT))
    assert site.asked == [(None, None)]


def test_a_cut_connection_is_taken_up_where_it_ended(site, path):
    site.cuts = [HALF, 1000]
    download(site.url, path, SHA256, QUICK)
    assert path.read_bytes() == CONTENT
    assert site.asked == [
        (None, None),
        (f"bytes={HALF}-", '"v1"'),
        (f"bytes={HALF + 1000}-", '"v1"'),
    ]
    assert site.sent == len(CONTENT)


def test_a_later_run_resumes_and_transfers_only_the_rest(site, path):
    site.cuts = [HALF, 0, 0, 0]
    with pytest.raises(DownloadFailed, match=rf"data.bin.part keeps {HALF} bytes, from"):
        download(site.url, path, SHA256, QUICK)
    assert not path.exists() and part_of(path).read_bytes() == CONTENT[:HALF]
    site.cuts, site.asked, site.sent = [], [], 0
    download(site.url, path, SHA256, QUICK)
    assert path.read_bytes() == CONTENT
    assert site.asked == [(f"bytes={HALF}-", '"v1"')] and site.sent == len(CONTENT) - HALF
    assert names(path.parent) == ["data.bin"]


def test_a_part_without_a_note_is_resumed_too(site, path):
    leave_part(path, CONTENT[:HALF])
    download(site.url, path, SHA256, QUICK)
    assert path.read_bytes() == CONTENT
    assert site.asked == [(f"bytes={HALF}-", None)]


def test_a_part_that_was_complete_is_verified_and_taken(site, path):
    leave_part(path, CONTENT, site.url, '"v1"')
    download(site.url, path, SHA256, QUICK)
    assert path.read_bytes() == CONTENT and site.sent == 0


@pytest.mark.parametrize("heed_if_range", [True, False])
def test_a_file_that_changed_on_the_server_is_begun_anew(site, path, heed_if_range):
    leave_part(path, b"old" * 1000, site.url, '"v0"')
    site.heed_if_range = heed_if_range
    download(site.url, path, SHA256, QUICK)
    assert path.read_bytes() == CONTENT
    assert site.asked[0] == ("bytes=3000-", '"v0"')


@pytest.mark.parametrize("length", [3000, 2 * len(CONTENT)])
def test_a_part_of_something_else_is_found_by_the_checksum(site, path, length):
    leave_part(path, b"x" * length)
    download(site.url, path, SHA256, QUICK)
    assert path.read_bytes() == CONTENT


def test_a_part_from_another_address_is_begun_anew(site, path):
    leave_part(path, CONTENT[:HALF], "http://127.0.0.1/other", '"v1"')
    download(site.url, path, SHA256, QUICK)
    assert site.asked == [(None, None)]


def test_a_server_without_ranges_sends_all_again(site, path):
    site.ranges = False
    site.cuts = [HALF]
    download(site.url, path, SHA256, QUICK)
    assert path.read_bytes() == CONTENT and site.sent == HALF + len(CONTENT)


def test_a_server_without_ranges_that_always_cuts_is_given_up(site, path):
    site.ranges = False
    site.cuts = [HALF] * 20
    with pytest.raises(DownloadFailed, match="a connection that"):
        download(site.url, path, SHA256, QUICK)
    assert len(site.asked) <= 4


def test_weak_tags_are_not_sent_as_a_condition(site, path):
    site.tag = 'W/"v1"'
    site.cuts = [HALF]
    download(site.url, path, SHA256, QUICK)
    assert site.asked[1] == (f"bytes={HALF}-", None)


def test_a_wrong_checksum_keeps_nothing(site, path):
    with pytest.raises(DownloadFailed) as error:
        download(site.url, path, "0" * 64, QUICK)
    assert f"Expected: SHA-256 {'0' * 64}. Received: SHA-256 {SHA256}" in str(error.value)
    assert names(path.parent) == []


def test_a_passing_fault_of_the_server_is_waited_for(site, path, monkeypatch):
    pauses = []
    monkeypatch.setattr(http_file.time, "sleep", pauses.append)
    site.statuses = [503, 429, 500]
    download(site.url, path, SHA256, Patience(5, 4, pause=2))
    assert path.read_bytes() == CONTENT
    assert [pause for pause in pauses if pause] == [2, 4, 8]


@pytest.mark.parametrize(
    ("status", "tries", "text"),
    [(404, 1, "Expected: HTTP 200. Received: HTTP 404 Not Found"), (403, 1, "HTTP 403"),
     (500, 3, "Received: HTTP 500 Internal Server Error, 3 times")],
)  # fmt: skip
def test_an_error_of_the_server_is_named(site, path, status, tries, text):
    site.statuses = [status] * 10
    with pytest.raises(DownloadFailed, match=text):
        download(site.url, path, SHA256, QUICK)
    assert len(site.asked) == tries and names(path.parent) == []


def test_a_silent_server_is_given_up(site, path):
    site.silent = 0.5
    with pytest.raises(DownloadFailed, match="Received: no answer in time, 2 times"):
        download(site.url, path, SHA256, Patience(0.1, 2, 0))


def test_a_closed_port_is_named(site, path):
    with pytest.raises(DownloadFailed, match=r"Received: no connection .*2 times"):
        download("http://127.0.0.1:1/x", path, SHA256, Patience(1, 2, 0))
    assert names(path.parent) == []


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_a_redirect_leads_to_http_alone(site, path, address):
    site.redirect = address
    with pytest.raises(DownloadFailed, match="answers to http or https"):
        download(site.url, path, SHA256, QUICK)
    assert names(path.parent) == []


def test_a_file_larger_than_the_disk_is_refused_at_once(site, path, monkeypatch):
    site.declared = shutil.disk_usage(path.parent).free + 10**12
    with pytest.raises(DownloadFailed, match="does not fit on the disk"):
        download(site.url, path, SHA256, QUICK)
    assert names(path.parent) == []


def test_a_full_disk_keeps_what_came_and_is_resumed(site, path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, before[1]))
    try:
        with pytest.raises(DownloadFailed, match=rf"keeps {HALF} bytes, .* Free some space"):
            download(site.url, path, SHA256, QUICK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(path.parent) == ["data.bin.part", "data.bin.part.json"]
    download(site.url, path, SHA256, QUICK)
    assert path.read_bytes() == CONTENT and site.asked[-1][0] == f"bytes={HALF}-"


def test_two_downloads_of_one_file_do_not_mix(site, path):
    with PartFile(path, site.url) as part:
        part.append(b"mine")
        with pytest.raises(DownloadFailed, match="another process is downloading"):
            download(site.url, path, SHA256, QUICK)
        assert part_of(path).read_bytes() == b"mine"
