"""A frozen text encoder, written as ONNX: token ids in, the hidden state of each token out."""

import sys

import numpy as np

import utils.quiet_tensorflow  # noqa: F401
from models.text_encoder import TextEncoder
from utils.onnx_export import ENCODER_TOLERANCE, check_onnx, write_onnx
from utils.texts.tokenizer_files import preset_path

INPUT, OUTPUT, KIND = "token_ids", "hidden_states", "text_encoder"


def export_encoder(source, path):
    """Write the hidden states of a frozen encoder as a checked ONNX file.

    The file has the input `token_ids`, int32 `(batch, time)` with all special tokens, below 0 no
    token; and the output `hidden_states`, float32 `(batch, time, width)`. Its metadata have
    `width` and `max_tokens`, the longest sequence with special tokens.

    Args:
        source: See `make_text_backbone`; or `package://NAME/FOLDER`.
        path: The file to write.

    Raises:
        ImportError: If `keras_hub` is not installed.
        ValueError: If there is no such encoder.
        RunFailed: If ONNX Runtime computes other states than Keras.
    """
    encoder = TextEncoder(preset_path(source), trainable_layers=0)
    write_onnx(
        path,
        lambda inputs: {OUTPUT: encoder(inputs[INPUT])},
        {INPUT: (("batch", "time"), "int32")},
        {OUTPUT: ("batch", "time", encoder.width)},
        {"kind": KIND, "width": encoder.width, "max_tokens": encoder.max_tokens},
    )
    size = encoder.source["vocabulary_size"]
    ids = np.random.default_rng(0).integers(0, size, (3, 9)).astype("int32")
    ids[1, 4:] = -1
    cases = [("random tokens", {INPUT: ids}, ids)]
    check_onnx(path, lambda ids: {OUTPUT: encoder(ids).numpy()}, cases, ENCODER_TOLERANCE)


if __name__ == "__main__":
    export_encoder(*sys.argv[1:])
