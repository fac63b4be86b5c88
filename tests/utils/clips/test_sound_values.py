import sys
import types

import numpy as np
import pytest

from utils.clips.sound_values import SOURCES, OpenSmile, OwnVoice


def test_own_values_have_a_row_each_hundredth_second():
    times, values = OwnVoice()(np.full(1600, 0.1, "float32"))
    assert np.allclose(times, np.arange(10) / 100) and values.shape == (10, len(OwnVoice.names))
    assert OwnVoice()(np.zeros(0, "float32"))[1].shape == (0, len(OwnVoice.names))


class Smile:
    """Stands for openSMILE: its second row is too short to be measured."""

    feature_names = ("Loudness", "F0")

    def __init__(self, feature_set, feature_level):
        assert (feature_set, feature_level) == ("eGeMAPS", "low")

    def process_signal(self, samples, rate):
        assert rate == 16000
        rows = np.array([[1, 2], [np.nan, np.nan]], "float32")
        return types.SimpleNamespace(to_numpy=rows.astype)


def test_values_of_opensmile_stand_at_the_middle_of_their_windows(monkeypatch):
    module = types.SimpleNamespace(
        Smile=Smile,
        FeatureSet=types.SimpleNamespace(eGeMAPSv02="eGeMAPS"),
        FeatureLevel=types.SimpleNamespace(LowLevelDescriptors="low"),
    )
    monkeypatch.setitem(sys.modules, "opensmile", module)
    voice = SOURCES["opensmile"]()
    times, values = voice(np.zeros(480, "float32"))
    assert voice.names == ("Loudness", "F0") and "non-commercial" in voice.notes[0]
    assert times.tolist() == [0.01, 0.02] and values.tolist() == [[1, 2], [0, 0]]
    assert voice(np.zeros(0, "float32"))[1].shape == (0, 2)


def test_without_opensmile_the_licence_and_the_installation_are_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(ImportError, match=r"no commercial use.*pip install opensmile==2\.6\.0"):
        OpenSmile()
