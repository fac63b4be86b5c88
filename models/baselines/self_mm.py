"""Self-supervised multi-task learning of single modalities."""

import keras
from keras import ops

from ..checks import check_positive
from ..dropout import HashDropout
from ..inputs import MODALITIES
from ..multimodal_model import Explanation
from .subnetworks import LSTMSubnetwork
from .unimodally_supervised_model import UnimodallySupervisedModel


@keras.saving.register_keras_serializable(package="msa")
class SelfMM(UnimodallySupervisedModel):
    """Late fusion that also learns to score by each modality alone, on labels of its own making.

    With s in {text, audio, video}:

        F_s = W LSTM(s)_n + b
        F*_m = relu(W_m [F_text; F_audio; F_video] + b_m),  ŷ_m = w_m F*_m + b
        F*_s = relu(W_s F_s + b_s),                         ŷ_s = w_s F*_s + b

    The prediction is ŷ_m. In training, a modality's label y_s is y_m in the first epoch. In epoch
    n > 1 it moves towards a label that says how much nearer F*_s is to the centre of the positive
    samples than to the centre of the negative ones, compared with F*_m
    (`models.baselines.unimodal_labels`):

        α = (D_n - D_p) / (D_p + ε)
        found = y_m + (α_s - α_m) / 2 · (y_m + α_m) / α_m,  clipped to ±`label_bound`
        y_s <- (n - 1) / (n + 1) · y_s + 2 / (n + 1) · found

    all relative to `label_middle`. Before it moves, y_s serves in the loss of the visit. The mean
    over the batch of

        sum over s of tanh(|y_s - y_m|) · |ŷ_s - y_s|

    is added to the loss of ŷ_m. So it is 0 in the first two epochs. The model remembers y_s of
    each training sample; `UnimodallySupervisedModel` tells what `fit` then needs. Only a model
    with one score has these tasks: not with `num_classes`, not with several outputs.

    Args:
        model_dim: Width of the text's LSTM and of F*_m.
        unimodal_dim: Width of the LSTMs of audio and video, and of F*_s.
        dropout_rate: Dropout on LSTMs' states and before each hidden layer, at least 0 and below
            1.

    Further arguments: see `UnimodallySupervisedModel`; the call, its output and its errors: see
    `MultimodalModel`.

    Differences from the paper:
        The paper's centres are means over the latest features of all training samples. For
        CMU-MOSEI, those features would take ten times the room of the model. So the centres here
        are moving means over batches (`centre_momentum`). A sample's class is the sign of y_s for
        the centres of s, and of y_m for the centres of the fusion. A batch's labels are made from
        the centres of the batches before it. After 12 epochs on random features, as many labels
        stand at the bound as with the authors' code (3 % at most in both), and they are as far from
        y_m (within 20 %). They move up to twice as far in an epoch, because moving means vary more.
        The text is encoded by an LSTM, as audio and video are, not by a fine-tuned BERT. The loss
        of ŷ_m is the one that is compiled, the paper's being the absolute error.
        Distances are the paper's squares over the root of the width; in the authors' code and MMSA
        they are neither squared nor divided, ŷ comes after a second hidden layer, and, in the
        authors', labels of 0 count as positive. From there are the Dense layer on each LSTM, the
        bound, and the defaults of MMSA for MOSI (audio, 32 wide here, is 16 there, and dropout
        is not everywhere). An absent modality's vector is zero; it has no task and does not move
        its centres.

    Example:
        >>> model = SelfMM(seq_len=5, text_dim=8, audio_dim=4, video_dim=4,
        ...                model_dim=8, unimodal_dim=4)
        >>> text, audio, video = (np.random.randn(2, 5, width) for width in (8, 4, 4))
        >>> tuple(model((text, audio, video)).shape)
        (2, 1)

    Reference:
        Yu, Xu, Yuan and Wu, 2021, "Learning Modality-Specific Representations with
        Self-Supervised Multi-Task Learning for Multimodal Sentiment Analysis", AAAI.
    """

    def __init__(
        self,
        seq_len,
        text_dim,
        audio_dim,
        video_dim,
        model_dim=128,
        unimodal_dim=32,
        centre_momentum=0.98,
        label_bound=3.0,
        dropout_rate=0.1,
        num_classes=None,
        num_outputs=1,
        label_middle=0.0,
        train_samples=0,
        **kwargs,
    ):
        tasks = (unimodal_dim, centre_momentum, label_bound, dropout_rate)
        inputs = (seq_len, text_dim, audio_dim, video_dim)
        target = (num_classes, num_outputs, label_middle)
        super().__init__(*inputs, *tasks, *target, train_samples, **kwargs)
        check_positive(model_dim=model_dim)
        self.model_dim = model_dim
        self.vector_dims = (model_dim, unimodal_dim, unimodal_dim)
        self._make_parts(self.dtype_policy)

    def _make_parts(self, policy):
        self.subnetworks = [
            LSTMSubnetwork(width, units, self.dropout_rate, dtype=policy, name=f"{name}_network")
            for name, width, units in zip(MODALITIES, self.widths, self.vector_dims, strict=True)
        ]
        self.dropout = HashDropout(self.dropout_rate, dtype=policy)
        self.hidden = keras.layers.Dense(self.model_dim, "relu", dtype=policy, name="hidden")
        if not self.learns_tasks:
            return
        self.task_dropouts = [HashDropout(self.dropout_rate, dtype=policy) for _ in MODALITIES]
        self.task_hidden = [
            keras.layers.Dense(self.unimodal_dim, "relu", dtype=policy, name=f"{name}_hidden")
            for name in MODALITIES
        ]
        self.task_outputs = [
            keras.layers.Dense(1, dtype="float32", name=f"{name}_output") for name in MODALITIES
        ]
        self.supervision = self.make_supervision(self.model_dim)

    def output_layers(self):
        return [self.output_layer, *(self.task_outputs if self.learns_tasks else ())]

    def part_shapes(self):
        for network, width in zip(self.subnetworks, self.widths, strict=True):
            yield network, (None, None, width)
        for part in (self.dropout, self.hidden):
            yield part, (None, sum(self.vector_dims))
        yield self.output_layer, (None, self.model_dim)
        if not self.learns_tasks:
            return
        for dropout, hidden, width in zip(
            self.task_dropouts, self.task_hidden, self.vector_dims, strict=True
        ):
            yield dropout, (None, width)
            yield hidden, (None, width)
        for output in self.task_outputs:
            yield output, (None, self.unimodal_dim)
        yield self.supervision, (None, 1)

    def explain_sequences(self, sequences, masks, training=None):
        parts = zip(self.subnetworks, sequences, masks, strict=True)
        vectors = [network(x, mask, training=training) for network, x, mask in parts]
        joined = self.dropout(ops.concatenate(vectors, axis=-1), training=training)
        fused = self.hidden(joined)
        prediction = self.output_layer(fused)
        if training and self.learns_tasks:
            hidden = [
                layer(dropout(vector, training=training))
                for layer, dropout, vector in zip(
                    self.task_hidden, self.task_dropouts, vectors, strict=True
                )
            ]
            scores = [layer(x) for layer, x in zip(self.task_outputs, hidden, strict=True)]
            self.keep_tasks(fused, hidden, scores, masks)
        return Explanation(prediction, None, {})
