"""The Memory Fusion Network."""

import keras
from keras import ops

from ..attention import masked_softmax
from .memory_fusion import MemoryFusionCell, MemoryFusionModel


@keras.saving.register_keras_serializable(package="msa")
class DeltaMemoryCell(MemoryFusionCell):
    """One step of `MFN`: attention over all entries of the LSTMs' memories before and after.

    With `c = [c_{t-1}; c_t]` of all modalities, `s_t = softmax(D_a(c)) * c`; `D_a` has one hidden
    layer. Arguments and call: see `MemoryFusionCell`.
    """

    def __init__(self, widths, model_dim, memory_dim, hidden_dim, dropout_rate=0.0, **kwargs):
        super().__init__(widths, model_dim, memory_dim, hidden_dim, dropout_rate, **kwargs)
        self.attention = self.one_hidden_layer(self.fused_dim, None, "attention")

    @property
    def fused_dim(self):
        return 2 * len(self.widths) * self.model_dim

    def build(self, input_shape):
        self.attention.build((None, self.fused_dim))
        super().build(input_shape)

    def fuse(self, before, after, training):
        memories = ops.concatenate([c for _, c in (*before, *after)], axis=-1)
        return masked_softmax(self.attention(memories, training=training)) * memories


@keras.saving.register_keras_serializable(package="msa")
class MFN(MemoryFusionModel):
    """Memory Fusion Network: an LSTM for each modality, and a memory of their joint changes.

    At each step every modality's LSTM moves on. The delta-memory attention weighs each entry of
    their memories `c` before and after the step; the weighted entries are written into the
    multi-view gated memory `u`. `D` are networks of one hidden layer:

        h_t^m, c_t^m = LSTM_m(x_t^m, h_{t-1}^m, c_{t-1}^m),  m in {text, audio, video}
        c   = [c_{t-1}; c_t] of all m
        s   = softmax(D_a(c)) * c
        g_1 = sigmoid(D_1([s; u_{t-1}])),  g_2 = sigmoid(D_2([s; u_{t-1}]))
        u_t = g_1 * u_{t-1} + g_2 * tanh(D_u(s))
        y   = W relu(V [h_n of all m; u_n] + b) + d,  n the last step

    Arguments: see `MemoryFusionModel`; the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        The gates see the last memory `u_{t-1}` too, as in the authors' code and in MMSA; in the
        paper's equations they depend on `s` alone. The three LSTMs are equally wide, and one
        hidden width and one dropout rate serve all networks, where the authors and MMSA search
        each by itself. A step without any modality is left out, a modality that a step lacks
        counts as zeros; shorter modalities are padded at the end.

    Example:
        >>> model = MFN(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...             model_dim=8, memory_dim=16)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Zadeh, Liang, Mazumder, Poria, Cambria and Morency, 2018, "Memory Fusion Network for
        Multi-view Sequential Learning", AAAI.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=64,
        memory_dim=128,
        hidden_dim=64,
        dropout_rate=0.2,
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        sizes = (model_dim, memory_dim, hidden_dim, dropout_rate)
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, *sizes, num_classes, num_outputs, **kwargs)
        self.recurrence = self.make_recurrence(DeltaMemoryCell)
