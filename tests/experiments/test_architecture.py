import functools
import itertools
from pathlib import Path
from xml.etree import ElementTree

import pytest

from experiments.architecture import main
from experiments.pages.architecture_diagram import read_dataflow
from experiments.pages.diagram_layout import draw_steps
from tests.conftest import call
from tests.models.tiny import MODALITIES as NAMES
from tests.models.tiny import WIDTHS, make_model

COMMITTED = Path(__file__).parents[2] / "docs" / "architecture.svg"
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    """Return what the picture says, each text on its own."""
    return [
        "".join(element.itertext()).strip()
        for element in ElementTree.fromstring(svg).iter(f"{SVG}text")
    ]


@functools.cache
def drawn(name):
    """Return the picture of a small model, its steps, what it does without, and its parts."""
    model = make_model(name)
    parts = [part for part, *_ in model.part_shapes()]
    steps, unused = read_dataflow(model)
    svg = draw_steps(type(model).__name__, steps, unused, model.count_params())
    return svg, steps, unused, parts


def test_committed_picture_is_what_the_command_draws(tmp_path):
    call(main, "--model", "seqlevel", "--output", tmp_path / "new.svg")
    assert (tmp_path / "new.svg").read_text() == COMMITTED.read_text(), (
        "run python -m experiments.architecture --model seqlevel --output docs/architecture.svg"
    )


def test_picture_has_a_title_and_describes_itself():
    root = ElementTree.fromstring(COMMITTED.read_text())
    assert "MSASeqLevelModel" in root.find(f"{SVG}title").text
    assert "fusion_head" in root.find(f"{SVG}desc").text


@pytest.mark.parametrize("name", ["seqlevel", "improved", "misa"])
def test_every_part_and_parameter_is_in_the_picture(name):
    svg, _, _, parts = drawn(name)
    shown = texts(svg)
    for part in parts:
        if part.count_params():
            assert any(f"{part.count_params():,} parameters" in text for text in shown), part.name
    assert f"{sum(part.count_params() for part in parts):,} parameters" in shown[0]
    assert {"text", "audio", "video", "prediction"} <= {*shown}


def test_text_attends_to_audio_and_video_as_sequences_before_they_are_pooled():
    sequence, vector = (6, 8), (8,)
    first, second = "layer_0_text_from_audio", "layer_0_text_from_video"
    _, steps, _, _ = drawn("seqlevel")
    flows = {
        (steps[flow.source].name, step.name, flow.shape, *filter(None, [flow.role]))
        for step in steps
        for flow in step.flows
    }
    assert flows == {
        *((name, f"{name}_encoder", (6, w)) for name, w in zip(NAMES, WIDTHS, strict=True)),
        ("text_encoder", first, sequence, "query"),
        ("audio_encoder", first, sequence, "context"),
        (first, second, sequence, "query"),
        ("video_encoder", second, sequence, "context"),
        *((name, "fusion_head", sequence) for name in (second, "audio_encoder", "video_encoder")),
        ("fusion_head", "hidden", vector),
        ("hidden", "dropout", vector),
        ("dropout", "output", vector),
        ("output", "prediction", (1,)),
    }


def test_every_direction_of_attention_is_drawn_and_explained():
    shown = texts(drawn("mult")[0])
    pairs = {f"{query} ← {context}" for query, context in itertools.permutations(NAMES, 2)}
    assert pairs <= {*shown} and (shown.count("Q"), shown.count("K, V")) == (6, 6)
    assert any("cross-attention: each step" in text for text in shown)


def test_the_legend_explains_shapes_that_the_picture_shows():
    shown = texts(COMMITTED.read_text())
    for shape, meaning in (("20 × 256", "20 steps, each 256"), ("256", "one vector of 256")):
        assert shape in shown
        assert any(text.startswith(f"{shape} is") and meaning in text for text in shown)


def test_a_part_that_is_called_again_is_drawn_again_without_its_weights():
    _, steps, _, _ = drawn("misa")
    assert [step.again for step in steps if step.name == "shared"] == [False, True, True]


def test_parts_for_training_alone_are_listed():
    _, _, unused, _ = drawn("misa")
    assert [name for name, _ in unused] == ["text_decoder", "audio_decoder", "video_decoder"]


def test_wrong_options_are_refused(fails, tmp_path):
    output = ("--output", tmp_path / "new.svg")
    assert "--model must be one of" in fails(main, "--model", "none", *output)
    assert "--widths three" in fails(main, "--widths", "5", *output)
    assert "model_dimm" in fails(main, "--model-args", '{"model_dimm": 8}', *output)
    assert not (tmp_path / "new.svg").exists()
