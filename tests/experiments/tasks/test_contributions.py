import keras
import numpy as np
import pytest
from keras import ops

from data.synthetic.features import WIDTHS as PLANTED_WIDTHS
from data.synthetic.features import world
from data.synthetic.generation import generate
from experiments.tasks.contributions import Part, sequence_contributions
from experiments.tasks.sample_parts import sequence_parts
from models import MODELS, TextEncoder, TextEncoderModel
from models.multimodal_model import Explanation, MultimodalModel
from tests.models.small_encoders import BERT, WIDTH
from tests.models.tiny import MODALITIES, SEQ_LEN, make_masks, make_model, make_sequences, sizes
from utils.batches.dataset import model_inputs


def make_inputs(seed=0, absent=()):
    """The six inputs of one sample, with holes in its masks."""
    masks = make_masks(1, seed=seed)
    masks = [mask & (name not in absent) for name, mask in zip(MODALITIES, masks, strict=True)]
    sequences = [
        np.where(mask[..., None], x, 0)
        for x, mask in zip(make_sequences(1, seed=seed), masks, strict=True)
    ]
    return (*sequences, *masks)


def contributions(model, inputs, columns=(0,)):
    parts = sequence_parts(inputs, MODALITIES)
    names = [str(column) for column in columns]
    return sequence_contributions(model, inputs, parts, list(columns), names)


def of(found, part):
    return found.parts.index(part)


def test_occlusion_is_the_difference_of_two_predictions():
    model, inputs = make_model("seqlevel", num_outputs=2), make_inputs()
    found = contributions(model, inputs, (0, 1))
    whole = model(inputs).numpy()[0]
    np.testing.assert_allclose(found.prediction, whole, atol=1e-6)
    for i, part in list(enumerate(found.parts))[::3]:
        sequences, masks = list(inputs[:3]), [mask.copy() for mask in inputs[3:]]
        masks[MODALITIES.index(part.input)][0, list(part.steps)] = False
        without = model((*sequences, *masks)).numpy()[0]
        np.testing.assert_allclose(found.occlusion[i], whole - without, atol=1e-5)


@pytest.mark.parametrize("name", ["mult", "lf_dnn", "mfn"])
def test_integrated_gradients_sum_to_the_difference_from_the_baseline(name):
    model, inputs = make_model(name), make_inputs()
    found = contributions(model, inputs)
    zeros = [np.zeros_like(x) for x in inputs[:3]]
    baseline = model((*zeros, *inputs[3:])).numpy()[0]
    np.testing.assert_allclose(found.baseline, baseline, atol=1e-6)
    difference = found.prediction - baseline
    assert abs(found.remainder) < 0.02 * max(1, abs(difference))
    for name in MODALITIES:  # the steps of a modality sum to the whole
        rows = [i for i in found.steps if found.parts[i].input == name]
        [whole] = [i for i in found.whole if found.parts[i].input == name]
        np.testing.assert_allclose(found.gradients[rows].sum(axis=0), found.gradients[whole])


def test_integrated_gradients_are_those_of_finite_differences():
    """The integral by the midpoint rule, the gradient by central differences, both in NumPy."""
    model, inputs = make_model("lf_dnn"), make_inputs()
    found, size, h = contributions(model, inputs), 400, 1e-2
    scales = (np.arange(size) + 0.5) / size
    step = int(np.flatnonzero(inputs[4][0])[0])
    total = 0.0
    for feature in range(inputs[1].shape[2]):

        def predict(shift, feature=feature):
            copies = [(scales[:, None, None] * x).astype("float32") for x in inputs[:3]]
            copies[1][:, step, feature] += shift
            return model((*copies, *(np.repeat(m, size, 0) for m in inputs[3:]))).numpy()[:, 0]

        slope = (predict(h) - predict(-h)) / (2 * h)
        total += slope.mean() * inputs[1][0, step, feature]
    place = of(found, Part("audio", f"step {step + 1}", (step,)))
    assert found.gradients[place, 0] == pytest.approx(total, abs=2e-3)


def test_masked_steps_and_absent_modalities_contribute_exactly_nothing():
    model, inputs = make_model("seqlevel"), make_inputs(absent=("video",))
    hole = int(np.flatnonzero(~inputs[3][0])[0])
    parts = [Part("text", "masked", (hole,)), Part("video"), Part("video", "absent", (0, 1))]
    found = sequence_contributions(model, inputs, parts, [0], ["score"])
    assert not found.occlusion.any() and not found.gradients.any()
    assert [part.input for part in sequence_parts(inputs, MODALITIES)].count("video") == 1


class Planted(MultimodalModel):
    """The formula of the built-in task `additive`, without its clipping."""

    def part_shapes(self):
        return []

    def explain_sequences(self, sequences, masks, training=None):
        total = 0.0
        for name, x, mask in zip(MODALITIES, sequences, masks, strict=True):
            cause = world()[0][name].cause
            valid = ops.cast(mask, "float32")
            polarity = ops.sum(x * (cause / (cause @ cause)), axis=-1) * valid
            total += ops.sum(polarity, 1) / ops.maximum(ops.sum(valid, 1), 1)
        return Explanation(np.sqrt(3) * ops.expand_dims(total, 1), None, {})


@pytest.fixture(scope="module")
def planted():
    return generate("additive", samples=256, seq_len=8)


def check_planted(model, split, row, share):
    """Both methods agree with the planted signs in at least a share of the steps that have one."""
    sequences = {name: x[row : row + 1] for name, x in split.sequences.items()}
    inputs = [np.asarray(x) for x in model_inputs(sequences)]
    found = contributions(model, inputs)
    causes = dict(zip(MODALITIES, (split.scene.polarity, split.scene.tone, split.scene.smile)))
    truth = np.array([causes[p.input][row, p.steps[0]] for p in found.parts if p.name])
    by_gradients = found.gradients[found.steps, 0]
    by_occlusion = found.occlusion[found.steps, 0]
    planted = truth != 0
    assert np.mean(np.sign(by_gradients[planted]) == truth[planted]) >= share
    assert np.mean(np.sign(by_occlusion[planted]) == truth[planted]) >= share
    agree = np.sign(by_occlusion[planted]) == np.sign(by_gradients[planted])
    assert np.mean(agree) >= share
    return truth, by_occlusion, by_gradients


def test_both_methods_find_the_planted_truth_of_a_model_that_knows_it(planted):
    model, split = Planted(8, *PLANTED_WIDTHS.values()), planted["test"]
    model.build()
    for row in range(5):
        truth, _, by_gradients = check_planted(model, split, row, 1.0)
        steps = split.sequences["text"][row].any(axis=1).sum()
        # The contribution of a step is its cause, up to the noise of the features.
        np.testing.assert_allclose(by_gradients, np.sqrt(3) * truth / steps, atol=0.05)
        largest = np.argsort(-abs(by_gradients))[: np.count_nonzero(truth)]
        assert truth[largest].all()


def test_both_methods_find_the_planted_truth_of_a_trained_model(planted):
    keras.utils.set_random_seed(0)
    model = MODELS["lf_dnn"](8, *PLANTED_WIDTHS.values(), model_dim=16, dropout_rate=0.0)
    train = planted["train"]
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    model.fit(tuple(train.sequences.values()), train.labels, 64, epochs=15, verbose=0)
    for row in range(5):
        check_planted(model, planted["test"], row, 0.8)


@pytest.fixture(scope="module")
def encoder_model():
    keras.utils.set_random_seed(0)
    special = {"start_token": 1, "end_token": 2}
    encoder = TextEncoder({**BERT, "dropout": 0.0}, "token", **special)
    inner = MODELS["lf_dnn"](SEQ_LEN, WIDTH, 4, 3, **sizes("lf_dnn"))
    model = TextEncoderModel(inner, encoder, 1)
    model.build()
    return model


def test_a_word_is_left_out_before_the_encoder_and_has_the_sum_of_its_tokens(encoder_model):
    _, audio, video, *_ = make_inputs()
    text = np.array([5, 6, 7, 8, 0, 0], "float32").reshape(1, 6, 1)
    inputs = (text, audio, video, *(x.any(axis=-1) for x in (text, audio, video)))
    word = Part("text", "loved", (1, 2))
    tokens = [Part("text", "lov", (1,)), Part("text", "##ed", (2,))]
    parts = [*(Part(n, None, tuple(range(6))) for n in MODALITIES), word, *tokens]
    found = sequence_contributions(encoder_model, inputs, parts, [0], ["score"])
    short = np.array([5, 8, 0, 0, 0, 0], "float32").reshape(1, 6, 1)
    # Without the word the rest of the text is encoded, but the steps keep their places.
    vectors, _ = encoder_model.encode(short)
    placed = np.zeros((1, 6, WIDTH), "float32")
    placed[0, [0, 3]] = np.asarray(vectors)[0, :2]
    mask = np.array([[True, False, False, True, False, False]])
    rest = {"audio": audio, "video": video, "audio_mask": inputs[4], "video_mask": inputs[5]}
    without = encoder_model({"text_vectors": placed, "text_mask": mask, **rest}).numpy()[0]
    whole = encoder_model(inputs).numpy()[0]
    np.testing.assert_allclose(found.occlusion[3], whole - without, atol=1e-5)
    np.testing.assert_allclose(found.gradients[3], found.gradients[4:].sum(axis=0), atol=1e-6)
    assert abs(found.remainder) < 0.01
