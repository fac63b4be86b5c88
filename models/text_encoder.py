"""A pretrained text encoder that is trained along: token ids in, a sequence of vectors out."""

import keras
from keras import ops

from .backbone_parts import apply_layer, backbone_parts, embed
from .checkpointing import checkpointed
from .checks import check_choice, shapes_agree
from .explicit_masks import ExplicitMaskLayer, as_mask
from .text_backbone import backbone_arguments, make_text_backbone
from .token_line import TokenLine
from .token_rows import compacted, distinct_rows, masked_mean, with_special_tokens

STEPS = ("token", "word", "text")
POOLINGS = ("mean", "first", "pooled")


@keras.saving.register_keras_serializable(package="msa")
class TextEncoder(ExplicitMaskLayer):
    """Encode token ids by a pretrained backbone, and pool the hidden states to steps.

    With `steps="token"` or `"word"`, all tokens of a sample run through the backbone as one
    sequence. With `steps="text"`, each step is a text of its own, such as an utterance of a
    dialogue. The tokens of a sequence are put side by side first: padding and holes, on the left
    too, shift no position. Then `start_token` and `end_token` go round them.

    Equal texts of a batch are encoded once, and have the same dropout. Rows are cut to the longest
    text of the batch. Both need dynamic shapes: they are left out where `static_shapes` is set.

    Args:
        source: The backbone; see `make_text_backbone`. `None`: a small BERT with random weights.
        steps: `"token"`: a step is a token; `"word"`: a step is a word of several tokens;
            `"text"`: a step is a text.
        pooling: Vector of a step. `"mean"`: the mean over its tokens, for a text with the special
            tokens, as in sentence encoders. `"first"`: its first token; for a text the start token.
            `"pooled"`, for texts alone: the backbone's pooled output.
        trainable_layers: Number of the upper transformer layers that are trained; 0: none, the
            encoder is a fixed function; `None`: all, and the embeddings too. The repeated layers
            of ALBERT count once. Layers that are not trained have no dropout.
        start_token: Id of the token before each sequence, such as `[CLS]`; `None`: none is added.
        end_token: Id of the token behind each sequence, such as `[SEP]`; `None`: none is added.
        gradient_checkpointing: Whether to recompute each transformer layer for its gradient, which
            saves memory and costs time.

    Call arguments:
        token_ids: Token ids: integers `(batch, time)` for `"token"`, else `(batch, time, pieces)`.
            Below 0: no token.
        mask: Boolean of the same shape, `True` = a token that counts; `None`: all ids from 0.
        training: Whether to apply dropout.

    Returns:
        `(batch, time, width)`, zeros at steps without a token. Tokens of words beyond the longest
        sequence of the backbone count as absent.

    Raises:
        ImportError: If `keras_hub` is not installed.
        ValueError: If an argument is out of range, there is no such backbone, or the ids have
            another shape or are more than the backbone takes.

    Attributes:
        backbone: The backbone of `keras_hub`.
        width: Width of the vectors.
        n_layers: Number of transformer layers.
        max_tokens: Longest sequence of the backbone, without the special tokens.
        static_shapes: Whether no shape may depend on values, as under XLA: `True` on JAX.

    Example:
        >>> small = {"num_layers": 1, "hidden_dim": 32, "vocabulary_size": 100}  # random weights
        >>> encoder = TextEncoder(small, "word")
        >>> ids = np.array([[[5, 6, -1], [7, -1, -1], [-1, -1, -1]]])  # two words, and padding
        >>> tuple(encoder(ids).shape)
        (1, 3, 32)
        >>> keras.ops.convert_to_numpy(encoder.step_mask(ids)).tolist()
        [[True, True, False]]

    Reference:
        Devlin et al., 2019, "BERT"; `"mean"` of texts: Reimers and Gurevych, 2019,
        "Sentence-BERT"; recomputation: Chen et al., 2016, "Training Deep Nets with Sublinear
        Memory Cost".
    """

    def __init__(
        self,
        source=None,
        steps="token",
        pooling="mean",
        trainable_layers=None,
        start_token=None,
        end_token=None,
        gradient_checkpointing=False,
        **kwargs,
    ):
        # Half precision cannot hold token ids.
        super().__init__(**{"autocast": False, **kwargs})
        check_choice("steps", steps, STEPS)
        check_choice("pooling", pooling, POOLINGS)
        self.steps = steps
        self.pooling = pooling
        self.start_token = start_token
        self.end_token = end_token
        self.gradient_checkpointing = gradient_checkpointing
        self.backbone = make_text_backbone(source, self.dtype_policy)
        # Not the name of a preset: a saved layer loads without it.
        self.source = backbone_arguments(self.backbone)
        self.width = self.backbone.hidden_dim
        self.n_layers = len(self._parts.layers)
        special = sum(token is not None for token in (start_token, end_token))
        self.max_tokens = self.backbone.max_sequence_length - special
        self._check_arguments()
        self.static_shapes = keras.backend.backend() == "jax"
        # Tells Keras the outer value of `training`, which the parts override.
        self._outer = keras.layers.Dropout(0.0, dtype=self.dtype_policy)
        self.trainable_layers = trainable_layers

    def _check_arguments(self):
        if self.pooling == "pooled" and (self.steps != "text" or self._parts.pooler is None):
            raise ValueError(
                '`pooling` may be "pooled" for `steps="text"` and a backbone with a pooled output: '
                f"bert, albert or electra. Received: steps={self.steps!r}, "
                f'{self.source["class"]}. Choose "first" or "mean".'
            )
        size = self.source["vocabulary_size"]
        for name in ("start_token", "end_token"):
            token = getattr(self, name)
            if token is not None and not (isinstance(token, int) and 0 <= token < size):
                raise ValueError(
                    f"`{name}` must be a token id from 0 to {size - 1}, or None. "
                    f"Received: {token!r}."
                )

    @property
    def _parts(self):
        return backbone_parts(self.backbone)

    @property
    def supports_jit(self):
        """Whether XLA can compile the layer."""
        return self.static_shapes

    @supports_jit.setter
    def supports_jit(self, value):
        """Ignore Keras's default."""

    @property
    def trainable_layers(self):
        """Number of the upper layers that are trained; a compiled model has to be compiled again.

        Setting it freezes and thaws layers.
        """
        return self._trainable_layers

    @trainable_layers.setter
    def trainable_layers(self, count):
        if count is not None and not (
            isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= self.n_layers
        ):
            raise ValueError(
                f"`trainable_layers` must be a whole number from 0 to {self.n_layers}, the number "
                f"of the encoder's layers, or None for all and the embeddings. Received: {count!r}."
            )
        self._trainable_layers = count
        parts = self._parts
        for layer in parts.embeddings:
            layer.trainable = count is None
        for i, layer in enumerate(parts.layers):
            layer.trainable = count is None or i >= self.n_layers - count
        if parts.pooler is not None:  # without its use it gets no gradient
            parts.pooler.trainable = self.pooling == "pooled" and count != 0

    @property
    def frozen(self):
        """Whether nothing is trained, so that the encoder is a fixed function."""
        return not self.trainable_weights

    def layer_groups(self):
        """Return lists of layers, from the bottom to the top, for learning rates of their own.

        Returns:
            The embeddings, then each transformer layer, then the pooler if it is used.
        """
        parts = self._parts
        groups = [parts.embeddings, *([layer] for layer in parts.layers)]
        return [*groups, [parts.pooler]] if self.pooling == "pooled" else groups

    def build(self, token_ids_shape=None, mask_shape=None):
        self.built = True

    def step_mask(self, token_ids, mask=None):
        """Return which steps have a token, boolean `(batch, time)`; arguments as for a call."""
        return ops.any(self._read(token_ids, mask)[1], axis=-1)

    def call(self, token_ids, mask=None, training=None):
        ids, valid = self._read(token_ids, mask)
        encode = self._encode_texts if self.steps == "text" else self._encode_sequence
        vectors = encode(ids, valid, bool(training))
        vectors = ops.where(ops.any(valid, axis=-1, keepdims=True), vectors, 0.0)
        return self._outer(ops.cast(vectors, self.compute_dtype), training=training)

    def _read(self, token_ids, mask):
        """Return ids and which of them count, `(batch, time, pieces)` each."""
        ids = ops.convert_to_tensor(token_ids)
        self._check_shapes(tuple(ids.shape), None if mask is None else tuple(mask.shape))
        ids = ops.cast(ids, "int32")
        valid = ids >= 0
        if mask is not None:
            valid = ops.logical_and(valid, as_mask(mask))
        if self.steps == "token":
            ids, valid = ops.expand_dims(ids, -1), ops.expand_dims(valid, -1)
        if self.steps == "word":
            flat = ops.reshape(ops.cast(valid, "int32"), (ops.shape(ids)[0], -1))
            fits = ops.reshape(ops.cumsum(flat, axis=1) <= self.max_tokens, ops.shape(ids))
            valid = ops.logical_and(valid, fits)
        return ids, valid

    def _check_shapes(self, ids, mask):
        axes = ("batch", "time") if self.steps == "token" else ("batch", "time", "pieces")
        if len(ids) != len(axes) or not (mask is None or shapes_agree(ids, mask)):
            raise ValueError(
                f"`token_ids` and `mask` must have shape ({', '.join(axes)}) for "
                f'`steps="{self.steps}"`. Received: {ids}' + (f" and {mask}." if mask else ".")
            )
        size = ids[2] if self.steps == "text" else ids[1]
        if size is not None and size > self.max_tokens:
            raise ValueError(
                f"A text of this encoder must have at most {self.max_tokens} tokens, special ones "
                f"not counted. Received: token ids of shape {ids}. Cut the texts."
            )

    def _encode_sequence(self, ids, valid, training):
        """Return the vectors of tokens or words of one sequence a sample."""
        batch, time, pieces = ops.shape(ids)
        flat, among = (ops.reshape(x, (batch, time * pieces)) for x in (ids, valid))
        row, count = compacted(flat, among, trim=not self.static_shapes)
        if self.static_shapes:  # beyond `max_tokens` nothing is valid
            row = row[:, : self.max_tokens]
        hidden, _ = self._hidden_states(row, count, training)
        length = ops.shape(hidden)[1]
        place = ops.cumsum(ops.cast(among, "int32"), axis=1) - 1 + (self.start_token is not None)
        place = place + length * ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
        place = ops.reshape(ops.where(among, place, 0), (batch, time, pieces))
        if self.pooling == "first":
            first = ops.argmax(ops.cast(valid, "int32"), axis=-1, keepdims=True)
            place = ops.take_along_axis(place, first, axis=-1)
            valid = ops.take_along_axis(valid, first, axis=-1)
        taken = ops.take(ops.reshape(hidden, (-1, self.width)), place, axis=0)
        return masked_mean(taken, valid)

    def _encode_texts(self, ids, valid, training):
        """Return the vectors of texts that are encoded each by itself."""
        batch, time, pieces = ops.shape(ids)
        flat, among = (ops.reshape(x, (batch * time, pieces)) for x in (ids, valid))
        row, count = compacted(flat, among, trim=not self.static_shapes)
        if self.static_shapes:
            vectors = self._pooled(row, count, training)
        else:
            kept, places = distinct_rows(row)
            row, count = (ops.take(x, kept, axis=0) for x in (row, count))
            vectors = ops.take(self._pooled(row, count, training), places, axis=0)
        return ops.reshape(vectors, (batch, time, self.width))

    def _pooled(self, ids, count, training):
        """Return the vectors `(rows, width)` of whole rows."""
        hidden, mask = self._hidden_states(ids, count, training)
        if self.pooling == "mean":
            return masked_mean(hidden, mask)
        return hidden[:, 0] if self.pooling == "first" else self._parts.pooler(hidden[:, 0])

    def _hidden_states(self, ids, count, training):
        """Return the hidden states of rows with special tokens, and their mask."""
        ids, mask = with_special_tokens(ids, count, self.start_token, self.end_token)
        # A row without a token attends to its first place, so that all stays finite.
        first = ops.arange(ops.shape(ids)[1]) == 0
        tokens = TokenLine(ops.logical_or(mask, first), self.static_shapes)
        trained = self.backbone.token_embedding.trainable
        x, relative = embed(self.backbone, ids, training and trained)
        if not trained:
            x = ops.stop_gradient(x)
            relative = None if relative is None else ops.stop_gradient(relative)
        x = tokens.line(x)
        for layer in self._parts.calls:
            x = self._apply_layer(layer, x, relative, tokens, training)
        return tokens.rows(x), mask

    def _apply_layer(self, layer, x, relative, tokens, training):
        if not layer.trainable:  # nor is any layer below
            return ops.stop_gradient(apply_layer(layer, x, relative, tokens, False))

        def function(x, *relative):
            return apply_layer(layer, x, relative[0] if relative else None, tokens, training)

        recomputes = training and self.gradient_checkpointing
        run = checkpointed(layer, function) if recomputes else function
        return run(x) if relative is None else run(x, relative)

    def compute_output_shape(self, token_ids_shape, mask_shape=None):
        return (*token_ids_shape[:2], self.width)

    def compute_output_spec(self, token_ids, mask=None, training=None):
        """Describe the output without a computation, which may not depend on unknown values."""
        shape = tuple(token_ids.shape)
        self._check_shapes(shape, None if mask is None else tuple(mask.shape))
        return keras.KerasTensor(self.compute_output_shape(shape), dtype=self.compute_dtype)
