"""Names of columns that the data and the written predictions both have."""

import numpy as np
import pytest

from experiments.settings import TrainSettings
from experiments.tasks.predictions import Predictions
from experiments.tasks.tables import TableInputs, TableTask
from tests.utils.tables.tables import COLUMNS, make_table, make_tokenizer
from utils.tables import Processing

LABELS, IDS = COLUMNS["label"], COLUMNS["id"]
GIVEN = {"text": "text", "numeric": ["price"], "categorical": ["colour"]}


def open_table(folder, **settings):
    return TableTask(TrainSettings(model="gate", data=str(folder), **settings))


@pytest.mark.parametrize(
    ("label", "sample_id"),
    [
        ("prob", "prediction"),
        ("prediction", "probability_1"),
        ("id", "label"),
        ("probability_0", "weight_text"),
    ],
)
def test_written_columns_hold_what_they_name_whatever_the_columns_of_the_data_are_called(
    tmp_path, label, sample_id
):
    others = {"id": None, "label": None}
    path = make_table(tmp_path / "train.csv", **others | {label: LABELS, sample_id: IDS})
    task = open_table(tmp_path, target="class", label=label, id=sample_id, **GIVEN)
    processing = Processing.fit(path, task.schema, make_tokenizer(), task.target)
    samples = processing.read(path)
    outputs = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [1, 0]])
    shares = np.array([[0.125, 0.875]] * 4)
    columns = Predictions(samples, TableInputs(processing), outputs, shares).columns()
    assert columns == {
        "id": IDS,
        "label": LABELS,
        "prediction": ["0", "0", "1", "0"],
        "probability_0": outputs[:, 0].tolist(),
        "probability_1": outputs[:, 1].tolist(),
        "weight_text": [0.125] * 4,
        "weight_tab": [0.875] * 4,
    }


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"price": None}, r"test\.csv must have the columns.*Missing: price"),
        ({"text": None, "body": COLUMNS["text"]}, r"test\.csv.*Missing: text"),
        ({"label": ["0", "1", "2", "1"]}, r"test\.csv, from row 1.*classes 0, 1.*Received: '2'"),
        ({"price": ["1", "2", "x", "3"]}, r"test\.csv, from row 1.*price must hold numbers.*'x'"),
    ],
)
def test_a_test_split_unlike_train_is_refused_before_the_training(tmp_path, columns, message):
    samples = {"train": make_table(tmp_path / "train.csv")}
    task = open_table(tmp_path, target="class")
    task.check_alike(samples)
    samples["test"] = make_table(tmp_path / "test.csv", **columns)
    with pytest.raises(ValueError, match=message):
        task.check_alike(samples)
