"""The Tensor Fusion Network."""

import keras
import numpy as np
from keras import ops

from ..checks import check_above_zero, check_positive
from ..dropout import HashDropout
from ..multimodal_model import Explanation, MultimodalModel
from .perceptron import Perceptron
from .subnetworks import verbal_and_nonverbal


@keras.saving.register_keras_serializable(package="msa")
class TFN(MultimodalModel):
    """Tensor Fusion Network: the outer product of the three modalities' vectors.

    A one behind each vector makes the tensor hold every modality by itself, each pair and all
    three together:

        z_text = W LSTM(text)_n + b,  z_m = U_m(mean over the steps of m), m in {audio, video}
        Z = [z_text; 1] ⊗ [z_audio; 1] ⊗ [z_video; 1]
        y = middle + bound (2 sigmoid(W_3 relu(W_2 relu(W_1 Z + b_1) + b_2) + b_3) - 1)

    `U_m` are three Dense layers with ReLU. The sigmoid is for one score only: logits of classes
    and several outputs pass without it.

    Args:
        model_dim: Width of the text's LSTM and of its vector.
        nonverbal_dim: Width of the networks and vectors of audio and video.
        fusion_dim: Width of the two layers after the tensor, whose size is
            `(model_dim + 1) * (nonverbal_dim + 1)**2`.
        dropout_rate: Dropout in the subnetworks and on the tensor, at least 0 and below 1.
        pooling_method: How audio and video become one vector; see `MaskedPooling`.
        label_middle: Middle of the range of the one score.
        label_bound: Half the width of that range.

    Further arguments, the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        The authors' code is no longer public; MMSA follows a version in PyTorch by others
        (github.com/Justin1904/TensorFusionNetworks). From these two come the text's vector, a Dense
        layer on the LSTM's last state, where the paper's network takes the states of all steps,
        side by side, and that the paper's sigmoid is stretched over the range of the scores. Both
        batch-normalise the averaged audio and video and have dropout before their first layer;
        here features are expected to be normalised, and dropout lies between the layers and on the
        LSTM's last state. Audio and video are averaged over their valid steps; MMSA's loader
        averages over padding too. `fusion_dim` is 128 in the paper, 16 to 64 in MMSA's settings. An
        absent modality's vector is zero, so that the tensor holds only the others.

    Example:
        >>> model = TFN(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...             model_dim=8, nonverbal_dim=4)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Zadeh, Chen, Poria, Cambria and Morency, 2017, "Tensor Fusion Network for Multimodal
        Sentiment Analysis", EMNLP.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=128,
        nonverbal_dim=32,
        fusion_dim=32,
        dropout_rate=0.2,
        pooling_method="mean",
        num_classes=None,
        num_outputs=1,
        label_middle=0.0,
        label_bound=3.0,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(model_dim=model_dim, nonverbal_dim=nonverbal_dim, fusion_dim=fusion_dim)
        self.model_dim = model_dim
        self.nonverbal_dim = nonverbal_dim
        self.fusion_dim = fusion_dim
        check_above_zero(label_bound=label_bound)
        self.dropout_rate = dropout_rate
        self.pooling_method = pooling_method
        self.label_middle = label_middle
        self.label_bound = label_bound
        policy = self.dtype_policy
        self.subnetworks = verbal_and_nonverbal(
            self.widths, model_dim, nonverbal_dim, dropout_rate, pooling_method, policy
        )
        self.dropout = HashDropout(dropout_rate, dtype=policy)
        self.inference = Perceptron([fusion_dim] * 2, "relu", dtype=policy, name="inference")

    def start_output_at(self, values):
        """Set the last bias; a score must lie inside the range of the sigmoid."""
        if self.predicts_one_score:
            share = 0.5 + (np.asarray(values) - self.label_middle) / (2 * self.label_bound)
            if not np.all((share > 0) & (share < 1)):
                raise ValueError(
                    f"`values` must be within label_bound={self.label_bound} of "
                    f"label_middle={self.label_middle}. Received: {values}. Build the model with "
                    "the middle and half the width of the range of scores."
                )
            values = np.log(share / (1 - share))
        super().start_output_at(values)

    def part_shapes(self):
        for subnetwork, width in zip(self.subnetworks, self.widths, strict=True):
            yield subnetwork, (None, None, width)
        tensor_size = (self.model_dim + 1) * (self.nonverbal_dim + 1) ** 2
        yield self.dropout, (None, tensor_size)
        yield self.inference, (None, tensor_size)
        yield self.output_layer, (None, self.fusion_dim)

    def explain_sequences(self, sequences, masks, training=None):
        parts = zip(self.subnetworks, sequences, masks, strict=True)
        text, *nonverbal = [network(x, mask, training=training) for network, x, mask in parts]
        tensor = _with_one(text)
        for vector in nonverbal:
            tensor = ops.expand_dims(tensor, 2) * ops.expand_dims(_with_one(vector), 1)
            tensor = ops.reshape(tensor, (-1, tensor.shape[1] * tensor.shape[2]))
        hidden = self.inference(self.dropout(tensor, training=training), training=training)
        output = self.output_layer(hidden)
        if self.predicts_one_score:
            lowest = self.label_middle - self.label_bound
            output = 2 * self.label_bound * ops.sigmoid(output) + lowest
        return Explanation(output, None, {})


def _with_one(vector):
    return ops.concatenate([vector, ops.ones_like(vector[:, :1])], axis=-1)
