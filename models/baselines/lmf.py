"""Low-rank Multimodal Fusion."""

import keras
from keras import ops

from ..checks import check_positive
from ..dropout import HashDropout
from ..inputs import MODALITIES
from ..multimodal_model import Explanation, MultimodalModel
from .subnetworks import verbal_and_nonverbal


@keras.saving.register_keras_serializable(package="msa")
class LMF(MultimodalModel):
    """Low-rank Multimodal Fusion: the Tensor Fusion Network's product, with weights of low rank.

    The weight tensor is a sum of `rank` outer products of modality-specific factors `w_m^(i)`, so
    that the tensor itself is never built:

        z_text = W LSTM(text)_n + b,  z_m = U_m(mean over the steps of m), m in {audio, video}
        h = sum_i prod_m (w_m^(i) [z_m; 1]) + b_h,  i = 1..rank, the product over the modalities
        y = W_y dropout(h) + b_y

    `U_m` are three Dense layers with ReLU.

    Args:
        model_dim: Width of the text's LSTM and of its vector.
        nonverbal_dim: Width of the networks and vectors of audio and video.
        fusion_dim: Width of the fused vector `h`.
        rank: Number of outer products.
        dropout_rate: Dropout in the subnetworks and on `h`, at least 0 and below 1.
        pooling_method: How audio and video become one vector; see `MaskedPooling`.

    Further arguments, the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        The authors' code and MMSA take `h`, one wide, for the score, without dropout, and add up
        the ranks with learned weights, which the factors can take over; here the sum is plain, as
        in the paper, and a linear layer leads from `h` to the score. `U_m` have three layers as in
        the code, two in the paper. The code's text vector has a width of its own, in MMSA half of
        its LSTM's. Both batch-normalise the averaged audio and video and have dropout before the
        first layer; here features are expected to be normalised, and dropout lies between the
        layers. Audio and video are averaged over their valid steps; MMSA's loader averages over
        padding too. An absent modality's vector is zero, so that only the one after it counts. The
        factors start as the kernels of Dense layers do. The code counts fans on three-dimensional
        tensors, which with this `fusion_dim` would start them 2 to 4 times smaller; with an `h` one
        wide, as there, both are the same within 2 %.

    Example:
        >>> model = LMF(seq_len=5, text_dim=8, audio_dim=4, video_dim=4, model_dim=8, rank=2)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Liu, Shen, Lakshminarasimhan, Liang, Zadeh and Morency, 2018, "Efficient Low-rank
        Multimodal Fusion with Modality-Specific Factors", ACL.
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
        rank=4,
        dropout_rate=0.3,
        pooling_method="mean",
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(model_dim=model_dim, nonverbal_dim=nonverbal_dim)
        check_positive(fusion_dim=fusion_dim, rank=rank)
        self.model_dim = model_dim
        self.nonverbal_dim = nonverbal_dim
        self.fusion_dim = fusion_dim
        self.rank = rank
        self.dropout_rate = dropout_rate
        self.pooling_method = pooling_method
        policy = self.dtype_policy
        self.subnetworks = verbal_and_nonverbal(
            self.widths, model_dim, nonverbal_dim, dropout_rate, pooling_method, policy
        )
        # The bias is the factors' column for the one behind the vector, so it starts at random too.
        self.factors = [
            keras.layers.Dense(
                rank * fusion_dim,
                kernel_initializer="glorot_normal",
                bias_initializer="glorot_normal",
                dtype=policy,
                name=f"{name}_factors",
            )
            for name in MODALITIES
        ]
        self.dropout = HashDropout(dropout_rate, dtype=policy)

    def build(self, input_shape=None):
        if not self.built:
            self.fusion_bias = self.add_weight(
                name="fusion_bias", shape=(self.fusion_dim,), initializer="zeros"
            )
        super().build(input_shape)

    def part_shapes(self):
        for subnetwork, width in zip(self.subnetworks, self.widths, strict=True):
            yield subnetwork, (None, None, width)
        for factors, subnetwork in zip(self.factors, self.subnetworks, strict=True):
            yield factors, (None, subnetwork.units)
        yield self.dropout, (None, self.fusion_dim)
        yield self.output_layer, (None, self.fusion_dim)

    def explain_sequences(self, sequences, masks, training=None):
        products = 1.0
        for network, factors, x, mask in zip(
            self.subnetworks, self.factors, sequences, masks, strict=True
        ):
            products = products * factors(network(x, mask, training=training))
        products = ops.reshape(products, (-1, self.rank, self.fusion_dim))
        fused = ops.sum(products, axis=1) + ops.cast(self.fusion_bias, products.dtype)
        return Explanation(self.output_layer(self.dropout(fused, training=training)), None, {})
