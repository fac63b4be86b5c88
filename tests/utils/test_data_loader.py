import h5py
import numpy as np
import pytest

from utils.data_loader import batches, make_dataset, model_inputs
from utils.formats import open_data


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
        split, modalities=["text", "video"]
    )
    assert not audio.any()
    assert not audio_mask.any()
    assert np.array_equal(text, split.sequences["text"])
    assert np.array_equal(video_mask, split.masks()["video"])
    assert text_mask.any()
    assert video.any()


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


def test_last_batch_may_be_smaller():
    sizes = [len(y) for _, y in batches((np.arange(10),), np.arange(10), 4)]
    assert sizes == [4, 4, 2]
