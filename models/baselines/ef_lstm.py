"""Early fusion with an LSTM."""

import keras
from keras import ops

from ..checks import check_positive
from ..dropout import HashDropout
from ..multimodal_model import Explanation, MultimodalModel
from .alignment import to_common_length
from .masked_lstm import MaskedLSTM


@keras.saving.register_keras_serializable(package="msa")
class EFLSTM(MultimodalModel):
    """Early fusion: the features of all modalities side by side, step by step, into an LSTM.

    With `x_t = [text_t; audio_t; video_t]` and `n` the last step:

        h^1 = LSTM_1(x),  h^l = LSTM_l(dropout(h^{l-1}))
        y   = W_2 dropout(relu(W_1 dropout(h_n) + b_1)) + b_2

    Args:
        model_dim: Width of the LSTMs and of the hidden layer.
        n_layers: Number of LSTMs on top of each other.
        dropout_rate: Dropout between the layers, at least 0 and below 1.

    Further arguments, the call, its output and its errors: see `MultimodalModel`.

    Differences from the paper:
        The field calls any LSTM on concatenated features EF-LSTM; there is no paper of its own. The
        form follows Zadeh et al. and MMSA, with these differences: time steps are not batch
        normalised (as in MMSA); a step without any modality is left out, and an absent modality
        counts as zeros; shorter modalities are padded at the end.

    Example:
        >>> model = EFLSTM(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...                model_dim=8, n_layers=1)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Williams et al., 2018, "Recognizing Emotions in Video Using Multimodal DNN Feature Fusion",
        Challenge-HML; as a baseline in Zadeh et al., 2018, "Memory Fusion Network for Multi-view
        Sequential Learning", AAAI.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=128,
        n_layers=2,
        dropout_rate=0.3,
        num_classes=None,
        num_outputs=1,
        **kwargs,
    ):
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        super().__init__(*inputs, num_classes, num_outputs, **kwargs)
        check_positive(model_dim=model_dim, n_layers=n_layers)
        self.model_dim = model_dim
        self.n_layers = n_layers
        self.dropout_rate = dropout_rate
        policy = self.dtype_policy
        self.lstms = [
            MaskedLSTM(model_dim, i + 1 < n_layers, dtype=policy, name=f"lstm_{i}")
            for i in range(n_layers)
        ]
        self.dropouts = [HashDropout(dropout_rate, dtype=policy) for _ in range(n_layers)]
        self.hidden = keras.layers.Dense(model_dim, activation="relu", dtype=policy, name="hidden")
        self.hidden_dropout = HashDropout(dropout_rate, dtype=policy)

    def part_shapes(self):
        width = sum(self.widths)
        for i, (lstm, dropout) in enumerate(zip(self.lstms, self.dropouts, strict=True)):
            yield lstm, (None, None, self.model_dim if i else width)
            yield dropout, (None, None, self.model_dim)
        for part in (self.hidden, self.hidden_dropout, self.output_layer):
            yield part, (None, self.model_dim)

    def explain_sequences(self, sequences, masks, training=None):
        sequences, _, mask = to_common_length(sequences, masks)
        x = ops.concatenate(sequences, axis=-1)
        for lstm, dropout in zip(self.lstms, self.dropouts, strict=True):
            x = dropout(lstm(x, mask=mask), training=training)
        x = self.hidden_dropout(self.hidden(x), training=training)
        return Explanation(self.output_layer(x), None, {})
