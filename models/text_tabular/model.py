"""The base of the text-and-table models: input, parts, logits, loss and optimizer."""

from typing import Any, NamedTuple

import keras
from keras import ops

from ..configured_layer import constructor_arguments
from ..losses import ClassWeightedCrossEntropy
from .bert import TextBertBase
from .config import complete_config
from .tab_ae import TabAE, fields_width
from .training import make_optimizer


class TextTabularExplanation(NamedTuple):
    """Logits, and how text and table were mixed.

    Attributes:
        logits: `(batch, num_classes)`, or scores `(batch, num_outputs)`; float32.
        mixture: The shares of text and table, `(batch, 2)`, of a mixture of experts; the share of
            the text in each dimension, `(batch, fusion_dim)`, of a gate; `None` of cross-attention.
    """

    logits: Any
    mixture: Any


class TextTabularModel(keras.Model):
    """Base of the models: a text of BERT tokens and tabular fields in, logits of classes out.

    A subclass makes its fusion in `make_fusion` and computes in `fuse`.

    Args:
        config: A mapping; see `complete_config` and models/README.md for its keys.
        backbone: Argument of `make_text_backbone`, in place of `config["tokenizer"]`.

    Call arguments:
        batch: A dict with token ids and attention mask, `(batch, chunks, tokens)` or
            `(batch, tokens)`, under `{text_name}_processed_{text_input_ids_key}` and
            `{text_name}_processed_{text_attention_mask_key}`, and the fields of `tab_field_list`,
            `(batch,)` or `(batch, width)`. In place of both text entries it may have
            `{text_name}_encoded`, the vectors of `encode_text`. All other entries, such as labels
            and ids, are ignored.
        training: Whether to apply dropout.

    Returns:
        Logits `(batch, num_classes)`, or where `num_classes` is `None` scores or logits of labels
        `(batch, num_outputs)`; float32.

    Raises:
        ValueError: If the config has faults, all of which are named, or the batch lacks an entry.
    """

    def __init__(self, config, backbone=None, **kwargs):
        # Token ids and masks are not to be cast.
        super().__init__(autocast=False, **kwargs)
        self.config = complete_config(config)
        text, width = self.config["text_name"], self.config["hidden_common_dim"]
        self.input_ids_key = f"{text}_processed_{self.config['text_input_ids_key']}"
        self.attention_mask_key = f"{text}_processed_{self.config['text_attention_mask_key']}"
        self.encoded_key = f"{text}_encoded"
        self.tab_field_list = self.config["tab_field_list"]
        self.text_encoder = TextBertBase(
            width,
            self.config["tokenizer"] if backbone is None else backbone,
            self.config["freeze_layers"],
            self.config["pooling"],
            dtype=self.dtype_policy,
            name="text_encoder",
        )
        self.backbone = self.text_encoder.backbone
        self.tab_encoder = None
        if self.tab_field_list:
            self.tab_encoder = TabAE(
                None, width, self.tab_field_list, dtype=self.dtype_policy, name="tab_encoder"
            )
        self.make_fusion(width)
        self.output_layer = keras.layers.Dense(
            self.config["num_classes"] or self.config["num_outputs"], dtype="float32", name="output"
        )

    def make_fusion(self, width):
        """Make the layers between the vectors of text and table, `width` wide, and the logits."""
        raise NotImplementedError

    def build_fusion(self, width):
        """Build the layers of `make_fusion`, and the output layer."""
        raise NotImplementedError

    def fuse(self, text, tab):
        """Return the output layer's input, and the mixture or `None`, from two vectors a sample."""
        raise NotImplementedError

    def build(self, input_shape):
        """Create all weights.

        Args:
            input_shape: The shapes of a batch by name; the tabular fields must be among them.
        """
        if self.built:
            return
        self.text_encoder.build()
        if self.tab_encoder is not None:
            self._check_entries(input_shape)
            self.tab_encoder.build((None, fields_width(input_shape, self.tab_field_list)))
        self.build_fusion(self.config["hidden_common_dim"])
        self.built = True

    def call(self, batch, training=None):
        return self._explain(batch, training).logits

    def explain(self, batch):
        """Return a `TextTabularExplanation` of a batch."""
        return self._explain(batch, training=False)

    def start_output_at(self, values):
        """Set the bias of the output, around which an untrained model predicts.

        Args:
            values: A number, or one for each output.
        """
        self.output_layer.bias.assign(ops.broadcast_to(values, self.output_layer.bias.shape))

    def predict_proba(self, batch):
        """Return probabilities `(batch, num_classes)`; if binary, of class 1 alone, `(batch,)`."""
        return self.to_probabilities(self(batch, training=False))

    def to_probabilities(self, logits):
        """Return the softmax of logits, or if binary its second column."""
        probabilities = ops.softmax(logits, axis=-1)
        return probabilities[:, 1] if self.config["is_binary"] else probabilities

    def encode_text(self, batch):
        """Return BERT's vector of each text, `(batch, BERT's width)`, before the first Dense.

        Where BERT is wholly frozen it never changes, and can be computed once for all epochs.
        """
        return self.text_encoder.encode(batch[self.input_ids_key], batch[self.attention_mask_key])

    def configure(self, steps):
        """Compile with the loss and the optimizer of the config, for a training of `steps`."""
        self.compile(
            optimizer=make_optimizer(self.config, steps),
            loss=ClassWeightedCrossEntropy(self.config["class_weights"]),
        )

    def _explain(self, batch, training):
        self._check_entries(batch)
        if self.encoded_key in batch:
            encoded = ops.cast(batch[self.encoded_key], self.compute_dtype)
            text = self.text_encoder.project(encoded)
        else:
            text = self.text_encoder(
                ops.convert_to_tensor(batch[self.input_ids_key]),
                ops.convert_to_tensor(batch[self.attention_mask_key]),
                training=training,
            )
        if self.tab_encoder is None:
            tab = ops.zeros_like(text)
        else:
            tab = self.tab_encoder(self.tab_encoder.combine_tab_data(batch))
        hidden, mixture = self.fuse(text, tab)
        return TextTabularExplanation(self.output_layer(hidden), mixture)

    def _check_entries(self, batch):
        wanted = [self.input_ids_key, self.attention_mask_key]
        wanted = [self.encoded_key] if self.encoded_key in batch else wanted
        missing = [name for name in (*wanted, *self.tab_field_list) if name not in batch]
        if missing:
            raise ValueError(
                f"The batch must have the entries {', '.join((*wanted, *self.tab_field_list))}. "
                f"Received: {', '.join(sorted(batch))}. Missing: {', '.join(missing)}."
            )

    def compute_output_shape(self, input_shape):
        first = next(iter(input_shape.values()))
        return (first[0], self.output_layer.units)

    def compute_output_spec(self, batch, training=None):
        """Describe the output, which is float32 under every dtype policy."""
        shapes = {name: values.shape for name, values in batch.items()}
        return keras.KerasTensor(self.compute_output_shape(shapes), dtype="float32")

    def get_build_config(self):
        # Shapes of the whole batch are useless: its ids may be texts.
        return {"input_tab_dim": self.tab_encoder.input_tab_dim if self.tab_encoder else 0}

    def build_from_config(self, config):
        self.text_encoder.build()
        if self.tab_encoder is not None:
            self.tab_encoder.build((None, config["input_tab_dim"]))
        self.build_fusion(self.config["hidden_common_dim"])
        self.built = True

    def get_config(self):
        return {**super().get_config(), **constructor_arguments(self)}
