from pathlib import Path

import pytest

from utils.clips.media import Clip, ClipError, clip_list
from utils.untrusted.invalid_data import InvalidData


@pytest.fixture
def folder(tmp_path):
    for name in ("b/two.MP4", "a.wav", "a.mp4", "b/notes.txt", "b/._two.mp4", "c/deep/x.mkv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def ids(*sources):
    return [clip.id for clip in clip_list(sources)]


def test_a_folder_gives_its_recordings_by_relative_path(folder):
    assert ids(folder) == ["a.mp4", "a.wav", "b/two", "c/deep/x"]


def test_files_patterns_and_folders_together_give_each_recording_once(folder):
    assert ids(folder / "b" / "two.MP4", folder / "b") == ["two"]
    assert ids(f"{folder}/**/*.mkv") == ["x"]
    assert ids(f"{folder}/*/*.*4", f"{folder}/a.wav") == ["two", "a"]
    assert ids(folder / "b" / "notes.txt") == ["notes"]


def test_files_of_the_same_name_get_different_ids(tmp_path):
    for name in ("one/x.mp4", "two/x.mp4", "two/x.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = ids(tmp_path / "one" / "x.mp4", tmp_path / "two")
    assert found == ["x.mp4", "x.mp4#2", "x.wav"]


def test_a_file_name_with_odd_characters_gives_a_usable_id(tmp_path):
    (tmp_path / "a\\b\nc.mp4").touch()
    assert ids(tmp_path) == ["a_b_c"]


def test_a_table_gives_its_rows(tmp_path):
    table = tmp_path / "clips.csv"
    table.write_text(
        "id,path,split,label,text,video_id,start,end,speaker\n"
        "one,v.mp4,dev,1.5,Hello there.,v,0.5,2,anna\n"
        "two,/abs/w.mp4,train,-1,,w,,,ben\n"
    )
    one, two = clip_list([table])
    assert one == Clip(
        "one", tmp_path / "v.mp4", "valid", {"label": "1.5"}, "Hello there.", "v", 0.5, 2.0,
        {"speaker": "anna"},
    )  # fmt: skip
    assert (two.path, two.start, two.end, two.text) == (Path("/abs/w.mp4"), 0.0, None, "")


def test_a_table_needs_nothing_but_paths(tmp_path):
    table = tmp_path / "clips.csv"
    table.write_text("path,label_joy,label_anger\na/x.mp4,1,0\nb/x.mp4,0,1\n")
    one, two = clip_list([table])
    assert (one.id, two.id) == ("x", "x#2")
    assert one.label == {"label_joy": "1", "label_anger": "0"} and one.split == ""


def test_the_raw_layout_of_mmsa_is_found(tmp_path):
    for name in ("Raw/video_0001/0001.mp4", "Raw/video_0001/0002.avi"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "label.csv").write_text(
        "video_id,clip_id,text,label,label_T,annotation,mode\n"
        "video_0001,1,yes,0.4,0.2,Positive,train\n"
        "video_0001,0002,no,-0.4,-0.2,Negative,valid\n"
        "video_0002,3,,0,0,Neutral,test\n"
    )
    for source in (tmp_path, tmp_path / "label.csv"):
        one, two, gone = clip_list([source])
        assert one.id == "video_0001$_$1" and one.path == tmp_path / "Raw/video_0001/0001.mp4"
        assert one.label == {"label": "0.4", "label_T": "0.2"} and one.text == "yes"
        assert one.split == "train" and one.others == {"annotation": "Positive"}
        assert two.path.name == "0002.avi" and two.video_id == "video_0001"
        assert gone.path == tmp_path / "Raw/video_0002/3.mp4"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "id,text\na,b\n",
            "must have the column path, or video_id and clip_id. Received: id, text",
        ),
        ("id,path\n../a,x.mp4\n", "column id, row 0, must be the name of files"),
        ("id,path\na,x.mp4\na,y.mp4\n", "column id"),
        ("path\n \n", "column path, row 0, must name a recording"),
        ("path,start\nx.mp4,soon\n", "column start, row 0, must be seconds.*Received: 'soon'"),
        ("path,end\nx.mp4,-1\n", "column end, row 0, must be seconds.*Received: '-1'"),
        ("path,start,end\nx.mp4,2,2\n", "column end, row 0, must be later than start, 2.0"),
    ],
)
def test_a_faulty_table_is_refused(tmp_path, content, message):
    table = tmp_path / "clips.csv"
    table.write_text(content)
    with pytest.raises(InvalidData, match=f"clips.csv.*{message}"):
        clip_list([table])


def test_sources_without_recordings_are_refused(tmp_path):
    with pytest.raises(ClipError, match=r"none.mp4 must be .* Received: no such file or folder"):
        clip_list([tmp_path / "none.mp4"])
    with pytest.raises(ClipError, match=r"must hold recordings. Received: a folder without a file"):
        clip_list([tmp_path])
    with pytest.raises(ClipError, match=r"Received: a pattern that no file matches\."):
        clip_list([f"{tmp_path}/*.mp4"])
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,path\nsame,x.mp4\n")
    with pytest.raises(ClipError, match=r"all tables together must differ. Received: 'same' twice"):
        clip_list([tmp_path / "a.csv", tmp_path / "b.csv"])
