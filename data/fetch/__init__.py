"""Download published data, or print how to get it by hand."""

from data.fetch.catalogue import CATALOGUE, Entry, PublishedFile, load_catalogue
from data.fetch.download import DownloadFailed, download

__all__ = [
    "CATALOGUE",
    "DownloadFailed",
    "Entry",
    "PublishedFile",
    "download",
    "load_catalogue",
]
