"""The tabular side: fields put side by side, normalised and projected."""

import keras
from keras import ops

from ..checks import check_positive
from ..configured_layer import ConfiguredLayer
from ..layer_normalization import LayerNormalization


def combine_tab_data(batch, tab_field_list):
    """Put fields side by side in the order of `tab_field_list`.

    Args:
        batch: From each field to its values, a number for each sample, `(batch,)`, or a vector,
            `(batch, width)`.
        tab_field_list: Names of the fields; other entries of `batch` are ignored.

    Returns:
        A float32 tensor `(batch, input_tab_dim)`, `input_tab_dim` being the sum of the widths.

    Raises:
        ValueError: If there is no field, one is missing, or has another rank.

    Example:
        >>> batch = {"age": [30.0, 41.0], "shop": [[1.0, 0.0], [0.0, 1.0]], "text": None}
        >>> keras.ops.convert_to_numpy(combine_tab_data(batch, ["age", "shop"])).tolist()
        [[30.0, 1.0, 0.0], [41.0, 0.0, 1.0]]
    """
    missing = [name for name in tab_field_list if name not in batch]
    if missing or not tab_field_list:
        raise ValueError(
            f"The batch must have the fields {', '.join(tab_field_list) or '(none)'}. "
            f"Received: {', '.join(sorted(batch))}. Missing: {', '.join(missing) or 'any field'}. "
            "Add them, or name others in `tab_field_list`."
        )
    columns = []
    for name in tab_field_list:
        values = ops.cast(ops.convert_to_tensor(batch[name]), "float32")
        if len(values.shape) not in (1, 2):
            raise ValueError(
                f"The field {name!r} must be a number, (batch,), or a vector, (batch, width), for "
                f"each sample. Received: shape {tuple(values.shape)}."
            )
        columns.append(ops.expand_dims(values, -1) if len(values.shape) == 1 else values)
    return ops.concatenate(columns, axis=-1)


def fields_width(shapes, tab_field_list):
    """Return `input_tab_dim`, given the shapes of the fields."""
    return sum(1 if len(shapes[name]) == 1 else shapes[name][-1] for name in tab_field_list)


@keras.saving.register_keras_serializable(package="msa")
class TabAE(ConfiguredLayer):
    """Encode a combined tabular vector: layer norm, Dense, ReLU.

    Args:
        input_tab_dim: Width of the combined vector; `None`: the width of the first input.
        hidden_dim: Width of the output.
        tab_field_list: Names of the fields that `combine_tab_data` combines.

    Call arguments:
        inputs: `(batch, input_tab_dim)`, or a dict of the fields.

    Returns:
        `(batch, hidden_dim)`, at least 0.

    Raises:
        ValueError: If an argument is out of range, or the input has another rank or width.

    Example:
        >>> encoder = TabAE(input_tab_dim=None, hidden_dim=8, tab_field_list=["age", "shop"])
        >>> batch = {"age": np.array([30.0, 41.0]), "shop": np.eye(2)}
        >>> tuple(encoder(batch).shape)
        (2, 8)

    Reference:
        Ba et al., 2016, "Layer Normalization".
    """

    def __init__(self, input_tab_dim, hidden_dim, tab_field_list=(), **kwargs):
        super().__init__(**kwargs)
        check_positive(hidden_dim=hidden_dim)
        if input_tab_dim is not None:
            check_positive(input_tab_dim=input_tab_dim)
        self.input_tab_dim = input_tab_dim
        self.hidden_dim = hidden_dim
        self.tab_field_list = list(tab_field_list)
        self.norm = LayerNormalization(dtype=self.dtype_policy, name="norm")
        self.projection = keras.layers.Dense(
            hidden_dim, activation="relu", dtype=self.dtype_policy, name="projection"
        )

    def combine_tab_data(self, batch):
        """Put the fields of `tab_field_list` side by side; see the function of this name."""
        return combine_tab_data(batch, self.tab_field_list)

    def build(self, input_shape):
        if isinstance(input_shape, dict):
            width = fields_width(input_shape, self.tab_field_list)
        else:
            width = input_shape[-1]
        self._check_width((None, width))
        self.input_tab_dim = width
        self.norm.build((None, width))
        self.projection.build((None, width))
        self.built = True

    def call(self, inputs):
        if isinstance(inputs, dict):
            inputs = self.combine_tab_data(inputs)
        self._check_width(inputs.shape)
        return self.projection(self.norm(inputs))

    def _check_width(self, shape):
        if len(shape) != 2 or (self.input_tab_dim or shape[-1]) != shape[-1]:
            raise ValueError(
                f"The tabular vector must have shape (batch, {self.input_tab_dim or 'width'}). "
                f"Received: {tuple(shape)}. Pass the fields that the layer was built for, each as "
                "wide as then."
            )

    def compute_output_shape(self, input_shape):
        first = next(iter(input_shape.values())) if isinstance(input_shape, dict) else input_shape
        return (first[0], self.hidden_dim)
