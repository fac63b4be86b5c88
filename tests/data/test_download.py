import fcntl
import resource
import shutil
import time

import pytest

from data.fetch import DownloadFailed, download
from data.fetch.download import HUB
from tests.data.hub import CONTENT, PATH, SHA256, served

HALF = len(CONTENT) // 2
URL = HUB + PATH


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


@pytest.fixture(autouse=True)
def short_pauses_and_chunks(monkeypatch):
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.01)))
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.bin"


def names(directory):
    return sorted(p.name for p in directory.iterdir())


def the_part(path):
    (part,) = path.parent.glob("data.bin.*.part")
    return part


def test_a_file_is_downloaded_and_nothing_else_is_left(hub, path):
    download(URL, path, SHA256)
    assert path.read_bytes() == CONTENT and names(path.parent) == ["data.bin"]
    assert hub.asked == [None]
    assert not any("Authorization" in headers for headers in hub.headers)


def test_a_cut_connection_is_continued_where_it_ended(hub, path):
    hub.cuts = [HALF, 1000]
    download(URL, path, SHA256)
    assert path.read_bytes() == CONTENT
    assert hub.asked == [None, f"bytes={HALF}-", f"bytes={HALF + 1000}-"]


def test_a_later_run_transfers_only_the_rest(hub, path):
    hub.cuts = [HALF] + [0] * 50
    with pytest.raises(DownloadFailed, match=rf"\.part keeps {HALF} bytes; the next run"):
        download(URL, path, SHA256)
    assert not path.exists() and the_part(path).read_bytes() == CONTENT[:HALF]
    hub.cuts, hub.asked = [], []
    download(URL, path, SHA256)
    assert path.read_bytes() == CONTENT and hub.asked == [f"bytes={HALF}-"]
    assert names(path.parent) == ["data.bin"]


def test_a_file_that_changed_on_the_server_starts_again(hub, path):
    hub.tag, hub.content, hub.cuts = "v1", CONTENT[::-1], [HALF] + [0] * 50
    with pytest.raises(DownloadFailed):
        download(URL, path, SHA256)
    hub.tag, hub.content, hub.cuts, hub.asked = "v2", CONTENT, [], []
    download(URL, path, SHA256)
    assert path.read_bytes() == CONTENT and hub.asked == [None]
    assert names(path.parent) == ["data.bin"]


def test_a_server_without_ranges_sends_the_whole_file_again(hub, path):
    hub.ranges, hub.cuts = False, [HALF]
    download(URL, path, SHA256)
    assert path.read_bytes() == CONTENT


def test_a_wrong_checksum_keeps_nothing(hub, path):
    hub.tag = "v1"
    with pytest.raises(DownloadFailed) as error:
        download(URL, path, "0" * 64)
    assert f"Expected: SHA-256 {'0' * 64}. Received: SHA-256 {SHA256}" in str(error.value)
    assert names(path.parent) == []


def test_a_file_with_another_checksum_on_the_hub_is_not_downloaded(hub, path):
    with pytest.raises(DownloadFailed, match=r"according to the server\. Nothing was downloaded"):
        download(URL, path, "0" * 64)
    assert hub.asked == [] and names(path.parent) == []


@pytest.mark.parametrize(
    ("status", "text"),
    [(404, "Received: HTTP 404 Not Found. Nothing was kept"), (403, "HTTP 403"), (500, "HTTP 500")],
)
def test_an_error_of_the_server_is_named(hub, path, status, text):
    hub.status = status
    with pytest.raises(DownloadFailed, match=text):
        download(URL, path, SHA256)
    assert names(path.parent) == []


def test_no_network_is_named(hub, path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(DownloadFailed, match=r"ConnectError.*Check the network, the proxy"):
        download(URL, path, SHA256)
    assert names(path.parent) == []


def test_a_file_larger_than_the_disk_is_refused_at_once(hub, path):
    hub.declared = shutil.disk_usage(path.parent).free + 10**12
    with pytest.raises(DownloadFailed, match="does not fit on the disk"):
        download(URL, path, SHA256)
    assert hub.asked == [] and names(path.parent) == []


def test_a_full_disk_keeps_the_received_part(hub, path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, before[1]))
    try:
        with pytest.raises(DownloadFailed, match=rf"keeps {HALF} bytes.* the free disk space"):
            download(URL, path, SHA256)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    download(URL, path, SHA256)
    assert path.read_bytes() == CONTENT and hub.asked[-1] == f"bytes={HALF}-"


def test_two_downloads_of_one_file_do_not_mix(hub, path):
    hub.cuts = [HALF] + [0] * 50
    with pytest.raises(DownloadFailed):
        download(URL, path, SHA256)
    with the_part(path).open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DownloadFailed, match="another process downloads"):
            download(URL, path, SHA256)
    assert the_part(path).read_bytes() == CONTENT[:HALF]
