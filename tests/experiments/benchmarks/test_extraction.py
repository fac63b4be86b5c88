import wave

import numpy as np
import pytest
from rich.console import Console

from experiments.benchmarks.extraction import measure_extraction

pytest.importorskip("av")
pytest.importorskip("ai_edge_litert")


@pytest.mark.slow
def test_stages_of_an_extraction_add_up(tmp_path):
    tone = np.sin(2 * np.pi * 220 * np.arange(8000) / 16000)
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((tone * 2**14).astype("int16").tobytes())
    console = Console(record=True, width=100)
    found = measure_extraction(console, [str(tmp_path)], rounds=1)
    assert found["minutes"] == pytest.approx(0.5 / 60, abs=0.02 / 60)
    assert {"voice", "face", "decode sound"} <= {*found["stages"]}
    total = sum(values[0] for values in found["stages"].values())
    assert f"{total:.2f}" in console.export_text()
    assert found["start"][0][1] > 0 and found["peak"][0] > 2**26
