"""Options of a pretrained text encoder that is trained with the model behind it."""

import dataclasses
from typing import Annotated, Literal

from annotated_types import Interval

from utils.options import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SettingsGroup,
    option_name,
    setting,
)


def encoder_setting(default, description, **options):
    """Declare an option of the text encoder of models of sequences; see `setting`."""
    return setting(default, description, family="sequences", **options)


@dataclasses.dataclass
class TextEncoderSettings(SettingsGroup):
    """Text encoder that is trained too."""

    text_encoder: str | None = encoder_setting(
        None,
        "pretrained encoder that turns the texts of the samples into the text sequence: a preset "
        "of keras_hub, a local folder, package://NAME/FOLDER for a folder of a Python package, or "
        "the folder of an earlier run, whose encoder learns further; "
        "default: none, the text features of the data",
    )
    text_steps: Literal["token", "word", "text"] | None = encoder_setting(
        None,
        "step of the text sequence: token, a piece of a word; word; or text, such as an utterance "
        "of a dialogue, encoded separately; default: decided by the data",
    )
    text_tokens: PositiveInt = encoder_setting(
        64, "largest number of tokens of a text, or of all words of a sample; the rest is cut off"
    )
    text_pooling: Literal["mean", "first", "pooled"] = encoder_setting(
        "mean",
        "vector of a step of several tokens: the mean of their vectors, the vector of the first "
        "token, or, for texts, the output of the encoder's pooler",
    )
    trainable_layers: NonNegativeInt | None = encoder_setting(
        None,
        "layers of the encoder that are trained, the upper ones; 0: none; default: all of them, "
        "and the embeddings",
    )
    encoder_learning_rate: PositiveFloat = encoder_setting(
        5e-5, "highest learning rate of the encoder's upper layer; it follows the same --schedule"
    )
    encoder_weight_decay: NonNegativeFloat = encoder_setting(
        0.01, "decoupled weight decay of the encoder"
    )
    encoder_layer_decay: Annotated[float, Interval(gt=0, le=1)] = encoder_setting(
        1.0, "factor on the learning rate from each layer of the encoder to the layer below it"
    )
    unfreeze_epochs: NonNegativeFloat = encoder_setting(
        0.0,
        "the upper layer of the encoder is trained from the start, each lower layer this many "
        "epochs later than the layer above it, such as 0.5; 0: all from the start",
    )
    encoder_checkpointing: bool = encoder_setting(
        False,
        "compute the encoder's inner values again for the gradients: less memory, more time",
        nargs="?",
        const=True,
    )

    @property
    def trains_text_encoder(self):
        """Whether there is a text encoder, and some of it is trained."""
        return self.text_encoder is not None and self.trainable_layers != 0

    def _own_faults(self):
        if self.text_encoder is None:
            yield from self._faults_of_given(
                [name for name in DEFAULTS if name != "text_encoder"],
                "is for a text encoder. Name one by --text-encoder, or leave it out.",
            )
            return
        if self.trainable_layers == 0:
            yield from self._faults_of_given(
                TRAINING, "needs an encoder that is trained. Received: --trainable-layers 0."
            )
        if self.text_steps == "token" and self.text_pooling != "mean":
            yield (
                "--text-pooling is for steps of several tokens, --text-steps word or text. "
                f"Received: --text-pooling {self.text_pooling} --text-steps token."
            )
        if self.text_steps == "word" and self.text_pooling == "pooled":
            yield (
                "--text-pooling pooled is for --text-steps text, because a pooler sees a whole "
                "text. Received: --text-steps word. Take mean or first."
            )

    def _faults_of_given(self, names, fault):
        """Yield a fault for each of some settings that has not its default."""
        for name in names:
            if getattr(self, name) != DEFAULTS[name]:
                yield f"{option_name(name)} {getattr(self, name)} {fault}"


DEFAULTS = {field.name: field.default for field in dataclasses.fields(TextEncoderSettings)}
# Settings of how the encoder learns.
TRAINING = (
    *("encoder_learning_rate", "encoder_weight_decay", "encoder_layer_decay"),
    *("unfreeze_epochs", "encoder_checkpointing"),
)
