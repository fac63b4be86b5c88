import csv
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from data.inspect import inspect_data
from data.inspect.__main__ import main
from data.inspect.probe import ProbeData, probe_modalities, sample_features
from data.synthetic import TASKS, write_folder
from tests.conftest import call
from tests.data.spoiling import FILES, change, change_index, found, has, only, put
from utils.formats.hdf5 import write_split
from utils.formats.split import Split
from utils.leakage import find_repetition
from utils.measures.inference import TargetRequest
from utils.measures.score_target import ScoresTarget, ScoreTarget

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


def test_shared_ids_are_found(clean_dir):
    change_index(clean_dir, "valid", "id", lambda ids: ["train_3", "train_5", *ids[2:]])
    message = only(clean_dir, "warning")
    assert "train and valid share 2 ids: train_3, train_5. Remove these samples" in message


def test_shared_videos_are_found(clean_dir):
    change_index(clean_dir, "test", "video_id", lambda videos: ["valid1", *videos[1:]])
    message = only(clean_dir, "warning")
    assert "valid and test share 1 video: valid1. Split again by video" in message
    assert "--group video_id" in message


def test_a_copied_sample_is_found_under_another_id_and_padding(clean_dir):
    for name in ("text", "audio", "video"):
        with h5py.File(clean_dir / FILES[name].format("train")) as file:
            sample = file["d1"][5]
        steps = np.any(sample != 0, axis=-1).sum()
        change(clean_dir, name, "test", put(7, np.roll(sample, len(sample) - steps, axis=0)))
    message = only(clean_dir, "error")
    assert "1 sample of test has exactly the features of a sample of train" in message
    assert "row 7 of test and row 5 of train. Remove them from train" in message


def test_features_of_one_modality_in_two_splits_are_noted(clean_dir):
    with h5py.File(clean_dir / "text_train_emb.h5") as file:
        sample = file["d1"][0]
    change(clean_dir, "text", "valid", put(3, sample))
    assert found(clean_dir, "error") == []
    message = only(clean_dir, "note")
    assert "1 sample of valid has the text features of a sample of train, but not its" in message
    assert "Nothing needs to be done for short samples; of a long one, check" in message


def test_equal_texts_are_noted_whatever_their_case_and_spaces(clean_dir):
    def edit(texts):
        return [f"text {i}" for i in range(len(texts))]

    change_index(clean_dir, "train", "text", edit)
    change_index(clean_dir, "valid", "text", lambda t: [f"V{i}" for i in range(len(t))])
    change_index(clean_dir, "test", "text", lambda t: [" TEXT  3", "", *("x" for _ in t[2:])])
    (overlap,) = [o for o in inspect_data(clean_dir).overlaps if o.texts]
    assert (overlap.first, overlap.second, overlap.texts) == ("train", "test", 1)
    text = "1 sample of test has a text that is also in train."
    assert has(clean_dir, "note", f"{text} Nothing needs to be done for short texts")


def test_a_repeated_sample_is_found_with_its_other_label(clean_dir):
    for name in ("text", "audio", "video"):
        change(clean_dir, name, "train", lambda x: put(9, x[2])(x))
    change(clean_dir, "y", "train", lambda y: put(9, -y[2] or 1)(y))
    message = only(clean_dir, "warning")
    assert "1 sample of train repeats the features of an earlier one, 1 with another" in message
    assert "row 9 repeats row 2. Keep one of each." in message


def test_absent_samples_are_no_repetition():
    digests = np.array([0, 0, 5, 5, 5], "uint64")
    labels = np.array([[1.0], [2], [1], [1], [2]])
    repetition = find_repetition(digests, labels)
    assert (repetition.samples, repetition.contradictory, repetition.rows) == (2, 1, (2, 3))


def test_data_without_an_index_says_what_cannot_be_found(clean_dir, capsys):
    for path in clean_dir.glob("index_*"):
        path.unlink()
    assert "The data names no videos" in only(clean_dir, "note")
    assert all(o.ids is None for o in inspect_data(clean_dir).overlaps)
    call(main, clean_dir)
    assert "videos                           –" in capsys.readouterr().out


def random_probe_data(count, seed, shift):
    """Return samples whose text tells the sign by `shift` standard deviations."""
    rng = np.random.default_rng(seed)
    positive = rng.random(count) < 0.6
    text = rng.normal(size=(count, 10))
    text[:, 0] += shift * np.where(positive, 1, -1)
    return ProbeData({"text": text, "audio": rng.normal(size=(count, 4))}, positive, None)


@pytest.mark.parametrize(
    ("shift", "other_shift", "within", "across"), [(2.0, 0.2, 0.96, 0.58), (1.2, 1.2, 0.87, 0.87)]
)
def test_features_fitted_on_the_training_labels_are_told_from_good_ones(
    shift, other_shift, within, across
):
    data = random_probe_data(300, 0, shift), random_probe_data(200, 1, other_shift)
    text, audio = probe_modalities(*data)
    assert (text.within, text.across) == pytest.approx((within, across), abs=0.08)
    assert (audio.within, audio.across) == pytest.approx((0.5, 0.5), abs=0.12)
    assert text.samples == 200


def test_a_probe_is_not_deceived_by_what_videos_share():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 15)
    positive = np.repeat(rng.permutation(20) < 10, 15)
    voice = rng.normal(size=(20, 30))[groups]
    data = {"audio": voice}
    assert probe_modalities(ProbeData(data, positive, None))[0].within > 0.95
    assert probe_modalities(ProbeData(data, positive, groups))[0].within < 0.8


def test_small_splits_are_not_probed_and_it_is_told(data_dir, capsys):
    assert inspect_data(data_dir).probes == []
    call(main, data_dir)
    output = " ".join(capsys.readouterr().out.split())
    assert "each modality alone tells the sign of the score is not measured" in output
    assert re.search(r"Each half of train needs 20 of each side; the rarest has \d\.", output)


def test_nothing_is_told_of_targets_that_no_sample_would_let_probe(data_dir, synthetic):
    scores = inspect_data(data_dir, TargetRequest("scores"))
    assert (scores.probes, scores.unprobed) == ([], "")
    probed = inspect_data(synthetic)
    assert len(probed.probes) == 3 and probed.unprobed == ""


def test_pooled_features_are_the_mean_and_the_last_of_the_valid_steps():
    x = np.array([[[0.0], [2], [4]], [[1], [0], [0]], [[0], [0], [0]]], "float32")
    split = Split("train", {"text": x}, np.array([[0.0], [-1], [1]]))
    pooled = sample_features(split, ScoreTarget())
    assert pooled.features["text"].tolist() == [[3, 4], [1, 1], [0, 0]]
    assert pooled.classes.tolist() == [1, 0, 1]
    assert sample_features(split, ScoresTarget()).classes is None


def spoil_by_labels(folder, split, noise, seed=0):
    """Put the noisy sign of the label into an audio column."""
    with h5py.File(folder / FILES["y"].format(split)) as file:
        sign = np.where(file["d1"][()] >= 0, 1, -1)
    noisy = sign + noise * np.random.default_rng(seed).normal(size=sign.shape)
    change(folder, "audio", split, lambda x: put((..., 0), noisy)(x))


@pytest.fixture
def synthetic(tmp_path):
    write_folder(tmp_path / "data", "sarcasm", samples=200, seq_len=4)
    return tmp_path / "data"


@pytest.mark.parametrize("task", TASKS)
def test_built_in_data_raise_no_suspicion(tmp_path, task):
    write_folder(tmp_path, task, samples=200, seq_len=4)
    warnings = found(tmp_path, "warning")
    if task == "late_event":  # One video event decides, as planted.
        assert len(warnings) == 1 and warnings[0].what.startswith("video alone predicts the sign")
    else:
        assert warnings == []


def test_a_modality_that_knows_the_training_labels_is_a_warning(synthetic):
    spoil_by_labels(synthetic, "train", 0.1)
    message = only(synthetic, "warning")
    assert "audio alone predicts the sign of the score in" in message
    assert "of another split. Check whether a network trained on these labels" in message


def test_a_modality_that_knows_all_labels_is_a_warning(synthetic):
    for split in ("train", "valid", "test"):
        spoil_by_labels(synthetic, split, 0.1)
    assert "audio alone predicts the sign of the score in 1" in only(synthetic, "warning")


@pytest.mark.skipif(not (DATA / "mosi_context").exists(), reason="CMU-MOSI is not here")
def test_cmu_mosi_is_clean():
    inspection = inspect_data(DATA / "mosi_context")
    assert [s.samples for s in inspection.splits.values()] == [1293, 154]
    (overlap,) = inspection.overlaps
    assert overlap.ids == [] and overlap.videos == [] and overlap.content == 0
    assert inspection.splits["train"].labels.scores["score"].above == pytest.approx(0.45, abs=0.01)
    assert {m.padding for m in inspection.splits["train"].modalities.values()} == {"left"}
    text, audio, _ = inspection.probes
    assert 0.7 < text.within < 0.85 and audio.within < 0.6
    assert {finding.level for finding in inspection.findings} == {"note"}


@pytest.mark.skipif(not (DATA / "mosi_context_raw").exists(), reason="CMU-MOSI is not here")
def test_features_that_a_network_fitted_to_cmu_mosis_labels_are_noticed(tmp_path):
    folder = DATA / "mosi_context_raw"
    with (folder / "utterances.csv").open(newline="") as file:
        utterances = list(csv.DictReader(file))
    scores = np.array([[float(row["score"])] for row in utterances])
    sequences = {}
    for name in ("text", "audio", "video"):
        with (folder / f"{name}.csv").open(newline="") as file:
            rows = np.array([row[:-1] for row in csv.reader(file)], "float32")
        sequences[name] = rows[:, None]
    for split in ("train", "valid"):
        rows = np.array([row["split"] == split for row in utterances])
        write_split(tmp_path, split, {m: x[rows] for m, x in sequences.items()}, scores[rows])
    warned = [f.what.split()[0] for f in found(tmp_path, "warning")]
    assert warned == ["text", "video"]
