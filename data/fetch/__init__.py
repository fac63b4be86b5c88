"""Gets published data: downloads what has a stable address, and says how to get the rest."""

from data.fetch.catalogue import CATALOGUE, Entry, PublishedFile, load_catalogue
from data.fetch.http_file import Patience, download
from data.fetch.part_file import DownloadFailed

__all__ = [
    "CATALOGUE",
    "DownloadFailed",
    "Entry",
    "Patience",
    "PublishedFile",
    "download",
    "load_catalogue",
]
