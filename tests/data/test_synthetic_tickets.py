import csv
import json

import numpy as np
import pytest

from data.synthetic import generate_tickets
from data.synthetic.__main__ import main
from data.synthetic.tickets import (
    FAULTS,
    OVERDUE_LIMIT,
    SPLIT_SHARES,
    WISHES,
    ceilings,
)
from tests.conftest import call


@pytest.fixture(scope="module")
def splits():
    return generate_tickets(samples=4000)


def test_text_shows_the_one_cause_and_table_the_other(splits):
    columns, split = splits["train"].columns, splits["train"]
    says_fault = [any(fault in text for fault in FAULTS) for text in columns["text"]]
    says_wish = [any(wish in text for wish in WISHES) for text in columns["text"]]
    assert says_fault == split.fault.tolist() and says_wish == (~split.fault).tolist()
    good = [
        plan != "trial" and days <= OVERDUE_LIMIT
        for plan, days in zip(columns["plan"], columns["overdue_days"], strict=True)
    ]
    assert good == split.good_standing.tolist()


def test_neither_side_alone_says_much(splits):
    for split in splits.values():
        best = ceilings(split)
        assert max(best["text alone"], best["table alone"]) < 0.66
        assert best["both"] == pytest.approx(0.95, abs=0.02)


def test_ceiling_of_a_side_is_the_best_of_its_four_rules(splits):
    split = splits["valid"]
    for side, cause in (("text alone", split.fault), ("table alone", split.good_standing)):
        rules = (cause, ~cause, np.ones_like(cause), np.zeros_like(cause))
        accuracies = [np.mean(rule == split.labels) for rule in rules]
        assert ceilings(split)[side] == pytest.approx(max(accuracies))


def test_same_arguments_same_data_and_no_text_in_two_splits_by_id(splits):
    assert generate_tickets(samples=4000)["test"].columns == splits["test"].columns
    assert generate_tickets(samples=4000, seed=1)["test"].columns != splits["test"].columns
    assert "overseas" in splits["valid"].columns["region"]
    assert "overseas" not in splits["train"].columns["region"]


def test_command_writes_the_tables_and_prints_the_ceilings(tmp_path, capsys):
    call(main, "--task", "tickets", "--output", tmp_path / "t", "--samples", 40)
    printed = capsys.readouterr().out
    best = json.loads((tmp_path / "t" / "task.json").read_text())["best_accuracy"]
    assert list(best) == list(SPLIT_SHARES)
    for split, share in SPLIT_SHARES.items():
        with (tmp_path / "t" / f"{split}.csv").open(newline="") as file:
            assert len(list(csv.DictReader(file))) == 40 * share
        assert all(f"{value:.3f}" in printed for value in best[split].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--samples", "19"), "--samples must be a whole number of at least 20. Received: 19"),
        (("--noise", "0.5"), "--noise must be at least 0 and below 0.5. Received: 0.5"),
        (("--seq-len", "9"), "--seq-len has no meaning for tickets. Received: 9"),
        (("--seed", "-1"), "--seed must be a whole number of at least 0. Received: -1"),
    ],
)
def test_wrong_arguments_leave_nothing(tmp_path, fails, arguments, message):
    assert message in fails(main, "--task", "tickets", "--output", tmp_path / "t", *arguments)
    assert not (tmp_path / "t").exists()
