import numpy as np
import pytest
import yaml

from data.synthetic.__main__ import main
from data.synthetic.corpora import CORPORA, SPLITS
from data.synthetic.likeness import divided, split_sizes, write_like
from experiments.comparison.recipes import RECIPES, recipe_file
from experiments.settings import TrainSettings
from tests.conftest import call
from utils.formats import MODALITIES, open_data

# The recipe that reads the files like those of a corpus.
RECIPE_OF = {name: name.split("-")[0] for name in CORPORA} | {"ur-funny": "ur_funny"}


@pytest.fixture(scope="module", params=CORPORA)
def written(request, tmp_path_factory):
    """Name, path and groups of a small file like a corpus."""
    folder = tmp_path_factory.mktemp("like") / "made"
    return request.param, *write_like(folder, request.param, samples=20, seed=3)


def read(path, name):
    recipe = yaml.safe_load(recipe_file(RECIPE_OF[name]).read_text())
    settings = TrainSettings(target=recipe["target"], clip_labels=recipe.get("clip_labels", False))
    reader = open_data(path, target=settings.target_request, clip_labels=settings.clip_labels)
    return reader, {split: reader.read(split) for split in SPLITS}


def test_every_corpus_has_a_recipe():
    assert {*RECIPE_OF.values()} == {*RECIPES}


def test_files_are_read_with_the_shapes_and_labels_of_the_table(written):
    name, path, groups = written
    corpus = CORPORA[name]
    assert path.name == corpus.file
    reader, splits = read(path, name)
    assert tuple(reader.splits()) == SPLITS
    for split, samples in splits.items():
        assert len(samples) == sum(groups[split].values()) == split_sizes(corpus, 20)[split]
        for modality in MODALITIES:
            stream = corpus.streams[modality]
            assert samples.widths[modality] == stream.width
            assert samples.lengths[modality] == stream.steps
    labels, counts = splits["train"].labels, groups["train"]
    if corpus.labels == "score":
        assert (labels < 0).sum() == sum(n for g, n in counts.items() if "negative" in g)
        assert (labels > 0).sum() == sum(n for g, n in counts.items() if "positive" in g)
        assert np.abs(labels).max() <= max(corpus.values[-1])
    elif corpus.labels == "class":
        assert [*labels.sum(axis=0)] == [*counts.values()]
    else:
        shares = np.average(corpus.values, axis=0, weights=[*counts.values()])
        np.testing.assert_allclose(labels.mean(axis=0), shares)


def test_the_label_is_planted_in_every_modality(tmp_path):
    path, _ = write_like(tmp_path / "made", "mosi-aligned", samples=120)
    train = read(path, "mosi-aligned")[1]["train"]
    labels = train.labels[:, 0] - train.labels.mean()
    for x in train.sequences.values():
        mean = x.sum(axis=1) / np.maximum((x != 0).any(-1).sum(1), 1)[:, None]
        direction = labels[::2] @ mean[::2]  # of half of the samples, tried on the others
        assert np.corrcoef(mean[1::2] @ direction, labels[1::2])[0, 1] > 0.5


def test_the_seed_decides_all(tmp_path):
    made = [
        write_like(tmp_path / str(i), "iemocap", samples=20, seed=seed)[0].read_bytes()
        for i, seed in enumerate((1, 1, 2))
    ]
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize("size", [1, 7, 20, 1284])
def test_samples_are_divided_in_proportion(size):
    counts = (552, 53, 679)
    parts = divided(size, counts)
    assert parts.sum() == size
    np.testing.assert_allclose(parts, size * np.array(counts) / 1284, atol=1)


def test_the_published_numbers_are_the_default():
    assert split_sizes(CORPORA["mosi-aligned"]) == {"train": 1284, "valid": 229, "test": 686}
    assert split_sizes(CORPORA["sims"]) == {"train": 1368, "valid": 456, "test": 457}


def test_the_command_writes_and_says_what(tmp_path, capsys):
    call(main, "--like", "mustard", "--samples", 20, "--output", tmp_path / "made")
    shown = capsys.readouterr().out
    assert "sarcasm.pkl" in shown
    assert (tmp_path / "made" / "sarcasm.pkl").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "one of --task and --like"),
        (("--like", "sims", "--task", "sarcasm"), "one of --task and --like"),
        (("--like", "mosy"), "mosi-aligned, mosi-unaligned"),
        (("--like", "sims", "--noise", 0.1), "--noise"),
        (("--like", "sims", "--samples", 3), "--samples"),
    ],
)
def test_wrong_options(options, words, tmp_path, fails):
    assert words in fails(main, *options, "--output", tmp_path / "made")
    assert not (tmp_path / "made").exists()
