"""Reasons of failures, in one line."""

from utils.clips.failure import failure_reason
from utils.clips.media import ClipError


def test_a_fault_of_a_library_is_told_with_its_place_and_a_bad_clip_without():
    assert failure_reason(ClipError("Expected.\nReceived: b.")) == "Expected. Received: b."
    assert failure_reason(MemoryError()).startswith("The memory does not suffice.")
    assert failure_reason(PermissionError(13, "Not allowed")) == "[Errno 13] Not allowed."
    try:
        {}["a"]
    except KeyError as error:
        told = failure_reason(error)
        assert told.startswith("KeyError: 'a' (test_failure.py, line ") and told.endswith(").")
