"""Late fusion of three fully connected networks."""

import keras
from keras import ops

from ..checks import check_positive
from ..dropout import HashDropout
from ..inputs import MODALITIES
from ..multimodal_model import Explanation, MultimodalModel
from .perceptron import Perceptron
from .subnetworks import PooledSubnetwork


@keras.saving.register_keras_serializable(package="msa")
class LFDNN(MultimodalModel):
    """Late fusion: one fully connected network a modality, on the average of its steps.

    With `x_m` the mean of modality `m` over its valid steps, and three Dense layers with ReLU in
    each `U_m`:

        z_m = U_m(x_m),  m in {text, audio, video}
        y   = W_3 relu(W_2 relu(W_1 dropout([z_text; z_audio; z_video]) + b_1) + b_2) + b_3

    Args:
        model_dim: Width of each modality's network.
        fusion_dim: Width of the network after the fusion.
        dropout_rate: Dropout in the networks and on their outputs, at least 0 and below 1.
        pooling_method: How a sequence becomes one vector; see `MaskedPooling`.

    Further arguments, the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        The name and the form are MMSA's, for late fusion of subnetworks as in the Tensor Fusion
        Network. There the text passes through an LSTM and each modality has widths of its
        own; audio and video are batch-normalised and have dropout before their first layer, where
        this has it between all, the fusion's included. Here all three are averaged over
        time, so that the model cannot use the order of steps; features must be normalised. The
        averages are over valid steps; MMSA's loader averages audio and video over padding too.
        An absent modality's `z_m` is zero.

    Example:
        >>> model = LFDNN(seq_len=5, text_dim=8, audio_dim=4, video_dim=4)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Williams et al., 2018, "Recognizing Emotions in Video Using Multimodal DNN Feature Fusion",
        Challenge-HML; subnetworks: Zadeh et al., 2017, "Tensor Fusion Network for Multimodal
        Sentiment Analysis", EMNLP.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=64,
        fusion_dim=32,
        dropout_rate=0.3,
        pooling_method="mean",
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(model_dim=model_dim, fusion_dim=fusion_dim)
        self.model_dim = model_dim
        self.fusion_dim = fusion_dim
        self.dropout_rate = dropout_rate
        self.pooling_method = pooling_method
        policy = self.dtype_policy
        self.subnetworks = [
            PooledSubnetwork(
                width, model_dim, dropout_rate, pooling_method, dtype=policy, name=f"{name}_network"
            )
            for name, width in zip(MODALITIES, self.widths, strict=True)
        ]
        self.dropout = HashDropout(dropout_rate, dtype=policy)
        self.fusion = Perceptron(
            [fusion_dim] * 2, "relu", dropout_rate, dtype=policy, name="fusion"
        )

    def part_shapes(self):
        for subnetwork, width in zip(self.subnetworks, self.widths, strict=True):
            yield subnetwork, (None, None, width)
        yield self.dropout, (None, 3 * self.model_dim)
        yield self.fusion, (None, 3 * self.model_dim)
        yield self.output_layer, (None, self.fusion_dim)

    def explain_sequences(self, sequences, masks, training=None):
        parts = zip(self.subnetworks, sequences, masks, strict=True)
        vectors = [network(x, mask, training=training) for network, x, mask in parts]
        fused = self.dropout(ops.concatenate(vectors, axis=-1), training=training)
        return Explanation(self.output_layer(self.fusion(fused, training=training)), None, {})
