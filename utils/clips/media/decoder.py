"""PyAV, the package that decodes; what it may read, and how much."""

try:
    import av
    from av.error import FFmpegError
    from av.sidedata.sidedata import Type as SideDataType
    from av.stream import Discard, Disposition
    from av.video.reformatter import VideoReformatter
except ImportError as error:
    raise ImportError(
        "Reading clips needs PyAV (av), which is not installed. "
        "Run `pip install -r requirements-clips.txt`."
    ) from error

__all__ = [
    "CHANNELS",
    "FORMATS",
    "LONGEST_EDGE",
    "OPEN_OPTIONS",
    "RATES",
    "TIMELINES_FROM_FIRST_PACKET",
    "Discard",
    "Disposition",
    "FFmpegError",
    "SideDataType",
    "VideoReformatter",
    "av",
]

# Containers whose whole content lies in the file itself. FFmpeg's other demuxers include playlists,
# network protocols, devices, and lists of files, which must never be opened.
FORMATS = (
    *("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpeg", "mpegts", "mpegvideo"),
    *("asf", "flv", "ogg", "wav", "w64", "aiff", "au", "caf", "flac", "mp3", "aac", "ac3"),
    *("eac3", "amr", "wv", "dv"),
)
# These have no time 0 of their own: their timeline begins with their first packet.
TIMELINES_FROM_FIRST_PACKET = ("mpeg", "mpegts", "mpegvideo", "flv", "ogg", "mp3", "aac", "asf")
LONGEST_EDGE = 8192  # pixels of a picture, before decoding
CHANNELS = 64
RATES = (4_000, 768_000)  # Hz
OPEN_OPTIONS = {
    "format_whitelist": ",".join(FORMATS),
    # The file is handed over opened; even `file` is not needed.
    "protocol_whitelist": "none",
    "max_pixels": str(LONGEST_EDGE**2),
    "max_streams": "64",
}
