"""Reasons of failures, in one line."""

from utils.clips.failure import failure_reason
from utils.clips.media import ClipError


def test_a_fault_of_a_library_is_told_with_its_place_and_a_bad_clip_without():
    assert failure_reason(ClipError("Expected.\nReceived: b.")) == "Expected. Received: b."
    assert "the memory does not suffice" in failure_reason(MemoryError())
    try:
        {}["a"]
    except KeyError as error:
        assert failure_reason(error).startswith("KeyError: 'a' (test_failure.py, line ")
