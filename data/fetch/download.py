"""Download a file with `huggingface_hub`: resumed, verified, complete or not at all."""

import fcntl
import hashlib
import os
import re
import shutil

from utils.environment import file_checksum

HUB = "https://huggingface.co"


class DownloadFailed(OSError):
    """A download that failed; the message says what is kept on the disk and what to do."""


def download(url, path, sha256):
    """Download a file to `path`.

    The data is first written to `NAME.VERSION.part` beside `path`, where VERSION is made from the
    address and the ETag of the file. This file stays if the connection, the disk or the user stops
    the download, and the next call continues it. If the file on the server has changed, the
    download starts again. The environment variable HF_ENDPOINT names a mirror of Hugging Face;
    HF_HUB_DOWNLOAD_TIMEOUT sets the seconds to wait for an answer. No access token is sent. On a
    terminal the library shows a progress bar.

    Args:
        url: An http or https address.
        path: The `Path` of the new file, in an existing folder.
        sha256: The published SHA-256 of the file.

    Raises:
        DownloadFailed: If the server, the network or the disk fails, another process downloads
            the file, or the checksum differs. A file with a wrong checksum is deleted.
    """
    # The library reads this variable when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import httpx2
    from huggingface_hub import get_hf_file_metadata
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()
    url = url.replace(HUB, os.environ.get("HF_ENDPOINT", HUB).rstrip("/"), 1)
    part = None
    try:
        found = get_hf_file_metadata(url, token=False)
        _check_etag(url, found.etag or "", sha256)
        version = hashlib.sha256(f"{url} {found.etag}".encode()).hexdigest()[:8]
        part = path.with_name(f"{path.name}.{version}.part")
        _receive(url, part, found.size)
    except DownloadFailed:
        raise
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise DownloadFailed(
            f"{url} cannot be downloaded. Expected: the whole file. Received: {_reason(error)}. "
            f"{_kept(part)} Check the network, the proxy settings, the address and the free disk "
            "space, and run the command again."
        ) from error
    _verify(url, part, sha256)
    part.rename(path)
    for old in path.parent.glob(f"{path.name}.*.part"):
        old.unlink()


def _check_etag(url, etag, sha256):
    """Refuse a wrong file early: the ETag of a large file on Hugging Face is its SHA-256."""
    if re.fullmatch("[0-9a-f]{64}", etag) and etag != sha256:
        raise DownloadFailed(
            f"{url} is not the published file. Expected: SHA-256 {sha256}. Received: SHA-256 "
            f"{etag}, according to the server. Nothing was downloaded; the file may have changed."
        )


def _receive(url, part, size):
    """Append the missing bytes to the file `part`."""
    from huggingface_hub.file_download import http_get

    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DownloadFailed(
                f"{part} must not be in use. Received: a file that another process downloads. "
                "Wait until it has finished."
            ) from error
        done = part.stat().st_size
        free = shutil.disk_usage(part.parent).free
        try:
            if size is not None and size - done > free:
                raise DownloadFailed(
                    f"{url} does not fit on the disk of {part.parent}. Expected: {size - done} "
                    f"bytes free. Received: {free}. Free some space, or choose another folder."
                )
            # Without compression, the received bytes are the published bytes.
            headers = {"Accept-Encoding": "identity"}
            name = part.name.rsplit(".", 2)[0]
            http_get(
                url,
                file,
                resume_size=done,
                headers=headers,
                expected_size=size,
                displayed_filename=name,
            )
        finally:
            file.flush()
            if not part.stat().st_size:
                part.unlink()


def _verify(url, part, sha256):
    received = file_checksum(part)
    if received != sha256:
        size = part.stat().st_size
        part.unlink()
        raise DownloadFailed(
            f"{url} is not the published file. Expected: SHA-256 {sha256}. Received: SHA-256 "
            f"{received}, {size} bytes. They were deleted; the file at this address may have "
            "changed, or the answer is an error page."
        )


def _reason(error):
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code} {response.reason_phrase}"
    return f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}".rstrip(".")


def _kept(part):
    if part is None or not part.exists():
        return "Nothing was kept."
    return f"{part} keeps {part.stat().st_size} bytes; the next run continues from there."
