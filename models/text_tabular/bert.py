"""The text encoder of the models of a text with a table."""

import keras
from keras import ops

from ..checks import check_choice, check_positive
from ..configured_layer import ConfiguredLayer
from ..text_encoder import TextEncoder
from ..token_rows import masked_mean

POOLINGS = ("pooled", "mean")


@keras.saving.register_keras_serializable(package="msa")
class TextBertBase(ConfiguredLayer):
    """Encode a text of several chunks: BERT on each, the mean over the chunks, Dense.

    Args:
        hidden_common_dim: Width of the output.
        backbone: The argument `source` of `make_text_backbone`.
        freeze_layers: Number of BERT's layers, from below, that are not trained. Above 0, its
            embeddings are not trained either; with all layers, nor is its pooler.
        pooling: Vector of a chunk: `"pooled"`, BERT's pooled output of the first token, or
            `"mean"`, the mean of the hidden states of its tokens, as in sentence encoders.

    Call arguments:
        input_ids: Token ids `(batch, chunks, tokens)` or `(batch, tokens)`, with the special
            tokens `[CLS]` and `[SEP]` of each chunk.
        attention_mask: Of the same shape, not 0 = a token.
        training: Whether to apply dropout, in the layers of BERT that are trained.

    Returns:
        `(batch, hidden_common_dim)`. Chunks without a token have no influence; a text without
        one counts as zeros before the Dense layer.

    Raises:
        ValueError: If an argument is out of range, or the shapes of ids and mask differ.

    Attributes:
        encoder: The `TextEncoder`, for which each chunk is a step.

    Example:
        >>> small = {"num_layers": 1, "hidden_dim": 16, "vocabulary_size": 100}  # random weights
        >>> encoder = TextBertBase(hidden_common_dim=8, backbone=small)
        >>> ids = np.random.randint(1, 100, (2, 3, 6))  # 2 texts of 3 chunks of 6 tokens
        >>> tuple(encoder(ids, np.ones_like(ids)).shape)
        (2, 8)

    Reference:
        Devlin et al., 2019, "BERT"; `"mean"`: Reimers and Gurevych, 2019, "Sentence-BERT".
    """

    def __init__(
        self, hidden_common_dim, backbone=None, freeze_layers=0, pooling="pooled", **kwargs
    ):
        super().__init__(**kwargs)
        check_positive(hidden_common_dim=hidden_common_dim)
        check_choice("pooling", pooling, POOLINGS)
        self.hidden_common_dim = hidden_common_dim
        self.freeze_layers = freeze_layers
        self.pooling = pooling
        # The ids have their special tokens already.
        self.encoder = TextEncoder(
            backbone, "text", pooling, dtype=self.dtype_policy, name="encoder"
        )
        self.backbone = self.encoder.source
        self.projection = keras.layers.Dense(
            hidden_common_dim, dtype=self.dtype_policy, name="projection"
        )
        self._freeze()

    def _freeze(self):
        count = self.encoder.n_layers
        if not (isinstance(self.freeze_layers, int) and 0 <= self.freeze_layers <= count):
            raise ValueError(
                f"`freeze_layers` must be a whole number from 0 to {count}, the number of "
                f"BERT's layers. Received: {self.freeze_layers!r}."
            )
        if self.freeze_layers:
            self.encoder.trainable_layers = count - self.freeze_layers

    @property
    def bert(self):
        """The backbone of `keras_hub`."""
        return self.encoder.backbone

    @property
    def frozen(self):
        """Whether nothing of BERT is trained, so that `encode` is a fixed function."""
        return self.encoder.frozen

    def build(self, input_ids_shape=None, attention_mask_shape=None):
        self.encoder.build()
        self.projection.build((None, self.encoder.width))
        self.built = True

    def call(self, input_ids, attention_mask, training=None):
        return self.project(self.encode(input_ids, attention_mask, training=training))

    def encode(self, input_ids, attention_mask, training=None):
        """Return the mean of the chunks' vectors, `(batch, BERT's width)`."""
        _check_shapes(input_ids.shape, attention_mask.shape)
        ids, mask = (ops.cast(x, "int32") for x in (input_ids, attention_mask))
        if len(ids.shape) == 2:
            ids, mask = ops.expand_dims(ids, 1), ops.expand_dims(mask, 1)
        vectors = self.encoder(ids, mask != 0, training=training)
        mean = masked_mean(vectors, self.encoder.step_mask(ids, mask != 0))
        return ops.cast(mean, self.compute_dtype)

    def project(self, encoded):
        """Return the output `(batch, hidden_common_dim)` for vectors of `encode`."""
        return self.projection(encoded)

    def compute_output_shape(self, input_ids_shape, attention_mask_shape=None):
        return (input_ids_shape[0], self.hidden_common_dim)


def _check_shapes(ids, mask):
    if len(ids) not in (2, 3) or len(ids) != len(mask):
        raise ValueError(
            "`input_ids` and `attention_mask` must both have shape (batch, chunks, tokens) or "
            f"(batch, tokens). Received: {tuple(ids)} and {tuple(mask)}."
        )
