import keras
import numpy as np
import pytest
from keras import ops

from data.synthetic.features import WIDTHS as PLANTED_WIDTHS
from data.synthetic.features import world
from data.synthetic.generation import generate
from experiments.tasks.contributions import Part, sequence_contributions
from experiments.tasks.sample_parts import fitting_names, sequence_parts
from models import MODELS, TextEncoder, TextEncoderModel
from models.multimodal_model import Explanation, MultimodalModel
from tests.models.small_encoders import BERT, WIDTH
from tests.models.tiny import MODALITIES, SEQ_LEN, make_masks, make_model, make_sequences, sizes
from utils.batches.dataset import model_inputs
from utils.texts.step_names import StepNames


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


@pytest.mark.parametrize("name", ["mult", "lf_dnn"])
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
    model, inputs = make_model("ef_lstm"), make_inputs()
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
    assert found.gradients[place, 0] == pytest.approx(total, rel=0.01, abs=1e-4)


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


def planted_and_found(model, split, rows):
    """Return the planted cause, the gradients and the occlusion of each step, of all `rows`."""
    scene, columns = split.scene, []
    causes = {"text": scene.polarity, "audio": scene.tone, "video": scene.smile}
    for row in rows:
        sequences = {name: x[row : row + 1] for name, x in split.sequences.items()}
        found = contributions(model, [np.asarray(x) for x in model_inputs(sequences)])
        truth = [causes[p.input][row, p.steps[0]] for p in found.parts if p.name]
        of_steps = (found.gradients[found.steps, 0], found.occlusion[found.steps, 0])
        columns.append(np.array([truth, *of_steps]))
    return np.concatenate(columns, axis=1)


def shares_of_equal_signs(planted):
    """Return how often two of truth, gradients and occlusion have the same sign.

    The score is a mean: without one of several equal steps it hardly changes. These are left out.
    """
    truth, _, occluded = planted
    signs = np.sign(planted[:, (truth != 0) & (abs(occluded) > 0.02)])
    return [np.mean(signs[i] == signs[j]) for i, j in ((0, 1), (0, 2), (1, 2))]


def test_both_methods_find_the_planted_truth_of_a_model_that_knows_it(planted):
    model, split = Planted(8, *PLANTED_WIDTHS.values()), planted["test"]
    model.build()
    for row in range(5):
        found = planted_and_found(model, split, [row])
        assert shares_of_equal_signs(found) == [1.0] * 3
        truth, gradients, _ = found
        steps = split.sequences["text"][row].any(axis=1).sum()
        # The contribution of a step is its cause, up to the noise of the features.
        np.testing.assert_allclose(gradients, np.sqrt(3) * truth / steps, atol=0.05)
        largest = np.argsort(-abs(gradients))[: np.count_nonzero(truth)]
        assert truth[largest].all()


def test_both_methods_find_the_planted_truth_of_a_trained_model(planted):
    keras.utils.set_random_seed(0)
    model = MODELS["lf_dnn"](8, *PLANTED_WIDTHS.values(), model_dim=16, dropout_rate=0.0)
    train = planted["train"]
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    model.fit(tuple(train.sequences.values()), train.labels, 64, epochs=15, verbose=0)
    found = planted_and_found(model, planted["test"], range(10))
    assert min(shares_of_equal_signs(found)) >= 0.85
    truth, gradients, _ = found
    assert abs(gradients[truth != 0]).mean() > 2 * abs(gradients[truth == 0]).mean()


def test_a_window_that_was_cut_has_the_names_of_its_last_utterances():
    names = StepNames.of_parts(["well", "it was long", "I loved it"])
    assert fitting_names(names, 2, encoded=True, last=True).parts == ["it was long", "I loved it"]
    assert fitting_names(names, 2, encoded=True).parts == ["well", "it was long"]
    assert fitting_names(names, 2, encoded=False, last=True) is None


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


@pytest.mark.parametrize("encoded", [False, True])
def test_the_last_step_of_a_window_is_not_replaced_by_the_one_before(encoded):
    """Of a model that scores the last step: without it, it would score another."""
    width = WIDTH if encoded else 5
    model = MODELS["lf_dnn"](3, width, 4, 3, pooling_method="last", **sizes("lf_dnn"))
    text = np.random.default_rng(0).normal(size=(1, 3, 5))
    inputs = [text, np.zeros((1, 3, 4)), np.zeros((1, 3, 3))]
    names, vectors = ["text", "audio", "video"], text.copy()
    if encoded:
        encoder = TextEncoder({**BERT, "dropout": 0.0}, "text", start_token=1, end_token=2)
        model = TextEncoderModel(model, encoder, 2)
        inputs[0] = np.array([[[5, 6], [7, 0], [8, 9]]])
        vectors = np.array(model.encode(inputs[0])[0])
        names[0] = "text_vectors"
    masks = [np.ones((1, 3), bool), *[np.zeros((1, 3), bool)] * 2]
    inputs = [x.astype("float32") for x in inputs]
    parts = [Part("text", None, (0, 1, 2)), *(Part("text", str(i), (i,)) for i in range(3))]
    found = sequence_contributions(model, (*inputs, *masks), parts, [0], ["score"], in_place=True)
    vectors[0, 2] = 0
    named = dict(zip((*names, "text_mask"), (vectors, *inputs[1:], masks[0]), strict=True))
    named |= {"audio_mask": masks[1], "video_mask": masks[2]}
    without = model(named).numpy()[0]
    np.testing.assert_allclose(found.occlusion[3], found.prediction - without, atol=1e-5)
    assert np.abs(found.occlusion[3]) > 0 and not found.occlusion[1:3].any()
    absent = model({**named, "text_mask": masks[1]}).numpy()[0]
    np.testing.assert_allclose(found.occlusion[0], found.prediction - absent, atol=1e-5)
