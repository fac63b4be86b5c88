"""The early-pooled baseline with moderate regularisation."""

import keras

from .msamodel import MSAModel


@keras.saving.register_keras_serializable(package="msa")
class BalancedMSAModel(MSAModel):
    """`MSAModel` with dropout 0.2, L2 0.001, adaptive fusion, and dropout before the output.

    Arguments, input and output are the same as for `MSAModel`; only the defaults differ.

    Example:
        >>> model = BalancedMSAModel(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...                          model_dim=8, num_heads=2, ff_dim=16, n_layers_mod=1)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=256,
        num_heads=4,
        ff_dim=512,
        n_layers_mod=2,
        n_layers_fuse=1,
        adaptive_fusion=True,
        dropout_rate=0.2,
        l2=0.001,
        head_dropout=0.2,
        pooling_method="mean",
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(
            *inputs,
            model_dim,
            num_heads,
            ff_dim,
            n_layers_mod,
            n_layers_fuse,
            adaptive_fusion,
            dropout_rate,
            l2,
            head_dropout,
            pooling_method,
            num_classes,
            num_outputs,
            **kwargs,
        )
