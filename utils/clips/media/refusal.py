"""Why a file is no recording, in words, from its first bytes."""

import codecs
import itertools
import re
import struct

EXPECTED = "a recording, such as mp4, mkv, webm, mpg, avi, wav, flac or mp3"
HEAD = 4096  # bytes
PLAYLIST = re.compile(
    r"#EXTM3U|ffconcat|\[playlist\]|\[reference\]|rtsptext|<(mpd|asx|smil|playlist|smoothstreaming)"
    r"|^v=0\s*$|^file\s|^\w+://",
    re.IGNORECASE | re.MULTILINE,
)
# ISO/IEC 14496-12: the boxes around `dref`, from the outermost.
PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"dinf")
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n")  # JPEG and PNG
SELF_CONTAINED = 1  # flag of an entry of `dref`
MOST_BOXES = 100_000  # a hostile file could hold a box in every 8 bytes
LARGEST_TABLE = 65_536  # bytes of a `dref` box that are looked at


def why_refused(file, error):
    """Return what a file is that the decoder refused, and what to do: two sentences.

    Args:
        file: The file, opened for bytes.
        error: The decoder's error.
    """
    file.seek(0)
    head = file.read(HEAD)
    if _is_text(head):
        if PLAYLIST.search(head.decode("utf-8", "replace")):
            return "Received: a playlist or a list of other files. Name those files themselves."
        return "Received: a text file. Name the recording itself."
    if head.startswith(PICTURES):
        return "Received: a picture. Name a recording."
    if not head.strip(b"\0"):
        return "Received: zeros, as after a broken copy. Copy it again."
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return (
            "Received: an mp4 file without a complete index (moov), as when a recording or a copy "
            "breaks off. Copy it again, or repair it with a tool such as untrunc."
        )
    reason = getattr(error, "strerror", None) or error
    return f"Received: a file of another kind, or a damaged one ({reason}). Convert it to mp4."


def _is_text(head):
    try:
        # The last letter may be cut, which this decoder allows.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


def names_other_files(file):
    """Return whether a file in the mp4 family takes its content from other files.

    The table `dref` of a track lists the files with its samples; an entry with the flag 1 means
    this file. A box `rmra` lists whole films.

    Args:
        file: The file, opened for bytes. It is at its beginning afterwards.

    Reference:
        ISO/IEC 14496-12, 8.7.2; Apple, "QuickTime File Format", reference movies.
    """
    end = file.seek(0, 2)
    found = any(
        kind == b"rmra"
        or (kind == b"dref" and _points_elsewhere(file.read(min(size, LARGEST_TABLE))))
        for kind, size in itertools.islice(_boxes(file, 0, end), MOST_BOXES)
    )
    file.seek(0)
    return found


def _boxes(file, start, end, depth=0):
    """Yield the kind and size of boxes, down to `dref`; the file stands at the content of each."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:
            size, header = int.from_bytes(file.read(8), "big"), 16
        stop = min(start + size, end) if size else end
        if (size and size < header) or not kind.isalnum():
            return
        yield kind, stop - start - header
        if depth < len(PARENTS) and kind == PARENTS[depth]:
            yield from _boxes(file, start + header, stop, depth + 1)
        start = stop


def _points_elsewhere(table):
    """Return whether an entry of a `dref` box lacks the flag for this file."""
    place = 8  # version, flags and the number of entries
    while place + 12 <= len(table):
        size = int.from_bytes(table[place : place + 4], "big")
        if not table[place + 11] & SELF_CONTAINED:
            return True
        place += max(size, 12)
    return False
