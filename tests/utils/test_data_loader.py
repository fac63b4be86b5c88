import os

import h5py
import numpy as np
import pytest

from data.convert.__main__ import main as convert
from tests.conftest import call
from tests.models.tiny import make_model
from utils.batches.augmentation import Augmentation
from utils.batches.dataset import model_inputs
from utils.data_loader import load_split, make_dataset, reader_errors
from utils.formats import InvalidData, open_data
from utils.measures.inference import TargetRequest


def test_yields_three_sequences_and_a_label(data_dir):
    (text, audio, video), label = next(iter(make_dataset(data_dir, "valid", batch_size=5)))
    assert text.shape == (5, 6, 5)
    assert audio.shape == (5, 6, 4)
    assert video.shape == (5, 6, 3)
    assert label.shape == (5, 1)
    assert {t.dtype.name for t in (text, audio, video, label)} == {"float32"}


def test_covers_the_split_once_in_order(data_dir):
    split = open_data(data_dir).read("valid")
    labels = np.concatenate([y.numpy() for _, y in make_dataset(data_dir, "valid", batch_size=5)])
    assert np.array_equal(labels, split.labels)


def test_shuffles_train_anew_in_each_epoch_by_seed(data_dir):
    def epochs(seed):
        dataset = make_dataset(data_dir, "train", batch_size=7, seed=seed)
        return [np.concatenate([y.numpy() for _, y in dataset]).ravel() for _ in range(2)]

    first, second = epochs(1)
    assert not np.array_equal(first, second)
    assert np.array_equal(np.sort(first), np.sort(second))
    assert np.array_equal(first, epochs(1)[0])
    assert np.array_equal(second, epochs(1)[1])
    assert not np.array_equal(first, epochs(2)[0])


def test_features_and_labels_stay_together_when_shuffled(data_dir):
    for (text, _, _), label in make_dataset(data_dir, "train", batch_size=7):
        expected = np.clip(text.numpy()[:, 0, :1], -3, 3)
        np.testing.assert_allclose(label.numpy(), expected)


def test_normalization_is_fitted_on_train(data_dir):
    train = open_data(data_dir).read("train")
    steps = train.sequences["audio"][train.masks()["audio"]]
    valid = open_data(data_dir).read("valid")
    dataset = make_dataset(data_dir, "valid", batch_size=12, normalize="standard")
    (_, audio, _), _ = next(iter(dataset))
    expected = (valid.sequences["audio"] - steps.mean(0)) / steps.std(0)
    mask = valid.masks()["audio"]
    np.testing.assert_allclose(audio.numpy()[mask], expected[mask], atol=1e-4)
    assert not audio.numpy()[~mask].any()


def test_absent_modalities_are_masked_out_wholly(data_dir):
    split = open_data(data_dir).read("valid")
    text, audio, video, text_mask, audio_mask, video_mask = model_inputs(
        split.sequences, modalities=["text", "video"]
    )
    assert not audio.numpy().any()
    assert not audio_mask.numpy().any()
    assert np.array_equal(text, split.sequences["text"])
    assert np.array_equal(video_mask, split.masks()["video"])
    assert text_mask.numpy().any()
    assert video.numpy().any()


def test_masks_are_given_on_request(data_dir):
    inputs, _ = next(iter(make_dataset(data_dir, "valid", return_masks=True)))
    assert len(inputs) == 6
    assert inputs[3].dtype == bool


def test_repaired_values_are_reported(own_data_dir):
    with h5py.File(own_data_dir / "audio_valid.h5", "r+") as file:
        file["d1"][0, 0, 0] = np.nan
    with pytest.warns(UserWarning, match=r"split valid: 1 NaN or infinite audio values became 0"):
        make_dataset(own_data_dir, "valid")


def test_errors(data_dir):
    with pytest.raises(ValueError, match=r"`modalities` must be one or more.*Received: smell"):
        make_dataset(data_dir, modalities=["smell"])
    with pytest.raises(ValueError, match=r"`modalities`.*Received: none"):
        make_dataset(data_dir, modalities=[])
    with pytest.raises(ValueError, match=r"`batch_size` must be at least 1. Received: 0"):
        make_dataset(data_dir, batch_size=0)


def test_last_batch_may_be_smaller(data_dir):
    dataset = make_dataset(data_dir, "test", batch_size=4)
    assert [len(y) for _, y in dataset] == [4, 4, 2]
    assert dataset.cardinality() == 3


def arrays(dataset):
    """Return all batches of one pass as flat lists of arrays."""
    return [[x.numpy() for x in (*inputs, y)] for inputs, y in dataset]


def assert_same_batches(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        for x, y in zip(one, other, strict=True):
            assert np.array_equal(x, y)


AUGMENTED = {"augmentation": Augmentation(noise={"text": 1.0}, truncation=0.5), "seed": 5}


def test_goes_on_at_any_epoch_and_step(data_dir):
    options = {"batch_size": 5, "return_masks": True, **AUGMENTED}
    whole = make_dataset(data_dir, **options)
    epochs = [arrays(whole) for _ in range(3)]
    resumed = make_dataset(data_dir, **options, epoch=1, step=2)
    assert_same_batches(arrays(resumed), epochs[1][2:])
    assert_same_batches(arrays(resumed), epochs[2])


@pytest.mark.parametrize("normalize", ["none", "standard", "robust", "minmax"])
def test_streaming_yields_what_memory_does(data_dir, normalize):
    options = {"batch_size": 7, "normalize": normalize, "return_masks": True, **AUGMENTED}
    in_memory = arrays(make_dataset(data_dir, stream=False, **options))
    streamed = arrays(make_dataset(data_dir, stream=True, **options))
    for one, other in zip(in_memory, streamed, strict=True):
        for x, y in zip(one, other, strict=True):
            np.testing.assert_allclose(x, y, atol=1e-5)


def test_streams_by_itself_what_memory_cannot_hold(data_dir, monkeypatch):
    reader = open_data(data_dir)
    assert load_split(reader, "train").in_memory
    monkeypatch.setattr("utils.data_loader.available_memory", lambda: 1000)
    assert not load_split(reader, "train").in_memory


@pytest.mark.parametrize("chunks", [None, (1, 6, 4)])
def test_values_repaired_in_a_stream_are_zero(own_data_dir, chunks):
    path = own_data_dir / "audio_valid.h5"
    with h5py.File(path, "r") as file:
        x = file["d1"][:]
    x[0, 0, 0], x[7, 0, 1] = np.inf, np.nan
    with h5py.File(path, "w") as file:
        file.create_dataset("d1", data=x, chunks=chunks)
    dataset = make_dataset(own_data_dir, "valid", 4, stream=True)
    audio = np.concatenate([audio for (_, audio, _), _ in dataset])
    x[0, 0, 0], x[7, 0, 1] = 0, 0
    assert np.array_equal(audio, x)


def test_a_reader_error_inside_a_stream_is_found_again(own_data_dir, tmp_path):
    call(convert, own_data_dir, tmp_path / "new")
    dataset = make_dataset(tmp_path / "new", "valid", 4, stream=True)
    os.truncate(tmp_path / "new" / "audio_valid.h5", 600)
    with pytest.raises(InvalidData, match=r"audio_valid\.h5.*must (have|hold)"):
        with reader_errors():
            list(dataset)


def test_shards_are_disjoint_and_complete(data_dir):
    def first_values(**options):
        dataset = make_dataset(data_dir, seed=2, **options)
        return np.concatenate([text.numpy()[:, 0, 0] for (text, _, _), _ in dataset])

    whole = first_values()
    parts = [first_values(shard=(i, 3)) for i in range(3)]
    assert len(set(whole)) == len(whole)
    assert sorted(np.concatenate(parts)) == sorted(whole)


def test_trimming_cuts_padding_alone(data_dir):
    options = {"batch_size": 3, "return_masks": True}
    whole = arrays(make_dataset(data_dir, "valid", **options))
    trimmed = arrays(make_dataset(data_dir, "valid", trim=True, **options))
    lengths = set()
    for one, other in zip(whole, trimmed, strict=True):
        length = other[0].shape[1]
        lengths.add(length)
        assert length == np.max(np.flatnonzero(np.any(one[3], axis=0))) + 1
        for x, y in zip(one[:6], other[:6], strict=True):
            assert np.array_equal(x[:, :length], y)
            assert not x[:, length:].any()
    assert min(lengths) < 6


@pytest.mark.parametrize("name", ["seqlevel", "ef_lstm", "mult"])
def test_trimming_changes_no_prediction(data_dir, name):
    model = make_model(name)
    options = {"batch_size": 3, "return_masks": True}
    for (whole, _), (trimmed, _) in zip(
        make_dataset(data_dir, "valid", **options),
        make_dataset(data_dir, "valid", trim=True, **options),
        strict=True,
    ):
        np.testing.assert_allclose(model(whole), model(trimmed), atol=1e-5)


def test_data_may_lack_a_modality_and_hold_any_labels(own_data_dir):
    for path in own_data_dir.glob("text_*"):
        path.unlink()
    for split in ("train", "valid", "test"):
        with h5py.File(own_data_dir / f"y_{split}.h5", "r+") as file:
            y = (file["d1"][:] > 0).astype(int)
            del file["d1"]
            file["d1"] = y
    with pytest.raises(InvalidData, match="may hold a score or classes"):
        make_dataset(own_data_dir, modalities=["audio", "video"])
    dataset = make_dataset(
        own_data_dir,
        batch_size=5,
        modalities=["audio", "video"],
        normalize="standard",
        target=TargetRequest("class"),
    )
    (text, audio, _), labels = next(iter(dataset))
    assert text.shape == (5, 6, 1) and not text.numpy().any() and audio.numpy().any()
    assert labels.shape == (5, 2) and (labels.numpy().sum(axis=1) == 1).all()
