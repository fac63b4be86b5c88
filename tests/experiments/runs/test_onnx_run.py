"""Exported files whose content contradicts itself end with one paragraph."""

import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from experiments.runs.onnx_run import open_onnx
from utils.onnx_export import write_onnx
from utils.untrusted.invalid_data import InvalidData

ROOT = Path(__file__).parents[3]
# A text, not an object whose address would differ between processes that run the tests.
DELETED = "deleted"


def changed(exported, path, entries):
    """Write a copy of an exported file with other metadata."""
    proto = onnx.load(exported)
    known = {prop.key: prop.value for prop in proto.metadata_props}
    known |= {name: json.dumps(v) for name, v in entries.items() if v is not DELETED}
    kept = {name: text for name, text in known.items() if entries.get(name) is not DELETED}
    onnx.helper.set_model_props(proto, kept)
    onnx.save(proto, path)
    return path


def test_a_model_of_features_needs_no_tokenizers():
    script = "import sys; sys.modules['tokenizers'] = None; import experiments.runs.onnx_run"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(
    "entries",
    [
        *({name: DELETED} for name in ("modalities", "widths", "seq_len", "target")),
        *({"modalities": value} for value in ([], ["smell"], 3, None, "text", [["text"]])),
        *({name: value} for name in ("widths", "seq_len") for value in ([5, 4, 3], {}, None, "x")),
        {"widths": {"text": 5, "audio": "4", "video": 3}},
        {"widths": {"text": 6, "audio": 4, "video": 3}},
        {"modalities": ["text"], "widths": {"text": 5}, "seq_len": {"text": 6}},
        *({"target": value} for value in (None, [], {"kind": "smell"}, {"kind": "class"})),
        {"target": {"kind": "scores", "names": ["a", "b"], "low": 1, "high": 7}},
    ],
    ids=str,
)
def test_metadata_that_does_not_fit_is_named(exported, tmp_path, entries):
    path = changed(exported, tmp_path / "m.onnx", entries)
    with pytest.raises(InvalidData, match=r"m\.onnx"):
        open_onnx(path)


@pytest.mark.parametrize("value", [DELETED, None, {}, [], {"schema": 3}])
def test_a_table_without_its_processing_is_named(exported_tickets, tmp_path, value):
    path = changed(exported_tickets, tmp_path / "m.onnx", {"processing": value})
    with pytest.raises(InvalidData, match=r"m\.onnx"):
        open_onnx(path)


METADATA = {
    "kind": "sequences",
    "target": {"kind": "score", "names": ["score"], "low": -3.0, "high": 3.0},
    "modalities": ["text"],
    "widths": {"text": 2},
    "seq_len": {"text": 4},
}


@pytest.mark.parametrize(
    ("name", "shape", "kind", "output", "message"),
    [
        ("words", ("batch", "steps", 2), "float32", ("batch", 1), "input 'text', must be float"),
        ("text", ("batch", "steps", 2), "int64", ("batch", 1), "Received: int64"),
        # ONNX Runtime may find the batch of 3 in the output too.
        ("text", (3, "steps", 2), "float32", ("batch", 1), "input 'text'|output 'score'"),
        ("text", ("batch", 5, 2), "float32", ("batch", 1), "input 'text'"),
        (
            "text",
            ("batch", "steps", 2),
            "float32",
            ("batch", 1, 1),
            "output 'score', must be float",
        ),
        ("text", ("batch", "steps", 2), "float32", ("batch", 2), "output 'score'"),
    ],
)
def test_tensors_that_do_not_fit_are_named(tmp_path, name, shape, kind, output, message):
    def compute(inputs):
        import tensorflow as tf

        sums = tf.reduce_sum(tf.cast(inputs[name], "float32"), axis=[1, 2])
        return {
            "score": tf.tile(tf.reshape(sums, [-1] + [1] * (len(output) - 1)), [1, *output[1:]])
        }

    path = tmp_path / "m.onnx"
    write_onnx(path, compute, {name: (shape, kind)}, {"score": output}, METADATA)
    with pytest.raises(InvalidData, match=message):
        open_onnx(path)


def test_metadata_that_is_no_text_or_too_deep_is_refused(exported, tmp_path):
    path = changed(exported, tmp_path / "m.onnx", {})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"modalities", b"modalit\xffes"))
    with pytest.raises(InvalidData, match=r"m\.onnx cannot be read"):
        open_onnx(path)
    proto = onnx.load(exported)
    onnx.helper.set_model_props(proto, {"format": '"msa-tf2"', "data": "[" * 100_000})
    onnx.save(proto, path)
    with pytest.raises(ValueError, match=r"m\.onnx must be .*Received: an ONNX model"):
        open_onnx(path)


def test_damaged_bytes_never_give_another_error(exported, tmp_path):
    whole, generator, opened = exported.read_bytes(), random.Random(0), 0
    features = {n: np.ones((2, 3, w), "float32") for n, w in (("text", 5), ("audio", 4))}
    features["video"] = np.ones((2, 3, 3), "float32")
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            # Metadata is at the end of the file.
            content[generator.randrange(len(content) - 20_000, len(content))] ^= 1 << 5
        (tmp_path / "m.onnx").write_bytes(content)
        try:
            open_onnx(tmp_path / "m.onnx").predict(features)
            opened += 1
        except ValueError as error:
            assert "m.onnx" in str(error) or "features" in str(error)
    assert 0 < opened < 150
