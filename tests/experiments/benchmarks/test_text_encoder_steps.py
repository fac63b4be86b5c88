import numpy as np
import pytest
from rich.console import Console

from experiments.benchmarks import text_encoder_steps
from experiments.benchmarks.text_encoder_steps import (
    draw_texts,
    encoder_step,
    measure_text_encoder,
)

SMALL = {"num_layers": 1, "num_heads": 2, "hidden_dim": 16, "intermediate_dim": 32}


def test_texts_are_as_long_as_those_of_cmu_mosi():
    ids = draw_texts(1000)
    lengths = (ids >= 0).sum(axis=1)
    assert np.median(lengths) == pytest.approx(11, abs=1)
    assert lengths.mean() == pytest.approx(13.5, rel=0.05)
    assert lengths.max() == ids.shape[1] == 46


def test_a_step_trains_the_encoder():
    step = encoder_step(SMALL, draw_texts(3), "float32")
    first = step()
    assert min(step() for _ in range(20)) < 0.98 * first


def test_tokens_a_second_are_compared_with_the_peer(monkeypatch):
    times = {"ours": [0.2], "ours, bfloat16": [0.1]}
    monkeypatch.setattr(text_encoder_steps, "has_torch", lambda: False)
    monkeypatch.setattr(text_encoder_steps, "encoder_step", lambda *_: None)
    monkeypatch.setattr(text_encoder_steps, "time_in_turn", lambda *_: times)
    console = Console(record=True, width=100)
    assert measure_text_encoder(console, 1) == times
    ids = draw_texts(text_encoder_steps.TEXTS)
    tokens = (ids >= 0).sum() + 2 * len(ids)
    text = console.export_text()
    assert f"{tokens / 0.2:,.0f}" in text
    assert "transformers is not installed" in text


def test_a_step_trains_the_peer():
    pytest.importorskip("transformers")
    from experiments.benchmarks.torch_text_encoder import torch_encoder_step

    step = torch_encoder_step(SMALL, draw_texts(3), False)
    first = step()
    assert min(step() for _ in range(20)) < 0.98 * first
