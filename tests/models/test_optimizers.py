"""AdamW with groups of weights, compared with the formula and with Keras's AdamW."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from models import LayerwiseAdamW, WeightGroup

BETAS, EPSILON = (0.9, 0.999), 1e-7


def make_variables():
    values = {"kernel": [[1.0], [-2.0]], "bias": [3.0], "late": [0.5, -0.5], "head": [2.0]}
    return [keras.Variable(value, name=name) for name, value in values.items()]


def make_optimizer(variables, **options):
    """The first two variables learn slowly, the third from update 3 on, the fourth as all do."""
    kernel, bias, late, _ = variables
    groups = [WeightGroup([kernel, bias], 0.5, 0.2), WeightGroup([late], 0.1, first_update=3)]
    return LayerwiseAdamW(0.01, groups, 0.1, undecayed=["bias"], **options)


def make_gradients(variables, updates):
    rng = np.random.default_rng(0)
    return [[rng.normal(size=v.shape) * (t + 1) for v in variables] for t in range(updates)]


def adamw(weight, gradients, rate, decay):
    """Loshchilov and Hutter, 2019, algorithm 2, from moments of 0."""
    first = second = 0.0
    for t, gradient in enumerate(gradients, start=1):
        first = BETAS[0] * first + (1 - BETAS[0]) * gradient
        second = BETAS[1] * second + (1 - BETAS[1]) * gradient**2
        corrected = second / (1 - BETAS[1] ** t)
        weight = weight - rate * decay * weight
        weight = weight - rate * first / (1 - BETAS[0] ** t) / (np.sqrt(corrected) + EPSILON)
    return weight


def expected_weights(variables, gradients):
    """Each group is trained by an AdamW of its own, which starts at its first update."""
    options = [(0.005, 0.2, 0), (0.005, 0.0, 0), (0.001, 0.1, 3), (0.01, 0.1, 0)]
    return [
        adamw(v.numpy().astype("float64"), [g[i] for g in gradients[first:]], rate, decay)
        for i, (v, (rate, decay, first)) in enumerate(zip(variables, options, strict=True))
    ]


def tensors(arrays):
    return [tf.constant(array, "float32") for array in arrays]


def assert_weights(variables, expected):
    for variable, values in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable.numpy(), values, rtol=1e-4)


def test_each_group_follows_an_adamw_of_its_own():
    variables = make_variables()
    gradients = make_gradients(variables, 7)
    expected = expected_weights(variables, gradients)
    optimizer = make_optimizer(variables)
    optimizer.build(variables)
    late = variables[2].numpy()
    for t, arrays in enumerate(gradients):
        optimizer.apply(tensors(arrays))
        if t < 3:
            np.testing.assert_array_equal(variables[2], late)
            assert not np.any(optimizer._momentums[2]) and not np.any(optimizer._velocities[2])
    assert_weights(variables, expected)


def test_the_norm_of_the_gradients_is_of_the_groups_that_are_trained():
    variables = make_variables()
    gradients = make_gradients(variables, 5)
    limit, clipped = 0.5, []
    for t, arrays in enumerate(gradients):
        trained = [g for i, g in enumerate(arrays) if i != 2 or t >= 3]
        norm = np.sqrt(sum(np.sum(g**2) for g in trained))
        clipped.append([g * min(1, limit / norm) for g in arrays])
    expected = expected_weights(variables, clipped)
    optimizer = make_optimizer(variables, global_clipnorm=limit)
    optimizer.build(variables)
    for t, arrays in enumerate(gradients):
        if t < 3:
            arrays[2][:] = np.nan  # a gradient that is not used may be anything
        optimizer.apply(tensors(arrays))
    assert_weights(variables, expected)


def test_without_groups_it_is_adamw():
    ours, theirs = make_variables(), make_variables()
    plain = keras.optimizers.AdamW(0.01, 0.1, global_clipnorm=1.0)
    plain.exclude_from_weight_decay(var_names=["bias"])
    grouped = LayerwiseAdamW(0.01, (), 0.1, undecayed=["bias"], global_clipnorm=1.0)
    for arrays in make_gradients(ours, 5):
        grouped.apply(tensors(arrays), ours)
        plain.apply(tensors(arrays), theirs)
    assert_weights(ours, [weight.numpy() for weight in theirs])


@pytest.mark.parametrize("jit", [False, True])
def test_replicas_and_xla_update_by_the_formula(jit):
    default, replicas = tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["CPU:0"])
    strategy = default if jit else replicas
    with strategy.scope():
        variables = make_variables()
        optimizer = make_optimizer(variables)
        optimizer.build(variables)
    gradients = make_gradients(variables, 5)
    expected = expected_weights(variables, gradients)

    def update(arrays):
        optimizer.apply([tf.identity(array) for array in arrays], variables)

    step = tf.function(
        lambda arrays: strategy.run(update, (arrays,)), autograph=False, jit_compile=jit
    )
    for arrays in gradients:
        step(tensors(arrays))
    assert_weights(variables, expected)


def test_an_update_that_overflows_does_not_count():
    """In mixed float16, Keras leaves such an update out."""
    variables = make_variables()
    gradients = make_gradients(variables, 5)
    expected = expected_weights(variables, gradients)
    scaled = keras.optimizers.LossScaleOptimizer(make_optimizer(variables), initial_scale=8.0)
    scaled.build(variables)
    for t, arrays in enumerate(gradients):
        if t == 2:
            scaled.apply(tensors([g * np.inf for g in arrays]), variables)
        scale = float(scaled.scale_loss(1.0))
        scaled.apply(tensors([g * scale for g in arrays]), variables)
    assert_weights(variables, expected)


def make_model():
    """An embedding, whose gradient is of the rows that occurred, below a dense layer."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Embedding(6, 3), keras.layers.Flatten(), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input((2,), dtype="int32"), *layers])


def test_a_compiled_model_goes_on_from_its_file(tmp_path, eagerly):
    """The positions of the weights are saved: the names of layers may differ when it is loaded."""
    model, path = make_model(), tmp_path / "model.keras"
    group = WeightGroup(model.layers[0].trainable_variables, 0.1, 0.2, 2)
    schedule = keras.optimizers.schedules.CosineDecay(0.01, 8)
    options = {"gradient_accumulation_steps": 2, "use_ema": True, "undecayed": ["bias"]}
    model.compile(LayerwiseAdamW(schedule, [group], **options), "mse")
    x, y = np.arange(24).reshape(12, 2) % 6, np.linspace(-1, 1, 12)[:, None]
    before = model.get_weights()
    model.fit(x[:8], y[:8], batch_size=2, verbose=0, shuffle=False)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    model.save(path)
    again = keras.saving.load_model(path)
    assert again.optimizer.get_config() == model.optimizer.get_config()
    for one in (model, again):
        one.fit(x, y, batch_size=2, verbose=0, shuffle=False)
    assert not np.any(again.get_weights()[0] == before[0])
    for one, other in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_config_needs_the_weights_that_the_optimizer_is_built_for():
    variables = make_variables()
    optimizer = make_optimizer(variables)
    with pytest.raises(ValueError, match="must be built before it is saved"):
        optimizer.get_config()
    optimizer.build(variables)
    assert [group["weights"] for group in optimizer.get_config()["groups"]] == [[0, 1], [2]]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([[0, 1], [1]], "`groups` must hold each weight once. Received: bias again"),
        ([[3]], "that the optimizer trains. Received: head"),
        ([[-1]], "that the optimizer trains. Received: the position 9 of 3"),
    ],
)
def test_weights_that_do_not_fit(groups, message):
    variables = make_variables()
    chosen = [[variables[i] if i >= 0 else 9 for i in group] for group in groups]
    optimizer = LayerwiseAdamW(0.01, [WeightGroup(weights) for weights in chosen])
    with pytest.raises(ValueError, match=message):
        optimizer.build(variables[:3])


@pytest.mark.parametrize("name", ["rate_factor", "weight_decay", "first_update"])
def test_numbers_below_0(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 0. Received: -1"):
        WeightGroup([], **{name: -1})
