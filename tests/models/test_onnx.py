import logging

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
import tf2onnx

from models import MODELS

WIDTHS = (5, 4, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_exported_graph_agrees_for_any_batch_and_length(name, tmp_path, caplog):
    model = MODELS[name](6, *WIDTHS, model_dim=8, num_heads=2, ff_dim=16)
    model.build()
    signature = [tf.TensorSpec((None, None, width), name=f"x{width}") for width in WIDTHS]
    path = tmp_path / "model.onnx"
    with caplog.at_level(logging.ERROR):
        tf2onnx.convert.from_function(
            tf.function(lambda a, b, c: model((a, b, c), training=False)),
            input_signature=signature,
            opset=18,
            output_path=str(path),
        )
    assert "Unsupported" not in caplog.text
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for batch, length in ((1, 6), (7, 3)):
        inputs = [rng.normal(size=(batch, length, width)).astype("float32") for width in WIDTHS]
        inputs[1][0] = 0
        inputs[2][:, -1] = 0
        feeds = {i.name: x for i, x in zip(session.get_inputs(), inputs, strict=True)}
        np.testing.assert_allclose(session.run(None, feeds)[0], model(tuple(inputs)), atol=1e-5)
