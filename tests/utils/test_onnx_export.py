"""ONNX files of small functions: what is written, checked and refused."""

import numpy as np
import pytest
import tensorflow as tf

from utils.command_line import RunFailed
from utils.onnx_export import check_onnx, write_onnx
from utils.onnx_model import OnnxModel


def write_small(path, function, width=3):
    shape = ("batch", width)
    write_onnx(path, function, {"x": (shape, "float32")}, {"y": shape}, {"kind": "small"})


def cases(x):
    return [("a case", {"x": np.array(x, "float32")}, np.array(x, "float32"))]


def test_a_graph_that_does_not_agree_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    write_small(path, lambda inputs: {"y": 2 * inputs["x"]})
    largest = check_onnx(path, lambda x: {"y": 2 * x + 1e-6}, cases([[1, 2, 3]]))
    assert 5e-7 < largest < 2e-6
    with pytest.raises(RunFailed, match=r"y differs by 0\.001 for a case"):
        check_onnx(path, lambda x: {"y": 2 * x + 1e-3}, cases([[1, 2, 3]]))
    with pytest.raises(RunFailed, match=r"y differs by nan"):
        check_onnx(path, lambda x: {"y": 2 * x}, cases([[1, np.nan, 3]]))


def test_where_keeps_out_what_it_does_not_choose(tmp_path):
    path = tmp_path / "model.onnx"
    write_small(path, lambda inputs: {"y": tf.where(tf.abs(inputs["x"]) < 9, inputs["x"], 0.0)})
    x = np.array([[1, np.nan, np.inf]], "float32")
    assert OnnxModel(path, ("small",)).run({"x": x})["y"].tolist() == [[1, 0, 0]]


def test_operations_that_onnx_lacks_are_named(tmp_path):
    with pytest.raises(RunFailed, match=r"cannot be expressed in ONNX: .*Unsupported ops:.*Erfc"):
        write_small(tmp_path / "model.onnx", lambda inputs: {"y": tf.math.erfc(inputs["x"])})
    assert not any(tmp_path.iterdir())
