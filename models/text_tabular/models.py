"""The three models: text and table meet by cross-attention, by mixture of experts, by a gate."""

import keras
from keras import ops

from .config import complete_config
from .fusion import (
    CrossAttentionFusion,
    FusionGate,
    MixtureOfExperts,
    VectorFusion,
)
from .model import TextTabularModel


@keras.saving.register_keras_serializable(package="msa")
class MultimodalBertCrossAttn(TextTabularModel):
    """Text attends to the table, then the table to the text; both go into the classifier.

    concat(text', tab') → Dense(hidden_common_dim) → ReLU → Dense(num_classes).

    Arguments, call and errors: as for `TextTabularModel`; it needs a tabular field.

    Example:
        >>> small = {"num_layers": 1, "hidden_dim": 16, "vocabulary_size": 100}  # random weights
        >>> config = {"text_name": "review", "label_name": "liked", "tab_field_list": ["age"]}
        >>> model = MultimodalBertCrossAttn(config, backbone=small)
        >>> ids = np.random.randint(1, 100, (2, 1, 6))  # 2 texts of a chunk of 6 tokens
        >>> batch = {
        ...     "review_processed_input_ids": ids,
        ...     "review_processed_attention_mask": np.ones_like(ids),
        ...     "age": np.array([0.3, -0.1]),
        ... }
        >>> tuple(model(batch).shape)  # logits of 2 classes
        (2, 2)
    """

    def __init__(self, config, backbone=None, **kwargs):
        values = complete_config(config)
        if not values["tab_field_list"]:
            raise ValueError(
                "`tab_field_list` must name a field: cross-attention needs a table to attend to. "
                "Received: none. Choose MultimodalBertMoE or MultimodalBertGate for text alone."
            )
        if values["hidden_common_dim"] % values["num_heads"]:
            raise ValueError(
                "`hidden_common_dim` must be a multiple of `num_heads`. Received: "
                f"hidden_common_dim={values['hidden_common_dim']}, "
                f"num_heads={values['num_heads']}."
            )
        super().__init__(values, backbone, **kwargs)

    def make_fusion(self, width):
        self.fusion = CrossAttentionFusion(
            width, self.config["num_heads"], dtype=self.dtype_policy, name="fusion"
        )
        self.hidden = keras.layers.Dense(
            width, activation="relu", dtype=self.dtype_policy, name="hidden"
        )

    def build_fusion(self, width):
        self.fusion.build((None, 1, width), (None, 1, width))
        self.hidden.build((None, 2 * width))
        self.output_layer.build((None, width))

    def fuse(self, text, tab):
        text, tab = self.fusion(ops.expand_dims(text, 1), ops.expand_dims(tab, 1))
        both = ops.concatenate([ops.squeeze(text, 1), ops.squeeze(tab, 1)], axis=-1)
        return self.hidden(both), None


class MixedModel(TextTabularModel):
    """Base of the models that mix two vectors; without tabular fields, the table's is zero."""

    fusion_class: type[VectorFusion]

    def make_fusion(self, width):
        self.fusion = self.fusion_class(
            width, width, self.config["fusion_dim"] or width, dtype=self.dtype_policy, name="fusion"
        )

    def build_fusion(self, width):
        self.fusion.build((None, width), (None, width))
        self.output_layer.build((None, self.fusion.fusion_dim))


@keras.saving.register_keras_serializable(package="msa")
class MultimodalBertMoE(MixedModel):
    """Two experts, text and table, weighed for each sample; ReLU → Dense(num_classes).

    Arguments, call and errors: as for `TextTabularModel`. Without tabular fields the table's vector
    is zero.

    Example:
        >>> small = {"num_layers": 1, "hidden_dim": 16, "vocabulary_size": 100}  # random weights
        >>> config = {"text_name": "review", "label_name": "liked", "tab_field_list": ["age"]}
        >>> model = MultimodalBertMoE(config, backbone=small)
        >>> ids = np.random.randint(1, 100, (2, 1, 6))  # 2 texts of a chunk of 6 tokens
        >>> batch = {
        ...     "review_processed_input_ids": ids,
        ...     "review_processed_attention_mask": np.ones_like(ids),
        ...     "age": np.array([0.3, -0.1]),
        ... }
        >>> tuple(model(batch).shape)  # logits of 2 classes
        (2, 2)
        >>> tuple(model.explain(batch).mixture.shape)
        (2, 2)
    """

    fusion_class = MixtureOfExperts

    def fuse(self, text, tab):
        fused, weights = self.fusion(text, tab, return_weights=True)
        return ops.relu(fused), weights


@keras.saving.register_keras_serializable(package="msa")
class MultimodalBertGate(MixedModel):
    """Text and table mixed dimension by dimension; ReLU → Dense(num_classes).

    Arguments, call and errors: as for `TextTabularModel`. Without tabular fields the table's vector
    is zero.

    Example:
        >>> small = {"num_layers": 1, "hidden_dim": 16, "vocabulary_size": 100}  # random weights
        >>> config = {"text_name": "review", "label_name": "liked", "tab_field_list": ["age"]}
        >>> model = MultimodalBertGate(config, backbone=small)
        >>> ids = np.random.randint(1, 100, (2, 1, 6))  # 2 texts of a chunk of 6 tokens
        >>> batch = {
        ...     "review_processed_input_ids": ids,
        ...     "review_processed_attention_mask": np.ones_like(ids),
        ...     "age": np.array([0.3, -0.1]),
        ... }
        >>> tuple(model(batch).shape)  # logits of 2 classes
        (2, 2)
        >>> tuple(model.explain(batch).mixture.shape)
        (2, 100)
    """

    fusion_class = FusionGate

    def fuse(self, text, tab):
        fused, gate = self.fusion(text, tab, return_gate=True)
        return ops.relu(fused), gate
