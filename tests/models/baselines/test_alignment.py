import keras
import numpy as np
import tensorflow as tf

from models.baselines.alignment import to_common_length
from tests.models import numpy_layers
from tests.models.tiny import WIDTHS, make_masks, make_sequences


def test_shorter_modalities_get_masked_steps_behind():
    lengths = (2, 5, 4)
    sequences, masks = make_sequences(2, lengths), make_masks(2, lengths)
    specs = [tf.TensorSpec((None, None, width)) for width in WIDTHS]
    mask_specs = [tf.TensorSpec((None, None), tf.bool)] * 3
    traced = tf.function(to_common_length, input_signature=[specs, mask_specs])
    arguments = [list(sequences), list(masks)]
    tensors = tf.nest.map_structure(tf.constant, arguments)
    for brought in (to_common_length(*arguments), traced(*tensors)):
        longer, longer_masks, joint = brought
        for x, mask, long, long_mask in zip(sequences, masks, longer, longer_masks, strict=True):
            behind = (0, 5 - x.shape[1])
            np.testing.assert_array_equal(long, np.pad(x, ((0, 0), behind, (0, 0))))
            np.testing.assert_array_equal(long_mask, np.pad(mask, ((0, 0), behind)))
        np.testing.assert_array_equal(joint, np.any(longer_masks, axis=0))


def test_numpys_lstm_is_keras_s():
    x, mask = make_sequences(4)[0], make_masks(4)[0]
    mask[1] = False
    layer = keras.layers.LSTM(3, return_sequences=True, use_cudnn=False)
    layer.build(x.shape)
    numpy_layers.randomise(layer)
    np.testing.assert_allclose(layer(x, mask=mask), numpy_layers.lstm(x, mask, layer), atol=1e-6)
