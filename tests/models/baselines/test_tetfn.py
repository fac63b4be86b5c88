import numpy as np

from models.baselines.sinusoidal_positions import sinusoidal_positions
from models.baselines.task_head import TaskHead
from tests.models.baselines.samples import dense_count, gappy_samples, lstm_count, random_model
from tests.models.layer_case import check_config
from tests.models.numpy_layers import block, dense, layer_norm, lstm, relu
from tests.models.tiny import MODALITIES, WIDTHS

SIZES = {
    "model_dim": 8,
    "num_heads": 2,
    "n_layers": 1,
    "audio_lstm_dim": 3,
    "video_lstm_dim": 5,
    "kernel_size": 3,
    "head_dim": 7,
    "unimodal_dim": 6,
}


def convolve(x, layer):
    """A convolution of 3 steps with zeros before the first and behind the last."""
    kernel = layer.kernel.numpy().astype("float64")
    around = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    return sum(around[:, k : k + x.shape[1]] @ kernel[k] for k in range(3))


def encode(model, sequences, masks):
    encoded = list(sequences)
    for i, layer in enumerate(model.lstms, start=1):
        states = lstm(sequences[i], masks[i], layer)
        encoded[i] = np.where(masks[i][..., None], states, 0)
    return [convolve(x, layer) for x, layer in zip(encoded, model.convolutions, strict=True)]


def stack(layer, x, mask, context=None, context_mask=None):
    """`TransformerStack`, at inference; what it gives at masked steps means nothing."""
    keys = mask if context is None else context_mask
    allowed = np.repeat(keys[:, None], x.shape[1], axis=1)
    if context is not None:
        context = np.where(context_mask[..., None], context, 0)
    for part in layer.blocks:
        x = block(part, np.where(mask[..., None], x, 0), context, allowed)
    return layer_norm(x, layer.norm)


def last_valid(x, mask):
    steps = [np.flatnonzero(valid) for valid in mask]
    return np.stack([x[b, s[-1]] if len(s) else 0 * x[b, 0] for b, s in enumerate(steps)])


def head(x, layer):
    representation = relu(dense(x, layer.represent))
    return relu(dense(representation, layer.transform)), representation


def forward(model, sequences, masks):
    """Scores and multimodal representations."""
    x = [e + sinusoidal_positions(e.shape[1], 8) for e in encode(model, sequences, masks)]
    (t, a, v), (mt, ma, mv) = x, masks
    enhanced_audio = stack(model.enhancers[0], a, ma, t, mt)
    enhanced_video = stack(model.enhancers[1], v, mv, t, mt)
    contexts = [
        [(t, mt, a, ma), (t, mt, v, mv)],
        [(a, ma, t, mt), (a, ma, enhanced_video, mv)],
        [(v, mv, t, mt), (v, mv, enhanced_audio, ma)],
    ]
    vectors = []
    for i, mask in enumerate(masks):
        layers = model.transformers[2 * i : 2 * i + 2]
        both = [stack(layer, *each) for layer, each in zip(layers, contexts[i], strict=True)]
        joint = stack(model.self_attention[i], np.concatenate(both, axis=-1), mask)
        vectors.append(last_valid(joint, mask))
    hidden, representation = head(np.concatenate(vectors, axis=-1), model.head)
    return dense(hidden, model.output_layer), representation


def unimodal_tasks(model, sequences, masks):
    """Representation and score of each modality."""
    for i, x in enumerate(encode(model, sequences, masks)):
        largest = [x[b, m].max(axis=0) if m.any() else 0 * x[b, 0] for b, m in enumerate(masks[i])]
        hidden, representation = head(np.stack(largest), model.unimodal_heads[i])
        yield representation, dense(hidden, model.unimodal_outputs[i])


def numbered(sequences, masks):
    """A dict of the inputs, with the numbers of the samples."""
    inputs = dict(zip(MODALITIES, sequences, strict=True), row=np.arange(len(masks[0])))
    return inputs | {f"{name}_mask": mask for name, mask in zip(MODALITIES, masks, strict=True)}


def test_scores_and_unimodal_tasks_agree_with_numpy():
    sequences, masks = gappy_samples()
    model = random_model("tetfn", dropout_rate=0.0, train_samples=4, **SIZES)
    expected, fused = forward(model, sequences, masks)
    assert np.ptp(expected) > 0.1
    scores = model(numbered(sequences, masks), training=True)
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    ours, representations, scores, present, row = model._tasks
    np.testing.assert_allclose(ours, fused, atol=1e-5)
    np.testing.assert_array_equal(row, np.arange(4))
    for i, (representation, score) in enumerate(unimodal_tasks(model, sequences, masks)):
        np.testing.assert_allclose(representations[i], representation, atol=1e-5)
        np.testing.assert_allclose(scores[i], score, atol=1e-5)
        np.testing.assert_array_equal(present[i], masks[i].any(axis=1))


def test_the_loss_in_training_includes_the_loss_of_the_unimodal_scores():
    sequences, masks = gappy_samples()
    model = random_model("tetfn", dropout_rate=0.0, train_samples=4, **SIZES)
    for weight in model.supervision.weights:
        weight.assign(0 * weight)
    model.compile(loss="mae")
    inputs, labels = numbered(sequences, masks), np.array([[1.0], [-2.0], [0.5], [-1.0]])
    scores = model(inputs, training=True)
    plain = np.mean(np.abs(scores - labels))
    np.testing.assert_allclose(model.compute_loss(inputs, labels, scores), plain, rtol=1e-5)
    model(inputs, training=True)
    model.auxiliary_loss(labels)
    state = [weight.numpy() for weight in model.supervision.weights]
    model(inputs, training=True)
    added = float(model.supervision(labels, *model._tasks))
    for weight, value in zip(model.supervision.weights, state, strict=True):
        weight.assign(value)
    loss = model.compute_loss(inputs, labels, scores)
    np.testing.assert_allclose(loss, plain + added, rtol=1e-5)
    assert added > 0.01


def test_with_classes_there_are_no_unimodal_tasks():
    sequences, masks = gappy_samples()
    model = random_model("tetfn", num_classes=3, **SIZES)
    model((*sequences, *masks), training=True)
    assert float(model.auxiliary_loss(np.zeros((4, 1)))) == 0
    names = {weight.path for weight in model.weights}
    assert not any("_head/" in name and "text" in name for name in names)


def test_the_heads_configuration():
    check_config(TaskHead, {"input_dim": 8, "units": 6, "dropout_rate": 0.2})


def test_the_number_of_parameters():
    model = random_model("tetfn", train_samples=4, **SIZES)
    text, audio, video = WIDTHS
    d = 8

    def blocks(width, norms):
        """Attention without a bias at its output, two Denses, norms; and a last norm."""
        attention = 3 * dense_count(width, width) + width * width
        return attention + dense_count(width, 4 * width, width) + (norms + 1) * 2 * width

    encoders = lstm_count(audio, 3) + lstm_count(video, 5) + 3 * (text + 3 + 5) * d
    fusion = (2 + 6) * blocks(d, 3) + 3 * blocks(2 * d, 2)
    heads = dense_count(6 * d, 7, 7, 1) + 3 * dense_count(d, 6, 6, 1)
    centres, memory = 2 * (7 + 3 * 6) + 4 * 2, 4 * 5  # not trained: sums and counts
    assert model.count_params() == encoders + fusion + heads + centres + memory
