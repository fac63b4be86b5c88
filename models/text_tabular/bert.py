"""BERT as `keras_hub` has it, and the text encoder built on it.

`keras_hub` is imported only when a BERT is made. Its package asks for tensorflow-text, but BERT
runs without: install it by `pip install --no-deps keras-hub`, with regex and tokenizers.
"""

import keras
from keras import ops

from ..checks import check_choice, check_positive
from ..configured_layer import ConfiguredLayer

SMALL_BERT = {
    "vocabulary_size": 30522,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 128,
    "intermediate_dim": 512,
    "max_sequence_length": 512,
}
POOLINGS = ("pooled", "mean")


def import_keras_hub():
    """Return the module `keras_hub`.

    Raises:
        ImportError: Saying how to install it.
    """
    try:
        import keras_hub
    except ImportError as error:
        raise ImportError(
            "Text-and-table models need keras_hub, which is not installed. "
            "Run `pip install -r requirements-text.txt`."
        ) from error
    return keras_hub


def exact_gelu(x):
    """GELU by the error function, which every ONNX runtime can execute.

    Reference:
        Hendrycks and Gimpel, 2016, "Gaussian Error Linear Units".
    """
    return 0.5 * x * (1.0 + ops.erf(x * 0.5**0.5))


def make_bert(source=None, dtype=None):
    """Make a `keras_hub.models.BertBackbone` with the exact GELU that BERT was trained with.

    Args:
        source: The name of a `keras_hub` preset, or a local folder in the layout of `keras_hub` or
            Hugging Face; or a mapping of arguments of `BertBackbone` for random weights, in which
            `SMALL_BERT` gives the missing ones; `None` for `SMALL_BERT`.
        dtype: Its dtype policy.

    Returns:
        The backbone.

    Raises:
        ImportError: If `keras_hub` is not installed.
        ValueError: If there is no such preset, or it is no BERT.
    """
    models = import_keras_hub().models
    if source is None or not isinstance(source, str):
        bert = models.BertBackbone(**{**SMALL_BERT, **(source or {})}, dtype=dtype)
    else:
        try:
            bert = models.BertBackbone.from_preset(source, dtype=dtype)
        except Exception as error:  # keras_hub, kagglehub and safetensors raise many kinds
            raise ValueError(
                "The BERT must be a preset of keras_hub, or a local folder that holds one. "
                f"Received: {source!r}, which cannot be loaded: {error}"
            ) from error
    for layer in bert.transformer_layers:
        # keras_hub has the tanh approximation, which moves hidden states by 4e-3.
        layer._feedforward_intermediate_dense.activation = exact_gelu
    return bert


@keras.saving.register_keras_serializable(package="msa")
class TextBertBase(ConfiguredLayer):
    """Encode a text of several chunks: BERT on each, the mean over the chunks, Dense.

    Args:
        hidden_common_dim: Width of the output.
        backbone: The argument `source` of `make_bert`.
        freeze_layers: Number of BERT's layers, from below, that are not trained. Above 0, its
            embeddings are not trained either; with all layers, nor is its pooler.
        pooling: Vector of a chunk: `"pooled"`, BERT's pooled output of the first token, or
            `"mean"`, the mean of the hidden states of its tokens, as in sentence encoders.

    Call arguments:
        input_ids: Token ids `(batch, chunks, tokens)` or `(batch, tokens)`.
        attention_mask: Of the same shape, not 0 = a token.
        training: Whether to apply dropout, in a BERT that is not wholly frozen.

    Returns:
        `(batch, hidden_common_dim)`. Chunks without a token have no influence; a text without
        one counts as zeros before the Dense layer.

    Raises:
        ValueError: If an argument is out of range, or the shapes of ids and mask differ.

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
        self.bert = make_bert(backbone, dtype=self.dtype_policy)
        # Not the name of a preset: a saved layer loads without it.
        self.backbone = bert_arguments(self.bert)
        self.projection = keras.layers.Dense(
            hidden_common_dim, dtype=self.dtype_policy, name="projection"
        )
        self._freeze()

    def _freeze(self):
        layers = self.bert.transformer_layers
        if not (isinstance(self.freeze_layers, int) and 0 <= self.freeze_layers <= len(layers)):
            raise ValueError(
                f"`freeze_layers` must be a whole number from 0 to {len(layers)}, the number of "
                f"BERT's layers. Received: {self.freeze_layers!r}."
            )
        frozen = layers[: self.freeze_layers]
        if self.freeze_layers:
            frozen += [
                self.bert.token_embedding,
                self.bert.position_embedding,
                self.bert.segment_embedding,
                self.bert.embeddings_layer_norm,
            ]
        # Layers that do not reach the output get no gradient.
        if self.frozen or self.pooling == "mean":
            frozen.append(self.bert.pooled_dense)
        for layer in frozen:
            layer.trainable = False

    @property
    def frozen(self):
        """Whether nothing of BERT is trained, so that `encode` is a fixed function."""
        return self.freeze_layers == len(self.bert.transformer_layers)

    def build(self, input_ids_shape=None, attention_mask_shape=None):
        self.projection.build((None, self.bert.hidden_dim))
        self.built = True

    def call(self, input_ids, attention_mask, training=None):
        return self.project(self.encode(input_ids, attention_mask, training=training))

    def encode(self, input_ids, attention_mask, training=None):
        """Return the mean of the chunks' vectors, `(batch, BERT's width)`."""
        _check_shapes(input_ids.shape, attention_mask.shape)
        ids, mask = (ops.cast(x, "int32") for x in (input_ids, attention_mask))
        if len(ids.shape) == 2:
            ids, mask = ops.expand_dims(ids, 1), ops.expand_dims(mask, 1)
        mask = ops.cast(mask != 0, "int32")
        batch, chunks, tokens = ops.shape(ids)
        folded = {
            "token_ids": ops.reshape(ids, (-1, tokens)),
            "segment_ids": ops.zeros_like(ops.reshape(ids, (-1, tokens))),
            "padding_mask": ops.reshape(mask, (-1, tokens)),
        }
        outputs = self.bert(folded, training=bool(training) and not self.frozen)
        vectors = self._pool(outputs, folded["padding_mask"])
        vectors = ops.reshape(vectors, (batch, chunks, self.bert.hidden_dim))
        return _masked_mean(vectors, ops.any(mask != 0, axis=-1))

    def _pool(self, outputs, mask):
        if self.pooling == "pooled":
            return outputs["pooled_output"]
        return _masked_mean(outputs["sequence_output"], mask != 0)

    def project(self, encoded):
        """Return the output `(batch, hidden_common_dim)` for vectors of `encode`."""
        return self.projection(encoded)

    def compute_output_shape(self, input_ids_shape, attention_mask_shape=None):
        return (input_ids_shape[0], self.hidden_common_dim)


def bert_arguments(bert):
    """Return the arguments with which `make_bert` makes a backbone of the same shape."""
    config = bert.get_config()
    return {name: config[name] for name in (*SMALL_BERT, "dropout", "num_segments")}


def _masked_mean(x, valid):
    """Average `(batch, n, width)` over the valid of n; zeros where none is."""
    x = ops.where(ops.expand_dims(valid, -1), x, 0.0)
    weights = ops.cast(valid, "float32")
    weights = weights / ops.maximum(ops.sum(weights, axis=1, keepdims=True), 1.0)
    return ops.sum(x * ops.cast(ops.expand_dims(weights, -1), x.dtype), axis=1)


def _check_shapes(ids, mask):
    if len(ids) not in (2, 3) or len(ids) != len(mask):
        raise ValueError(
            "`input_ids` and `attention_mask` must both have shape (batch, chunks, tokens) or "
            f"(batch, tokens). Received: {tuple(ids)} and {tuple(mask)}."
        )
