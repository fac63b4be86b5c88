"""Frames of one stream, decoded packet by packet; damaged packets are skipped and counted."""

from utils.clips.media.clip_error import ClipError
from utils.clips.media.decoder import FFmpegError

WORST_SHARE = 1 / 3  # of the packets that may be damaged
JUDGED_FROM = 50  # damaged packets, before the end
MOST_STALLS = 20  # read errors one after another


class FrameSource:
    """Decodes one stream of a clip.

    Args:
        clip: An `OpenedClip`.
        stream: One of its streams.
        what: What the stream holds, for messages, such as "picture".
        sought: Whether decoding begins in the middle. Damage before the first frame is then
            expected, and not counted.

    Attributes:
        faults: Number of damaged packets so far.
        after_fault: Whether the latest frame is the first one after damage.
    """

    def __init__(self, clip, stream, what, sought=False):
        self._clip = clip
        self._stream = stream
        self._what = what
        self._sought = sought
        self._packets = 0
        self._decoded = 0
        self._fresh_fault = False
        self.faults = 0
        self.after_fault = False

    def __iter__(self):
        """Yield PyAV's frames.

        Raises:
            ClipError: If the stream is encrypted, or too much of it is damaged.
        """
        for packet in self._read():
            if packet.has_sidedata("encryption_info"):
                raise ClipError(
                    f"{self._clip.path} must not be encrypted. Received: an encrypted "
                    f"{self._what}. Give the file without copy protection."
                )
            self._packets += 1
            try:
                frames = packet.decode()
            except FFmpegError:
                self._add_fault()
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._add_fault()
                    continue
                self._decoded += 1
                self.after_fault, self._fresh_fault = self._fresh_fault, False
                yield frame
        self._check_share()

    def notes(self):
        """Return a sentence about the damage, in a list; empty if there is none."""
        if not self.faults:
            return []
        return [
            f"{self.faults} of {self._packets} packets of the {self._what} are damaged and were "
            "skipped."
        ]

    def _read(self):
        """Yield packets; a read error costs a packet, many one after another end the stream."""
        stalls = 0
        while stalls <= MOST_STALLS:
            try:
                for packet in self._clip.container.demux(self._stream):
                    stalls = 0
                    yield packet
                return
            except FFmpegError:
                stalls += 1
                if stalls == 1:
                    self._add_fault()

    def _add_fault(self):
        if self._sought and not self._decoded:
            return
        self.faults += 1
        self._fresh_fault = True
        if self.faults >= JUDGED_FROM:
            self._check_share()

    def _check_share(self):
        nothing = self.faults and not self._decoded
        if nothing or self.faults > WORST_SHARE * max(self._packets, 1):
            raise ClipError(
                f"{self._clip.path} must have at most a third of damaged packets of the "
                f"{self._what}. Received: {self.faults} of {self._packets}"
                f"{', and nothing that can be decoded' if nothing else ''}. Copy it again, or "
                "repair it with a video editor."
            )
