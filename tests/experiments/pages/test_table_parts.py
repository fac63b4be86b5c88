"""What the page of a run computes from its data."""

import numpy as np
import pytest

from experiments.pages.importance import WHOLE, permutation_importance, some_rows
from experiments.pages.predictions import within
from experiments.pages.text_tabular_cards import data_card
from experiments.runs.run_folder import RunFolder
from experiments.runs.text_tabular_runs import load_run
from utils.measures.classification import classification_metrics
from utils.tables import Schema, Table


def test_importance_is_that_of_a_table_with_a_column_in_another_order(
    tickets_run, tickets, eagerly
):
    model, processing = load_run(RunFolder.open(tickets_run))
    table = Table.read([tickets / "test.csv"])
    found = permutation_importance(model, processing.read(table), draws=1, seed=3)
    order = np.random.default_rng(3).permutation(len(table))
    fields = ["overdue_days", "seats", "plan", "region"]
    swapped = {WHOLE: [], "text": ["text"], "table": fields, "field plan": ["plan"]}
    assert list(found) == [WHOLE, "text", "table", *(f"field {name}" for name in fields)]
    for name, columns in swapped.items():
        changed = {c: v[order] if c in columns else v for c, v in table.columns.items()}
        samples = processing.read(Table("changed", changed))
        p = model.predict_proba(samples.batch(np.arange(len(table)))).numpy()
        expected = classification_metrics(samples.labels, np.stack([1 - p, p], axis=1))
        assert found[name] == pytest.approx(expected, abs=1e-5), name


def test_card_counts_classes_gaps_and_what_splits_share():
    def table(name, ids, texts, ages, kinds, labels):
        columns = {"id": ids, "text": texts, "age": ages, "kind": kinds, "label": labels}
        return Table(name, {k: np.array(list(v), dtype=object) for k, v in columns.items()})

    schema = Schema("text", "label", "id", ("age",), ("kind",))
    card = data_card(
        {
            "train": table(
                "a", "123", ["Good  cat", "x y z", ""], ["1", "", "3"], "aab", ["$y_$", "$y_$", "n"]
            ),
            "valid": table("b", "34", ["good cat", "x y z"], ["1", "9"], "ac", ["$y_$", "n"]),
        },
        schema,
        ["n", "$y_$"],
        "kind",
    )
    assert card["leakage"] == [
        "train and valid share 1 ids, 2 texts, 1 samples with the same text and fields, "
        "1 values of kind."
    ]
    assert "$y_$" in card["histogram"]
    train, valid = card["splits"].values()
    assert train["label $y_$"] == "66.7%" and train["missing values, numeric"] == "33.3%"
    assert train["empty texts"] == "1" and train["words of a text: median and most"] == "2, 3"
    assert valid["categories that train lacks"] == "50.0%"


def test_a_large_table_is_measured_on_a_part():
    assert some_rows(5).tolist() == [0, 1, 2, 3, 4]
    rows = some_rows(50, most=20)
    assert len(set(rows)) == 20 and sorted(rows) == rows.tolist() and max(rows) < 50


def test_texts_of_a_page_are_cut_only_if_they_are_too_long_together():
    assert within(["abc", "defgh"], letters=8) == ["abc", "defgh"]
    assert within(["abc", "defgh"], letters=7) == ["abc", "def…"]
