import json
import math
import subprocess
import sys

import h5py
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from data.synthetic import (
    TASKS,
    SyntheticSplit,
    best_mae,
    constant_mae,
    expected_best_mae,
    folder,
    generate,
    write_folder,
)
from data.synthetic.__main__ import main
from data.synthetic.features import WIDTHS, decode, world
from data.synthetic.tasks import Scene
from tests.conftest import call

MODALITIES = ("text", "audio", "video")
CAUSES = {"text": "polarity", "audio": "tone", "video": "smile"}
SPLITS = ("train", "valid", "test")


@pytest.fixture(scope="module")
def sarcasm():
    return generate("sarcasm", samples=1600, seed=5)


def lengths(split):
    return np.max([(x != 0).any(-1).sum(1) for x in split.sequences.values()], axis=0)


def mean_over_steps(x, split):
    return x.sum(axis=1) / lengths(split)[:, None]


def ridge_mae(train_x, test_x, data):
    model = Ridge(1.0).fit(train_x, data["train"].labels[:, 0])
    return np.abs(model.predict(test_x) - data["test"].labels[:, 0]).mean()


def pooled(split):
    """The mean over the valid steps of all features, side by side."""
    means = [mean_over_steps(split.sequences[m], split) for m in MODALITIES]
    return np.concatenate(means, axis=1)


@pytest.mark.parametrize("task", TASKS)
def test_shapes_types_and_padding(task):
    data = generate(task, samples=40, seed=1, seq_len=12)
    assert tuple(data) == SPLITS
    for name, count in zip(SPLITS, (40, 10, 10), strict=True):
        split = data[name]
        assert split.labels.shape == (count, 1) and split.labels.dtype == np.float32
        valid = np.arange(12) < lengths(split)[:, None]
        for modality, width in WIDTHS.items():
            x = split.sequences[modality]
            assert x.shape == (count, 12, width) and x.dtype == np.float32
            assert np.isfinite(x).all()
            mask = (x != 0).any(-1)
            shown = ~split.scene.absent.get(modality, np.zeros(count, bool))
            assert (mask[shown] == valid[shown]).all(), "padding stands at the right alone"
            assert not mask[~shown].any()
        assert lengths(split).min() >= 3
    assert set(lengths(data["train"])) > {3, 12}


@pytest.mark.parametrize("task", TASKS)
def test_scores_spread_over_the_range(task):
    data = generate(task, samples=1000, seed=2)
    for split in data.values():
        assert np.abs(split.labels).max() <= 3 and np.abs(split.scene.best).max() <= 3
    assert 0.9 < constant_mae(data["test"], data["train"]) < 1.4


def test_same_arguments_same_data_other_seed_other_data():
    first, again, other = (generate("sarcasm", 20, seed) for seed in (3, 3, 4))
    for split in SPLITS:
        for modality in MODALITIES:
            a, b, c = (d[split].sequences[modality] for d in (first, again, other))
            assert np.array_equal(a, b) and not np.array_equal(a, c)
        assert np.array_equal(first[split].labels, again[split].labels)
        assert not np.array_equal(first[split].labels, other[split].labels)
    assert not np.array_equal(first["valid"].labels, first["test"].labels)


def test_more_noise_leaves_features_and_clean_scores_alone():
    quiet, loud = (generate("additive", 20, 3, noise=noise)["train"] for noise in (0, 1.5))
    assert np.array_equal(quiet.sequences["text"], loud.sequences["text"])
    assert np.array_equal(quiet.scene.clean, loud.scene.clean)
    np.testing.assert_allclose(quiet.labels[:, 0], quiet.scene.clean, atol=1e-6)
    assert best_mae(quiet) < 1e-6 and expected_best_mae(quiet, 0) == 0


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("seed", [0, 11])
def test_a_fixed_linear_map_reads_the_causes_whatever_the_seed(task, seed):
    split = generate(task, samples=100, seed=seed)["train"]
    for modality in MODALITIES:
        read = decode(modality, split.sequences[modality])
        shown = ~split.scene.absent.get(modality, np.zeros(100, bool))
        assert np.abs(read - getattr(split.scene, CAUSES[modality]))[shown].max() < 0.2


def test_a_linear_map_learnt_on_one_seed_reads_another(sarcasm):
    other = generate("sarcasm", samples=100, seed=99)["train"]
    x = sarcasm["train"].sequences["audio"].reshape(-1, 74)
    tone = sarcasm["train"].scene.tone.reshape(-1)
    learnt = Ridge(1.0).fit(x, tone)
    read = learnt.predict(other.sequences["audio"].reshape(-1, 74))
    assert (np.round(read) == other.scene.tone.reshape(-1)).mean() > 0.999


def test_content_is_orthogonal_to_the_cause():
    codebooks, _ = world()
    for codebook in codebooks.values():
        assert np.abs(codebook.content @ codebook.cause).max() < 1e-4


@pytest.mark.parametrize(
    ("task", "formula"),
    [
        ("text_only", lambda p, a, v: 3 * p),
        ("additive", lambda p, a, v: np.clip(math.sqrt(3) * (p + a + v), -3, 3)),
    ],
)
def test_scores_follow_the_documented_formula(task, formula):
    split = generate(task, samples=200, seed=6)["train"]
    means = [decode(m, split.sequences[m]).sum(1) / lengths(split) for m in MODALITIES]
    np.testing.assert_allclose(formula(*means), split.scene.clean, atol=0.1)


def test_sarcasm_is_read_from_aligned_steps(sarcasm):
    for split in sarcasm.values():
        x = split.sequences
        product = decode("text", x["text"]) * decode("audio", x["audio"])
        clean = 3 * product.sum(1) / lengths(split)
        np.testing.assert_allclose(clean, split.scene.clean, atol=0.1)


def test_sarcasm_leaks_nothing_to_pooled_features_of_one_modality_or_all(sarcasm):
    mae = ridge_mae(pooled(sarcasm["train"]), pooled(sarcasm["test"]), sarcasm)
    assert mae > 0.95 * constant_mae(sarcasm["test"], sarcasm["train"])


def test_sarcasm_is_far_out_of_reach_of_products_of_pooled_causes(sarcasm):
    def features(split):
        p, a = (
            mean_over_steps(decode(m, split.sequences[m])[..., None], split)
            for m in ("text", "audio")
        )
        return np.concatenate([p, a, p * a, p * p, a * a, p * a * lengths(split)[:, None]], 1)

    mae = ridge_mae(features(sarcasm["train"]), features(sarcasm["test"]), sarcasm)
    assert mae > 2.5 * best_mae(sarcasm["test"])


def test_sarcasm_is_out_of_reach_where_audio_is_shifted_by_a_step(sarcasm):
    def product(split, shift):
        audio = np.roll(decode("audio", split.sequences["audio"]), shift, axis=1)
        return mean_over_steps((decode("text", split.sequences["text"]) * audio)[..., None], split)

    aligned, shifted = (
        ridge_mae(product(sarcasm["train"], shift), product(sarcasm["test"], shift), sarcasm)
        for shift in (0, 1)
    )
    assert aligned < 1.05 * best_mae(sarcasm["test"])
    assert shifted > 0.8 * constant_mae(sarcasm["test"], sarcasm["train"])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("noise", [0.1, 0.4, 2.0])
def test_best_mae_is_the_mean_size_of_the_label_noise(task, noise):
    split = generate(task, samples=4000, seed=8, seq_len=4, noise=noise)["train"]
    assert best_mae(split) == pytest.approx(expected_best_mae(split, noise), rel=0.05)
    if task != "missing":
        assert expected_best_mae(split, noise) <= noise * math.sqrt(2 / math.pi)


def test_best_mae_of_scores_away_from_the_ends_is_that_of_a_gaussian():
    split = generate("sarcasm", samples=4000, seed=8, seq_len=8, noise=0.1)["train"]
    inner = np.abs(split.scene.clean) < 2.5
    expected = 0.1 * math.sqrt(2 / math.pi)
    assert np.abs(split.labels[:, 0] - split.scene.clean)[inner].mean() == pytest.approx(
        expected, rel=0.05
    )
    part = Scene(*(getattr(split.scene, f)[inner] for f in ("polarity", "tone", "smile", "clean")))
    assert expected_best_mae(SyntheticSplit({}, split.labels[inner], part), 0.1) == pytest.approx(
        expected, rel=1e-3
    )


def test_no_shift_of_the_clean_score_is_better():
    split = generate("sarcasm", samples=4000, seed=9, seq_len=4, noise=1.0)["train"]
    for other in (split.scene.clean * 0.9, split.scene.clean + 0.1, split.scene.clean - 0.1):
        assert np.abs(split.labels[:, 0] - other).mean() > best_mae(split)


def test_command_writes_the_layout_and_the_best_mae(tmp_path, capsys):
    output = tmp_path / "new" / "folder"
    call(main, "--task=sarcasm", f"--output={output}", "--samples=40", "--seed=7")
    printed = capsys.readouterr().out
    assert "best reachable MAE" in printed and "constant MAE" in printed
    expected = generate("sarcasm", 40, 7)
    description = json.loads((output / "task.json").read_text())
    assert [description[k] for k in ("task", "samples", "seed", "seq_len", "noise")] == [
        *("sarcasm", 40, 7, 20, 0.4)
    ]
    names = {"task.json", "target.json"}
    for name, split in expected.items():
        arrays = {f"text_{name}_emb.h5": split.sequences["text"], f"y_{name}.h5": split.labels}
        arrays |= {f"{m}_{name}.h5": split.sequences[m] for m in ("audio", "video")}
        names |= set(arrays)
        for file_name, array in arrays.items():
            with h5py.File(output / file_name) as file:
                assert list(file) == ["d1"]
                stored = file["d1"][()]
            assert stored.dtype == np.float32 and np.array_equal(stored, array)
        assert description["splits"][name] == {
            "samples": len(split.labels),
            "best_mae": best_mae(split),
            "expected_best_mae": expected_best_mae(split, 0.4),
            "constant_mae": constant_mae(split, expected["train"]),
        }
    assert {path.name for path in output.iterdir()} == names
    assert [path.name for path in output.parent.iterdir()] == ["folder"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--samples=9"], "--samples must be a whole number of at least 10. Received: 9."),
        (["--samples=many"], "--samples must be a whole number. Received: 'many'."),
        (["--seed=-1"], "--seed must be a whole number of at least 0. Received: -1."),
        (["--seq-len=3"], "--seq-len must be a whole number of at least 4. Received: 3."),
        (["--noise=-0.5"], "--noise must be a finite number of at least 0. Received: -0.5."),
        (["--noise=inf"], "--noise must be"),
        (["--task=irony"], "--task must be one of text_only, additive, sarcasm, late_event"),
        (["--colour=red"], "--colour=red"),
    ],
)
def test_a_refused_option_is_named(tmp_path, fails, arguments, message):
    assert message in fails(main, "--task=sarcasm", f"--output={tmp_path / 'out'}", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_files_is_refused_and_left_alone(tmp_path, fails):
    (tmp_path / "notes.txt").write_text("mine")
    error = fails(main, "--task=sarcasm", f"--output={tmp_path}", "--samples=10")
    assert "The output folder must be new or empty. Received:" in error
    assert "Name another folder" in error
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(directory, split, sequences, labels):
        (directory / "half.h5").write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(folder, "write_split", fail)
    with pytest.raises(OSError, match="No space left"):
        write_folder(tmp_path / "out", "sarcasm", samples=10)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(tmp_path):
    write_folder(tmp_path, "text_only", samples=10)
    assert (tmp_path / "task.json").exists()


def test_the_command_runs_without_tensorflow(tmp_path):
    code = (
        "import sys; from data.synthetic.__main__ import main; main(); "
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    options = ["--task=additive", f"--output={tmp_path / 'out'}", "--samples=10"]
    subprocess.run([sys.executable, "-c", code, *options], check=True)
