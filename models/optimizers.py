"""AdamW that trains some weights more slowly, or later, than the others."""

import dataclasses
import typing

import keras
from keras import ops


@dataclasses.dataclass(frozen=True)
class WeightGroup:
    """Weights that `LayerwiseAdamW` trains in their own way.

    Attributes:
        weights: The variables, or their positions in the list that the optimizer is built for.
        rate_factor: Factor on the learning rate, at least 0.
        weight_decay: The decay of these weights, at least 0; `None`: the decay of the optimizer.
        first_update: Number of the update, counted from 0, that is the first to change these
            weights.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> layer = keras.layers.Dense(1)
        >>> layer.build((None, 4))
        >>> slow = WeightGroup(layer.trainable_variables, rate_factor=0.1)
        >>> LayerwiseAdamW(0.01, [slow]).groups[0].rate_factor
        0.1
    """

    weights: typing.Sequence[typing.Any] = ()
    rate_factor: float = 1.0
    weight_decay: float | None = None
    first_update: int = 0

    def __post_init__(self):
        for name in ("rate_factor", "weight_decay", "first_update"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"`{name}` must be at least 0. Received: {value!r}.")


@keras.saving.register_keras_serializable(package="msa")
class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW with groups of weights, such as the layers of a pretrained encoder.

    Each group has its own learning rate, weight decay and first update. The weight decay is
    decoupled: each update multiplies a weight by `1 - rate * weight_decay`, with the learning rate
    of its group. Weights of no group are trained as by `keras.optimizers.AdamW`, up to rounding.

    Before its first update, a group stays exactly as it is: it is not decayed, it collects no
    moments, and its gradients do not count in the norm for `global_clipnorm`. Adam's correction of
    the moments, which start at 0, counts the updates of the group alone. So its first update is as
    large as the first update of an optimizer of its own, at the learning rate of that time.

    Args:
        learning_rate: A number, or a schedule over all updates.
        groups: `WeightGroup`s. Weights need not be in one.
        weight_decay: The decay of weights whose group has none.
        undecayed: Parts of the names of weights that are not decayed, such as `"bias"`.
        **options: Further arguments of `keras.optimizers.AdamW`.

    Raises:
        ValueError: When it is built: if a weight is in two groups, or in none of the weights that
            it is built for.

    Example:
        >>> below, above = keras.layers.Dense(8), keras.layers.Dense(1)
        >>> model = keras.Sequential([keras.Input((4,)), below, above])
        >>> slow = WeightGroup(below.trainable_variables, rate_factor=0.1, first_update=2)
        >>> model.compile(LayerwiseAdamW(0.01, [slow], undecayed=["bias"]), "mse", run_eagerly=True)
        >>> before = below.get_weights()
        >>> _ = model.fit(np.ones((8, 4)), np.ones((8, 1)), batch_size=4, verbose=0)
        >>> bool((below.get_weights()[0] == before[0]).all())
        True

    Reference:
        Loshchilov and Hutter, 2019, "Decoupled Weight Decay Regularization". Groups of layers:
        Howard and Ruder, 2018, "Universal Language Model Fine-tuning for Text Classification".
    """

    def __init__(self, learning_rate=0.001, groups=(), weight_decay=0.004, undecayed=(), **options):
        super().__init__(learning_rate, weight_decay, **options)
        self.groups = tuple(
            group if isinstance(group, WeightGroup) else WeightGroup(**group) for group in groups
        )
        self.undecayed = tuple(undecayed)
        self.exclude_from_weight_decay(var_names=self.undecayed)

    def build(self, var_list):
        """Create the moments, and find the group of each weight.

        Args:
            var_list: The trainable variables of the model.
        """
        if self.built:
            return
        super().build(var_list)
        self.groups = tuple(
            dataclasses.replace(group, weights=[*map(self._position, group.weights)])
            for group in self.groups
        )
        placed = [position for group in self.groups for position in group.weights]
        if len(set(placed)) < len(placed):
            twice = next(position for position in placed if placed.count(position) > 1)
            raise ValueError(
                "`groups` must hold each weight once. "
                f"Received: {var_list[twice].path} again. Leave it out of one group."
            )
        group_at = {
            position: (group, place)
            for place, group in enumerate(self.groups, start=1)
            for position in group.weights
        }
        self._group_at = [group_at.get(i, (WeightGroup(), 0)) for i in range(len(var_list))]

    def update_step(self, gradient, variable, learning_rate):
        """Decay and update one weight; see the class.

        Args:
            gradient: Its gradient.
            variable: The weight.
            learning_rate: The rates of each group, made by `_rates`.
        """
        index, dtype = self._get_variable_index(variable), variable.dtype
        group, place = self._group_at[index]
        decaying, rate, *constants = (ops.cast(number, dtype) for number in learning_rate[place])
        complement_1, complement_2, epsilon = constants
        if self._use_weight_decay(variable):
            decay = self.weight_decay if group.weight_decay is None else group.weight_decay
            self.assign_sub(variable, variable * (decaying * decay))
        m, v = self._momentums[index], self._velocities[index]
        if keras.backend.backend() == "tensorflow" and not self.amsgrad:
            self._update_in_one_operation(gradient, variable, m, v, rate)
            return
        gradient = ops.cast(gradient, dtype)
        self.assign_add(m, ops.multiply(ops.subtract(gradient, m), complement_1))
        change = ops.subtract(ops.square(gradient), v)
        self.assign_add(v, ops.multiply(change, complement_2))
        if self.amsgrad:
            largest = self._velocity_hats[index]
            self.assign(largest, ops.maximum(largest, v))
            v = largest
        step = ops.divide(ops.multiply(m, rate), ops.add(ops.sqrt(v), epsilon))
        self.assign_sub(variable, step)

    def _update_in_one_operation(self, gradient, variable, m, v, rate):
        """Update a weight and its moments by TensorFlow's own kernel.

        It computes what `update_step` does with a tenth of the graph, so that the first step
        starts earlier.
        """
        import tensorflow as tf

        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=m.value.handle,
            v=v.value.handle,
            beta1_power=0.0,  # `rate` holds the correction of the moments
            beta2_power=0.0,
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(tf.convert_to_tensor(gradient), rate.dtype),
        )

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        # Keras computes these numbers once more for each weight, which takes a third of the time
        # before the first step.
        rates = [self._rates(group, learning_rate) for group in (WeightGroup(), *self.groups)]
        super()._backend_update_step(grads, trainable_variables, rates)

    def _rates(self, group, learning_rate):
        """Return what the updates of all weights of a group share in one step.

        Returns:
            The rate of the decay, the rate of the step with Adam's correction of the moments,
            `1 - beta_1`, `1 - beta_2` and `epsilon`; scalars.
        """
        rate = ops.cast(learning_rate, "float32") * group.rate_factor
        decaying = rate * ops.cast(self._trains(group), "float32")
        updates = ops.cast(ops.maximum(self.iterations + 1 - group.first_update, 1), "float32")
        power_1, power_2 = ops.power(self.beta_1, updates), ops.power(self.beta_2, updates)
        rate = rate * ops.sqrt(1 - power_2) / (1 - power_1)
        constants = (1 - self.beta_1, 1 - self.beta_2, self.epsilon)
        return decaying, rate, *(ops.convert_to_tensor(c, "float32") for c in constants)

    def get_config(self):
        """Return the config, with the positions of the weights in the list it is built for.

        Raises:
            ValueError: If the optimizer is not built, and so cannot know the positions.
        """
        named = [weight for group in self.groups for weight in group.weights]
        if not self.built and not all(isinstance(weight, int) for weight in named):
            raise ValueError(
                "An optimizer with groups must be built before it is saved. Received: one that is "
                "not. Call optimizer.build(model.trainable_variables), or train a step."
            )
        groups = [dataclasses.asdict(group) for group in self.groups]
        return {**super().get_config(), "groups": groups, "undecayed": list(self.undecayed)}

    def _position(self, weight):
        """Return the position of a weight among the weights that the optimizer is built for."""
        known = len(self._trainable_variables)
        if isinstance(weight, int):
            position, name = weight, f"the position {weight} of {known}"
        else:
            key = self._var_key(weight)
            position, name = self._trainable_variables_indices.get(key, known), weight.path
        if not 0 <= position < known:
            raise ValueError(
                "`groups` must hold weights that the optimizer trains. "
                f"Received: {name}. Leave out weights that are not trainable."
            )
        return position

    def _trains(self, group):
        """Whether this update changes the weights of a group."""
        return ops.greater_equal(self.iterations, group.first_update)

    def _backend_apply_gradients(self, grads, trainable_variables):
        # Here the gradients are not clipped yet, and none is `None`. A gradient of 0 leaves moments
        # of 0 as they are, and with such moments Adam's update is 0.
        kept = []
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            group, _ = self._group_at[self._get_variable_index(variable)]
            if group.first_update:
                gradient = ops.where(self._trains(group), gradient, ops.zeros_like(gradient))
            kept.append(gradient)
        super()._backend_apply_gradients(kept, trainable_variables)

    def _apply_weight_decay(self, variables):
        """Do nothing: `update_step` decays each weight by the rate of its group."""
