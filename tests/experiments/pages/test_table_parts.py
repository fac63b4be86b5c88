"""What the page of a text with a table computes from its data."""

from types import SimpleNamespace

import numpy as np
import pytest

from experiments.pages.importance import WHOLE, permutation_importance, some_rows
from experiments.pages.table_parts import TableParts
from experiments.runs.loaded_run import load_run
from utils.measures.class_target import ClassTarget
from utils.tables import Schema, Table


def test_importance_is_measured_on_a_table_with_a_column_in_another_order(
    tickets_run, tickets, eagerly
):
    run = load_run(tickets_run)
    processing, table = run.inputs.processing, Table.read([tickets / "test.csv"])
    samples = processing.read(table)
    found = permutation_importance(run, samples, samples.labels, draws=1, seed=3)
    order = np.random.default_rng(3).permutation(len(table))
    fields = ["overdue_days", "seats", "plan", "region"]
    swapped = {WHOLE: [], "text": ["text"], "table": fields, "field plan": ["plan"]}
    assert list(found) == [WHOLE, "text", "table", *(f"field {name}" for name in fields)]
    for name, columns in swapped.items():
        changed = {c: v[order] if c in columns else v for c, v in table.columns.items()}
        outputs = run.predict(processing.read(Table("changed", changed))).outputs
        expected = run.target.measured(samples.labels, outputs)
        assert found[name] == pytest.approx(expected, abs=1e-5), name


def test_card_counts_classes_gaps_and_what_splits_share(tmp_path):
    schema = Schema("text", "label", "id", ("age",), ("kind",))
    target = ClassTarget(("n", "$y_$"), values=("n", "$y_$"))
    (tmp_path / "train.csv").write_text(
        "id,text,age,kind,label\n1,Good  cat,1,a,$y_$\n2,x y z,,a,$y_$\n3,,3,b,n\n"
    )
    (tmp_path / "valid.csv").write_text(
        "id,text,age,kind,label\n3,good cat,1,a,$y_$\n4,x y z,9,c,n\n"
    )
    config = {"group": "kind", "clip_labels": False}
    run = SimpleNamespace(
        folder=SimpleNamespace(load_config=lambda: config),
        inputs=SimpleNamespace(processing=SimpleNamespace(schema=schema)),
        target=target,
        partition_of=lambda data: None,
    )
    card = TableParts(run, tmp_path).data_card()
    assert card["leakage"] == [
        "train and valid share 1 id, 2 texts, 1 sample with the same text and fields, "
        "1 value of kind."
    ]
    assert "$y_$" in card["histogram"]
    train, valid = card["splits"].values()
    assert train["class $y_$"] == "66.7%" and train["missing values, numeric"] == "33.3%"
    assert train["empty texts"] == "1" and train["words of a text: median and most"] == "2, 3"
    assert valid["categories that train lacks"] == "50.0%"


def test_a_large_table_is_measured_on_a_part():
    assert some_rows(5).tolist() == [0, 1, 2, 3, 4]
    rows = some_rows(50, most=20)
    assert len(set(rows)) == 20 and sorted(rows) == rows.tolist() and max(rows) < 50
