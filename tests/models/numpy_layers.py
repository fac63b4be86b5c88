"""The layers once more, in NumPy and float64, one sample, head and query at a time."""

import numpy as np


def dense(x, layer):
    kernel, *bias = (w.numpy().astype("float64") for w in layer.weights)
    return x @ kernel + (bias[0] if bias else 0.0)


def layer_norm(x, layer):
    gamma, beta = (w.numpy().astype("float64") for w in layer.weights)
    deviation = x - x.mean(-1, keepdims=True)
    return deviation / np.sqrt((deviation**2).mean(-1, keepdims=True) + 1e-5) * gamma + beta


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def softmax(scores):
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def attention(layer, query, context, allowed):
    """Output and weights of `MaskedAttention`; `allowed` is `(batch, Tq, Tk)`."""
    queries = dense(query, layer.query_projection)
    keys, values = np.split(dense(context, layer.key_value_projection), 2, axis=-1)
    (batch, length, width), size = queries.shape, layer.model_dim // layer.num_heads
    merged = np.zeros((batch, length, width))
    weights = np.zeros((batch, layer.num_heads, length, context.shape[1]))
    for b, h, q in np.ndindex(batch, layer.num_heads, length):
        seen, part = allowed[b, q], slice(h * size, (h + 1) * size)
        if seen.any():
            scores = keys[b, seen, part] @ queries[b, q, part] / np.sqrt(size)
            if layer.aligned:
                scores -= layer.slopes.numpy()[h] * np.abs(np.flatnonzero(seen) - q)
            weights[b, h, q, seen] = softmax(scores)
            merged[b, q, part] = weights[b, h, q] @ values[b, :, part]
    return dense(merged, layer.output_projection), weights


def feed_forward(layer, x):
    return dense(gelu(dense(x, layer.expand)), layer.contract)


def block(layer, query, context, allowed):
    """`TransformerBlock` (`context=None`) or `CrossAttentionBlock`, at inference."""
    if layer.norm_first:
        normed = layer_norm(query, layer.attention_norm)
        seen = normed if context is None else layer_norm(context, layer.context_norm)
        x = query + attention(layer.attention, normed, seen, allowed)[0]
        return x + feed_forward(layer.feed_forward, layer_norm(x, layer.feed_forward_norm))
    seen = query if context is None else context
    x = query + attention(layer.attention, query, seen, allowed)[0]
    x = layer_norm(x, layer.attention_norm)
    return layer_norm(x + feed_forward(layer.feed_forward, x), layer.feed_forward_norm)


def randomise(layer):
    """Give each weight, biases and norms included, a value of its own."""
    rng = np.random.default_rng(3)
    for weight in layer.weights:
        weight.assign(rng.normal(size=weight.shape) * 0.5)
    return layer


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_cell(x, h, c, cell):
    """The new `h` and `c` of a `keras.layers.LSTMCell`."""
    kernel, recurrent_kernel, bias = (w.numpy().astype("float64") for w in cell.weights)
    i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm(x, mask, layer):
    """`h` after each step, `(batch, time, units)`; a masked step leaves it as it was."""
    batch, time, _ = x.shape
    states = np.zeros((batch, time, layer.units))
    for b in range(batch):
        h = c = np.zeros(layer.units)
        for t in range(time):
            if mask[b, t]:
                h, c = lstm_cell(x[b, t], h, c, layer.cell)
            states[b, t] = h
    return states


def relu(x):
    return np.maximum(x, 0.0)


def perceptron(x, layer, activation=lambda x: x):
    """`Perceptron`, at inference; `activation` is that of its last layer."""
    *hidden, last = layer.dense_layers
    for each in hidden:
        x = relu(dense(x, each))
    return activation(dense(x, last))


def pooled_subnetwork(x, mask, layer):
    """Mean over the valid steps of each sample, then three layers; zero without a step."""
    vectors = np.zeros((len(x), layer.units))
    for b in np.flatnonzero(mask.any(axis=1)):
        vectors[b] = perceptron(x[b, mask[b]].mean(axis=0), layer.network, relu)
    return vectors


def lstm_subnetwork(x, mask, layer):
    """The LSTM's last state through one layer; zero without a step."""
    vectors = dense(lstm(x, mask, layer.lstm)[:, -1], layer.dense)
    return np.where(mask.any(axis=1)[:, None], vectors, 0.0)
