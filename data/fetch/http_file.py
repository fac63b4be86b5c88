"""Download a file over HTTP: resumed after a cut, verified, whole or not at all."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

from data.fetch.part_file import DownloadFailed, PartFile
from utils.environment import file_checksum

BLOCK_BYTES = 256 * 1024
LONGEST_PAUSE = 60.0
# Worth another try: timeout, too early, too many requests, and every fault of the server.
PASSING = (408, 425, 429)
HOPELESS = (
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.SSLError,
    requests.exceptions.TooManyRedirects,
)


class _Interrupted(Exception):
    """A failure that may pass."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes:
        timeout: Seconds without an answer or a byte after which a try has failed.
        attempts: Tries in a row that bring nothing new before the download fails.
        pause: Seconds before the second try; twice as long before each further one.
    """

    timeout: float = 30.0
    attempts: int = 4
    pause: float = 1.0


PATIENCE = Patience()


def download(
    url: str,
    path: Path,
    sha256: str,
    patience: Patience = PATIENCE,
    report: Callable[[int, int | None], None] = lambda done, total: None,
):
    """Download a file to `path`, by way of `path`.part.

    What is received stays in the `.part` file if the connection is cut, the disk is full or the
    user stops, and the next call goes on from there with a range request (RFC 9110, sections 13.1.5
    and 14.2). `.part.json` keeps the address and the version (ETag or date) of what was begun, so
    that a file that changed on the server is begun anew. A server without ranges sends all again.

    Args:
        url: An http or https address.
        path: The file to make; it must not exist.
        sha256: Its SHA-256.
        patience: How long to wait for the server.
        report: Called with the bytes so far and those of the whole file, or `None` if the server
            does not tell.

    Raises:
        DownloadFailed: If the address, the server or the disk fails; if another process downloads
            the file; or if the checksum differs, in which case nothing is kept.
        FileExistsError: If `path` exists.
    """
    _check_absent(path)
    with PartFile(path, url) as part, requests.Session() as session:
        resumed = part.size > 0
        _receive_all(session, part, patience, report)
        received = file_checksum(part.path)
        if received != sha256 and resumed:
            part.restart()
            _receive_all(session, part, patience, report)
            received = file_checksum(part.path)
        if received != sha256:
            size = part.size
            part.restart()
            raise DownloadFailed(
                f"{url} does not hold the published file. Expected: SHA-256 {sha256}. "
                f"Received: SHA-256 {received}, {size} bytes. They were deleted; the file at this "
                "address may have changed, or what came is an error page."
            )
        _check_absent(path)
        part.finish(path)


def _check_absent(path):
    if path.exists():
        raise FileExistsError(
            f"{path} must not exist before it is downloaded. Received: a file or folder of that "
            "name. Move it away."
        )


def _receive_all(session, part, patience, report):
    """Try until the whole file is there or nothing new comes."""
    failures, most = 0, part.size
    while True:
        try:
            _receive(session, part, patience.timeout, report)
            return
        except _Interrupted as error:
            failures = 1 if part.size > most else failures + 1
            most = max(most, part.size)
            if failures >= patience.attempts:
                raise DownloadFailed(
                    f"{part.url} cannot be downloaded. Expected: the whole file. Received: "
                    f"{error}, {failures} times. {part.kept()} Run the command again later."
                ) from error
            time.sleep(min(patience.pause * 2 ** (failures - 1), LONGEST_PAUSE))


def _receive(session, part, timeout, report):
    """Ask once for what is missing, and append it."""
    headers = {"Accept-Encoding": "identity"}
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        if part.version:
            headers["If-Range"] = part.version
    total = None
    try:
        with session.get(part.url, headers=headers, stream=True, timeout=timeout) as response:
            if response.status_code == 416 and _declared_total(response) == part.size:
                return
            total = _accept(response, part)
            report(part.size, total)
            # Unlike `iter_content`, this hands over what came before a cut.
            while block := response.raw.read1(BLOCK_BYTES):
                part.append(block)
                report(part.size, total)
    except HOPELESS as error:
        raise DownloadFailed(
            f"{part.url} cannot be downloaded. Expected: a server that answers to http or https. "
            f"Received: {error}. Check the address and the clock of this machine."
        ) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _Interrupted(_in_words(error)) from error
    if total is not None and part.size < total:
        raise _Interrupted(f"a connection that ended at {part.size} of {total} bytes")


def _accept(response, part):
    """Check an answer, make ready to append its body, and return the size of the whole file."""
    status = response.status_code
    if status == 416:
        part.restart()
        raise _Interrupted("HTTP 416, a file that changed on the server")
    if status in PASSING or status >= 500:
        raise _Interrupted(f"HTTP {status} {response.reason}")
    if status not in (200, 206):
        raise DownloadFailed(
            f"{part.url} cannot be downloaded. Expected: HTTP 200. Received: HTTP {status} "
            f"{response.reason}. {part.kept()} The file may have moved; look at where the data is "
            "published."
        )
    version = _version(response)
    if status == 206:
        start = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
        changed = part.version and version and part.version != version
        if not start or int(start[1]) != part.size or changed:
            part.restart()
            raise _Interrupted("a file that changed on the server")
        total = _declared_total(response)
    else:
        part.restart()
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdigit() else None
    part.remember(version)
    part.check_room(total)
    return total


def _version(response):
    """Return what identifies the file's version in an If-Range header, or an empty text."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _declared_total(response):
    total = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
    return int(total[1]) if total else None


def _in_words(error):
    if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "a connection that was cut"
    reason = getattr(error.args[0], "reason", error) if error.args else error
    return f"no connection ({reason})"
