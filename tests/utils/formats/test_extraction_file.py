import copy
import json

import pytest

from utils.formats.extraction_file import check_same_extraction, read_extraction
from utils.untrusted.invalid_data import InvalidData

EXTRACTION = {
    "version": 2,
    "settings": {
        "align": "words",
        "asr": "moonshine",
        "language": "en",
        "face": "mesh",
        "face_fps": 10.0,
        "audio": "voice",
        "text": "vectors",
    },
    "names": {"text": ["one"], "audio": ["f0"], "video": ["smile", "nod"]},
    "models": {"words": {"ears": "ab" * 32}, "text": {}, "audio": {}, "video": {"eyes": "cd" * 32}},
}
ALL = ("text", "audio", "video")


def changed(*keys, value):
    found = copy.deepcopy(EXTRACTION)
    inner = found
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return found


DIFFERENCES = {
    "an older version": (
        changed("version", value=1),
        r"Expected: version 2 of the extraction\. Received: version 1\. Extract the recordings ag",
    ),
    "a newer version": (changed("version", value=3), r"Received: version 3\. Train again on"),
    "a setting": (
        changed("settings", "face_fps", value=5.0),
        r"Expected: --face-fps 10\.0\. Received: --face-fps 5\.0\. Extract with --face-fps 10\.0\.",
    ),
    "a model": (
        changed("models", "words", "ears", value="ef" * 32),
        r"the model ears with SHA-256 abababababab\. Received: efefefefefef\. Install the packages",
    ),
    "a feature": (
        changed("names", "video", value=["smile"]),
        r"the 2 features of video that its run names\. Received: 1 others",
    ),
    "none": (
        None,
        r"made\. Received: features that `data\.extract` has not made\. Extract the rec",
    ),
}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_features_of_another_extraction_are_refused_with_what_differs(what):
    found, told = DIFFERENCES[what]
    with pytest.raises(InvalidData, match=rf"^DIR must hold features of the extraction.*{told}"):
        check_same_extraction(EXTRACTION, found, ALL, "DIR")


def test_published_features_are_no_extraction():
    with pytest.raises(InvalidData, match=r"has not made\. Received.*Train on features of"):
        check_same_extraction(None, EXTRACTION, ["audio"], "DIR")
    check_same_extraction(None, None, ALL, "DIR")


def test_what_is_not_used_may_differ():
    check_same_extraction(EXTRACTION, copy.deepcopy(EXTRACTION), ALL, "DIR")
    other = changed("settings", "face_fps", value=5.0)
    check_same_extraction(EXTRACTION, other, ["text", "audio"], "DIR")
    check_same_extraction(EXTRACTION, None, [], "DIR")


def test_a_damaged_file_is_named(tmp_path):
    assert read_extraction(tmp_path) is None and read_extraction(tmp_path / "file") is None
    path = tmp_path / "extraction.json"
    path.write_text(json.dumps(EXTRACTION))
    assert read_extraction(tmp_path) == EXTRACTION
    for content in ("{", "[]", json.dumps({**EXTRACTION, "names": 3})):
        path.write_text(content)
        with pytest.raises(
            InvalidData, match=r"extraction\.json cannot be read\..*`data\.extract`"
        ):
            read_extraction(tmp_path)
