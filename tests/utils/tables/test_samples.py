import numpy as np
import pytest

from tests.utils.tables.tables import VOCABULARY, make_table, make_tokenizer
from utils.measures.inference import TargetRequest
from utils.measures.score_target import ScoreTarget
from utils.tables import Processing, infer_schema
from utils.tables import processing as processing_module
from utils.tables.table_file import read_blocks


def fit(path, **options):
    chunking = {"chunks": 2, "chunk_tokens": 6, "overlap": 1}
    options = {"request": TargetRequest("class"), **chunking, **options}
    return Processing.fit(path, infer_schema(path, {}), make_tokenizer(), **options)


def classes_of(samples):
    return [int(row.argmax()) if row.sum() == 1 else None for row in samples.labels]


@pytest.fixture
def table(tmp_path):
    return make_table(tmp_path / "train.csv")


def test_batch_has_tokens_and_fields(table):
    samples = fit(table).read(table)
    batch = samples.batch([0, 2])
    ids, mask = batch["text_processed_input_ids"], batch["text_processed_attention_mask"]
    words = [[[VOCABULARY[i] for i in chunk] for chunk in text] for text in ids]
    pad = "[PAD]"
    assert words == [
        [
            ["[CLS]", "the", "dress", "is", "good", "[SEP]"],
            ["[CLS]", "good", ".", "[SEP]", pad, pad],
        ],
        [["[CLS]", "a", "b", "c", "a", "[SEP]"], ["[CLS]", "a", "b", "c", "a", "[SEP]"]],
    ]
    np.testing.assert_array_equal(mask, np.array(words) != pad)
    assert batch["price"].shape == (2,) and batch["colour"].shape == (2, 4)
    assert batch["colour"].sum(axis=1).tolist() == [1, 1]
    assert classes_of(samples) == [1, 0, 0, 1] and samples.ids.tolist() == [
        "r1",
        "r2",
        "r3",
        "r4",
    ]
    assert samples.truncated == 1  # the third, of nine tokens


def test_short_batches_are_not_padded_to_the_longest_chunk(table):
    ids = fit(table).read(table).batch([1])["text_processed_input_ids"]
    assert ids.shape == (1, 1, 6)


def test_empty_text_is_a_chunk_of_start_and_end(tmp_path, table):
    other = make_table(tmp_path / "t.csv", text=["", " ", "good", "x"])
    batch = fit(table).read(other).batch([0, 1])
    assert batch["text_processed_input_ids"].tolist() == [[[2, 3]], [[2, 3]]]


def test_bins_stand_behind_their_number(table):
    field = fit(table, bins=2).read(table).batch([0, 3])["price"]
    assert field.shape == (2, 3) and field[:, 1:].tolist() == [[1, 0], [0, 1]]


def test_saved_processing_gives_the_same(tmp_path, table):
    processing = fit(table, bins=2)
    processing.save(tmp_path / "p.json")
    again = Processing.load(tmp_path / "p.json")
    unseen = make_table(tmp_path / "t.csv", colour=["green"] * 4, price=["NaN"] * 4)
    ours, theirs = (p.read(unseen).batch(np.arange(4)) for p in (again, processing))
    assert list(ours) == list(theirs)
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])
    assert ours["colour"][:, 0].tolist() == [1] * 4  # the bucket of what is unknown


def test_reading_in_blocks_is_reading_at_once(table, monkeypatch):
    processing = fit(table)
    whole = processing.read(table).batch(np.arange(4))
    monkeypatch.setattr(processing_module, "read_blocks", lambda path: read_blocks(path, rows=3))
    assert [len(part) for part in processing.read_blocks(table)] == [3, 1]
    for name, values in processing.read(table).batch(np.arange(4)).items():
        np.testing.assert_array_equal(values, whole[name])


def test_joined_parts_and_taken_rows_are_the_samples(table):
    samples = fit(table).read(table)
    parts = [samples.take(np.array([3])), samples.take(np.array([0, 1]))]
    joined, rows = samples.join(parts), np.array([3, 0, 1])
    assert joined.ids.tolist() == ["r4", "r1", "r2"] and classes_of(joined) == [1, 1, 0]
    for name, values in joined.batch(np.arange(3)).items():
        np.testing.assert_array_equal(values, samples.batch(rows)[name])


def test_label_may_be_absent_where_it_is_not_needed(tmp_path, table):
    processing = fit(table)
    unlabelled = make_table(tmp_path / "t.csv", label=None, id=None)
    samples = processing.read(unlabelled, labelled=False)
    assert classes_of(samples) == [None] * 4 and samples.ids.tolist() == ["0", "1", "2", "3"]
    partly = make_table(tmp_path / "u.csv", label=["1", "", "0", ""])
    assert classes_of(processing.read(partly, labelled=False)) == [1, None, 0, None]


def test_classes_are_sorted_by_number_or_given(table, tmp_path):
    path = make_table(tmp_path / "t.csv", label=["10", "9", "9", "10"])
    assert fit(path).target.names == ("9", "10")
    given = fit(path, request=TargetRequest("class", classes=("8", "9", "10")))
    assert classes_of(given.read(path)) == [2, 1, 1, 2]


def test_scores_are_read_as_numbers(tmp_path):
    path = make_table(tmp_path / "t.csv", label=["1.5", "-2", "0.25", "3"])
    processing = fit(path, request=None)
    assert processing.target == ScoreTarget()
    assert processing.read(path).labels[:, 0].tolist() == [1.5, -2, 0.25, 3]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"price": None}, "Missing: price"),
        ({"label": None}, "Missing: label"),
        (
            {"price": ["1", "x", "2", "3"]},
            r"from row 1 on: The column price must hold numbers.*'x'",
        ),
        ({"label": ["1", "2", "0", "0"]}, "must hold the classes 0, 1.*Received: '2'.*--classes"),
        ({"label": ["1", "", "0", "0"]}, "a label in each row. Received: none in 1 of 4"),
    ],
)
def test_tables_unlike_training_are_refused(tmp_path, table, columns, message):
    with pytest.raises(ValueError, match=message):
        fit(table).read(make_table(tmp_path / "t.csv", **columns))


def test_training_labels_must_be_there(tmp_path):
    with pytest.raises(ValueError, match="none in 2 of 4 rows, the first is row 1"):
        fit(make_table(tmp_path / "t.csv", label=["1", "", "0", ""]))


def test_a_batch_may_have_no_rows(table):
    samples = fit(table, bins=2).read(table)
    for name, values in samples.batch([0]).items():
        empty = samples.batch([])[name]
        assert len(empty) == 0 and empty.ndim == values.ndim
