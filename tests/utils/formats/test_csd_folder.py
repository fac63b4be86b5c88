import json

import pytest

from utils.formats.csd_folder import MOSI_FOLDS, find_roles, read_folds
from utils.untrusted.invalid_data import InvalidData


def names_of(folder):
    return {role: path.name for role, path in find_roles(folder).items()}


def fill(folder, *names):
    for name in names:
        (folder / name).touch()
    return folder


MOSI = (
    "CMU_MOSI_TimestampedWordVectors.csd",
    "CMU_MOSI_TimestampedWords.csd",
    "CMU_MOSI_COVAREP.csd",
    "CMU_MOSI_Visual_Facet_41.csd",
    "CMU_MOSI_Opinion_Labels.csd",
)
MOSEI = (
    "CMU_MOSEI_TimestampedWordVectors.csd",
    "CMU_MOSEI_TimestampedWords.csd",
    "CMU_MOSEI_COVAREP.csd",
    "CMU_MOSEI_VisualFacet42.csd",
    "CMU_MOSEI_Labels.csd",
)
ROLES = ("text", "words", "audio", "video", "labels")


@pytest.mark.parametrize("names", [MOSI, MOSEI])
def test_roles_by_name(tmp_path, names):
    assert names_of(fill(tmp_path, *names)) == dict(zip(ROLES, names, strict=True))


def test_the_preferred_of_several(tmp_path):
    fill(tmp_path, *MOSI, "CMU_MOSI_TimestampedWordVectors_1.1.csd", "CMU_MOSI_Visual_Facet_42.csd")
    fill(tmp_path, "CMU_MOSI_openSMILE_IS09.csd", "CMU_MOSI_Visual_OpenFace_2.csd")
    fill(tmp_path, "CMU_MOSI_LabelsEmotions.csd", "CMU_MOSI_TimestampedPhones.csd")
    assert names_of(tmp_path) == {
        "text": "CMU_MOSI_TimestampedWordVectors_1.1.csd",
        "words": "CMU_MOSI_TimestampedWords.csd",
        "audio": "CMU_MOSI_COVAREP.csd",
        "video": "CMU_MOSI_Visual_Facet_42.csd",
        "labels": "CMU_MOSI_Opinion_Labels.csd",
    }


def test_what_serves_instead(tmp_path):
    fill(tmp_path, "x_glove.csd", "x_OpenSmile_EB10.csd", "x_openSMILE_IS09.csd")
    fill(tmp_path, "x_OpenFace_1.csd", "x_VisualOpenFace2.CSD", "CMU_MOSEI_LabelsSentiment.csd")
    assert names_of(tmp_path) == {
        "text": "x_glove.csd",
        "audio": "x_openSMILE_IS09.csd",
        "video": "x_VisualOpenFace2.CSD",
        "labels": "CMU_MOSEI_LabelsSentiment.csd",
    }


@pytest.mark.parametrize("missing", [0, 2, 3, 4])
def test_missing_role(tmp_path, missing):
    fill(tmp_path, *(name for i, name in enumerate(MOSI) if i != missing))
    message = rf"no sequence of the {ROLES[missing]}\. Expected: .*sequences\.json.*Received: CMU"
    with pytest.raises(FileNotFoundError, match=message):
        find_roles(tmp_path)


def test_emotions_are_no_labels(tmp_path):
    fill(tmp_path, *MOSEI[:4], "CMU_MOSEI_LabelsEmotions.csd")
    with pytest.raises(FileNotFoundError, match="no sequence of the labels"):
        find_roles(tmp_path)


def test_sequences_json_comes_first(tmp_path):
    fill(tmp_path, *MOSI, "mine.csd")
    (tmp_path / "sequences.json").write_text('{"audio": "mine.csd"}')
    assert names_of(tmp_path)["audio"] == "mine.csd"
    assert names_of(tmp_path)["video"] == "CMU_MOSI_Visual_Facet_41.csd"


@pytest.mark.parametrize(
    "name", ["../x.csd", "sub/x.csd", "/x.csd", "..\\x.csd", "..", "", "a\0b", None, 3]
)
def test_sequences_json_stays_in_the_folder(tmp_path, name):
    data = tmp_path / "data"
    (data / "sub").mkdir(parents=True)
    fill(data, *MOSI, "sub/x.csd", "../x.csd")
    (data / "sequences.json").write_text(json.dumps({"audio": name}))
    with pytest.raises(InvalidData, match=r"sequences\.json, 'audio', must be the name of a file"):
        find_roles(data)


def test_sequences_json_names_a_missing_file(tmp_path):
    (tmp_path / "sequences.json").write_text('{"audio": "gone.csd"}')
    with pytest.raises(FileNotFoundError, match=r"gone\.csd.*sequence of the audio"):
        find_roles(tmp_path)


MALFORMED = [b"", b"{", b"[1]", b"3", b"\xff{}", b"[" * 100_000]


@pytest.mark.parametrize("content", [*MALFORMED, b'{"sound": "x.csd"}'])
def test_malformed_sequences_json(tmp_path, content):
    (tmp_path / "sequences.json").write_bytes(content)
    with pytest.raises(InvalidData, match=r"sequences\.json must .*Received: "):
        find_roles(tmp_path)


@pytest.mark.parametrize(
    "content", [*MALFORMED, b'{"dev": []}', b'{"train": "abc"}', b'{"train": [1]}']
)
def test_malformed_folds(tmp_path, content):
    (tmp_path / "folds.json").write_bytes(content)
    with pytest.raises(InvalidData, match=r"folds\.json.* must .*Received: "):
        read_folds(tmp_path, {})


@pytest.mark.parametrize("video", ["", "a\nb", "\udcff", "\x1b[2J"])
def test_video_ids_are_printable(tmp_path, video):
    (tmp_path / "folds.json").write_text(json.dumps({"train": [video]}))
    with pytest.raises(InvalidData, match="printable strings") as caught:
        read_folds(tmp_path, {})
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("folds", [{"train": ["a"], "test": ["b", "a"]}, {"train": ["a", "a"]}])
def test_a_video_in_two_places(tmp_path, folds):
    (tmp_path / "folds.json").write_text(json.dumps(folds))
    with pytest.raises(InvalidData, match=r"each video once\. Received: 'a' in train and in t"):
        read_folds(tmp_path, {})


def test_folds_of_the_folder_come_first(tmp_path):
    roles = find_roles(fill(tmp_path, *MOSI))
    assert read_folds(tmp_path, roles)[0] == MOSI_FOLDS
    (tmp_path / "folds.json").write_text('{"train": ["a"]}')
    assert read_folds(tmp_path, roles) == (tmp_path / "folds.json", {"train": ["a"]})


def test_missing_folds(tmp_path):
    roles = find_roles(fill(tmp_path, *MOSEI))
    with pytest.raises(FileNotFoundError, match=r'folds\.json\. Expected: .*"train": \["VIDEO"\]'):
        read_folds(tmp_path, roles)


def test_standard_folds_of_mosi(tmp_path):
    _, folds = read_folds(tmp_path, find_roles(fill(tmp_path, *MOSI)))
    assert {name: len(videos) for name, videos in folds.items()} == {
        "train": 52,
        "valid": 10,
        "test": 31,
    }
    videos = [video for fold in folds.values() for video in fold]
    assert len(set(videos)) == 93 and all(len(video) == 11 for video in videos)
    assert "2iD-tVS8NPw" in folds["train"] and "tmZoasNr4rU" in folds["test"]
