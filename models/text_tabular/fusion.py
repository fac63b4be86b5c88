"""Three ways in which a text vector and a tabular vector meet."""

import keras
from keras import ops

from ..attention import MaskedAttention
from ..checks import check_heads, check_positive, check_sequence
from ..configured_layer import ConfiguredLayer
from ..explicit_masks import ExplicitMaskLayer, as_mask, clear_masked
from ..layer_normalization import LayerNormalization


@keras.saving.register_keras_serializable(package="msa")
class CrossAttentionFusion(ExplicitMaskLayer):
    """Let text attend to the table, then the table to the text that has done so.

        text' = LayerNormalization(text + MHA(text, tab, tab))
        tab'  = LayerNormalization(tab + MHA(tab, text', text'))

    The output projections of both attentions have no bias, so that a query which may attend to
    nothing is only normalised.

    Args:
        hidden_dim: Width of text, table and outputs.
        num_heads: Number of attention heads; divides `hidden_dim`.

    Call arguments:
        text: `(batch, Tt, hidden_dim)`; `(batch, 1, hidden_dim)` for one vector a sample.
        tab: `(batch, Tb, hidden_dim)`.
        text_mask: Boolean `(batch, Tt)`, `True` = valid; `None`: all valid.
        tab_mask: Boolean `(batch, Tb)`, `True` = valid; `None`: all valid.

    Returns:
        text' `(batch, Tt, hidden_dim)` and tab' `(batch, Tb, hidden_dim)`. Values at a masked
        position have no influence on others, NaN included.

    Raises:
        ValueError: If `num_heads` does not divide `hidden_dim`, or an input has another rank or
            width.

    Example:
        >>> fusion = CrossAttentionFusion(8, num_heads=2)
        >>> text, table = fusion(np.random.randn(2, 5, 8), np.random.randn(2, 1, 8))
        >>> tuple(text.shape), tuple(table.shape)
        ((2, 5, 8), (2, 1, 8))

    Reference:
        Lu et al., 2019, "ViLBERT" (co-attention); here one side after the other.
    """

    def __init__(self, hidden_dim, num_heads=4, **kwargs):
        super().__init__(**kwargs)
        check_positive(hidden_dim=hidden_dim, num_heads=num_heads)
        check_heads(hidden_dim, num_heads, "hidden_dim")
        self.hidden_dim = hidden_dim
        self.num_heads = num_heads
        policy = self.dtype_policy
        self.text_attention, self.tab_attention = (
            MaskedAttention(hidden_dim, num_heads, dropout_rate=0.0, dtype=policy, name=name)
            for name in ("text_attention", "tab_attention")
        )
        self.text_norm, self.tab_norm = (
            LayerNormalization(dtype=policy, name=name) for name in ("text_norm", "tab_norm")
        )

    def build(self, text_shape, tab_shape):
        shape = (None, None, self.hidden_dim)
        self.text_attention.build(shape, shape)
        self.tab_attention.build(shape, shape)
        self.text_norm.build(shape)
        self.tab_norm.build(shape)
        self.built = True

    def call(self, text, tab, text_mask=None, tab_mask=None):
        check_sequence("text", text.shape, self.hidden_dim)
        check_sequence("tab", tab.shape, self.hidden_dim)
        text_mask, tab_mask = as_mask(text_mask), as_mask(tab_mask)
        text, tab = clear_masked(text, text_mask), clear_masked(tab, tab_mask)
        change, _ = self.text_attention(text, tab, _for_queries(tab_mask))
        text = self.text_norm(text + change)
        change, _ = self.tab_attention(tab, text, _for_queries(text_mask))
        return text, self.tab_norm(tab + change)

    def compute_output_shape(self, text_shape, tab_shape):
        return tuple(text_shape), tuple(tab_shape)


def _for_queries(mask):
    """Return a mask of keys `(batch, Tk)` as `(batch, 1, Tk)`."""
    return None if mask is None else ops.expand_dims(mask, 1)


class VectorFusion(ConfiguredLayer):
    """Base of the fusions that mix two vectors, each projected to `fusion_dim` if it is not.

    A subclass makes `scores`, the Dense layer on both vectors that tells how to mix them.

    Args:
        text_dim: Width of the text vector.
        tab_dim: Width of the tabular vector.
        fusion_dim: Width of the output; a vector that has it already is not projected.

    Call arguments:
        text: `(batch, text_dim)`.
        tab: `(batch, tab_dim)`.

    Raises:
        ValueError: If a size is not positive, or an input has another rank or width.
    """

    scores: keras.layers.Dense

    def __init__(self, text_dim, tab_dim, fusion_dim, **kwargs):
        super().__init__(**kwargs)
        check_positive(text_dim=text_dim, tab_dim=tab_dim, fusion_dim=fusion_dim)
        self.text_dim = text_dim
        self.tab_dim = tab_dim
        self.fusion_dim = fusion_dim
        self.text_projection = self._projection(text_dim, "text_projection")
        self.tab_projection = self._projection(tab_dim, "tab_projection")

    def _projection(self, width, name):
        if width == self.fusion_dim:
            return keras.layers.Identity(dtype=self.dtype_policy, name=name)
        return keras.layers.Dense(self.fusion_dim, dtype=self.dtype_policy, name=name)

    def build(self, text_shape, tab_shape):
        self.text_projection.build((None, self.text_dim))
        self.tab_projection.build((None, self.tab_dim))
        self.scores.build((None, self.text_dim + self.tab_dim))
        self.built = True

    def score(self, text, tab):
        """Return the scores in float32, once the vectors have the right rank and width."""
        for name, x, width in (("text", text, self.text_dim), ("tab", tab, self.tab_dim)):
            if len(x.shape) != 2 or x.shape[-1] != width:
                raise ValueError(
                    f"`{name}` must have shape (batch, {width}). Received: {tuple(x.shape)}. Pass "
                    f"one vector a sample, or build the layer with another `{name}_dim`."
                )
        return ops.cast(self.scores(ops.concatenate([text, tab], axis=-1)), "float32")

    def compute_output_shape(self, text_shape, tab_shape):
        return (text_shape[0], self.fusion_dim)

    def compute_output_spec(self, *args, **kwargs):
        """Trace the call: how many outputs there are depends on its arguments."""
        return keras.Operation.compute_output_spec(self, *args, **kwargs)


@keras.saving.register_keras_serializable(package="msa")
class MixtureOfExperts(VectorFusion):
    """Weigh text and table for each sample.

        w = softmax(Dense(2)(concat(text, tab)))
        fused = w[0] * project(text) + w[1] * project(tab)

    Call arguments:
        text, tab: See `VectorFusion`.
        return_weights: Whether to return the routing weights too.

    Returns:
        `(batch, fusion_dim)`; with `return_weights` also the weights of text and table,
        `(batch, 2)`, float32, at least 0, with sum 1.

    Example:
        >>> mixture = MixtureOfExperts(text_dim=8, tab_dim=4, fusion_dim=6)
        >>> text, table = np.random.randn(2, 8), np.random.randn(2, 4)
        >>> fused, weights = mixture(text, table, return_weights=True)
        >>> tuple(fused.shape), tuple(weights.shape)
        ((2, 6), (2, 2))

    Reference:
        Jacobs et al., 1991, "Adaptive Mixtures of Local Experts".
    """

    def __init__(self, text_dim, tab_dim, fusion_dim, **kwargs):
        super().__init__(text_dim, tab_dim, fusion_dim, **kwargs)
        self.scores = keras.layers.Dense(2, dtype=self.dtype_policy, name="router")

    def call(self, text, tab, return_weights=False):
        weights = ops.softmax(self.score(text, tab), axis=-1)
        text, tab = self.text_projection(text), self.tab_projection(tab)
        shares = ops.cast(weights, text.dtype)
        fused = shares[:, :1] * text + shares[:, 1:] * tab
        return (fused, weights) if return_weights else fused


@keras.saving.register_keras_serializable(package="msa")
class FusionGate(VectorFusion):
    """Mix text and table dimension by dimension.

        g = sigmoid(Dense(fusion_dim)(concat(text, tab)))
        fused = g * project(text) + (1 - g) * project(tab)

    Call arguments:
        text, tab: See `VectorFusion`.
        return_gate: Whether to return the gate too.

    Returns:
        `(batch, fusion_dim)`; with `return_gate` also g, `(batch, fusion_dim)`, float32, in
        (0, 1): the share of the text in each dimension.

    Example:
        >>> gate = FusionGate(text_dim=8, tab_dim=4, fusion_dim=6)
        >>> text, table = np.random.randn(2, 8), np.random.randn(2, 4)
        >>> fused, shares = gate(text, table, return_gate=True)
        >>> tuple(fused.shape), tuple(shares.shape)
        ((2, 6), (2, 6))

    Reference:
        Arevalo et al., 2017, "Gated Multimodal Units for Information Fusion"; without their tanh.
    """

    def __init__(self, text_dim, tab_dim, fusion_dim, **kwargs):
        super().__init__(text_dim, tab_dim, fusion_dim, **kwargs)
        self.scores = keras.layers.Dense(fusion_dim, dtype=self.dtype_policy, name="gate")

    def call(self, text, tab, return_gate=False):
        gate = ops.sigmoid(self.score(text, tab))
        text, tab = self.text_projection(text), self.tab_projection(tab)
        share = ops.cast(gate, text.dtype)
        fused = share * text + (1 - share) * tab
        return (fused, gate) if return_gate else fused
