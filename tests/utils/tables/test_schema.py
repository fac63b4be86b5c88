import dataclasses

import pytest

from tests.utils.tables.tables import make_table
from utils.tables import Schema, infer_schema
from utils.tables import schema as schema_module


def test_columns_are_told_apart(tmp_path):
    path = make_table(
        tmp_path / "t.csv",
        title=["quite a long title here", "two words or more", "", "another title of words"],
        empty=["", "NA", "nan", ""],
        code=["x1", "x2", "x3", "x4"],
    )
    assert infer_schema(path, {}) == Schema(
        text="text",
        label="label",
        id="id",
        numeric=("price",),
        categorical=("colour",),
        ignored=("title", "empty", "code"),
    )


def test_given_columns_go_before(tmp_path):
    path = make_table(tmp_path / "t.csv", user_id=["a", "b", "c", "d"])
    given = {"label": "colour", "categorical": ["price"], "ignored": ["label"], "id": None}
    schema = infer_schema(path, given)
    assert (schema.label, schema.id) == ("colour", "id")
    assert (schema.numeric, schema.categorical) == ((), ("price",))
    assert infer_schema(path, {"ignored": ["id"]}).id == "user_id"


def test_ids_of_long_tables_are_told_by_their_first_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(schema_module, "COUNTED", 3)
    path = make_table(tmp_path / "t.csv", id=None, user_id=["a", "b", "c", "d"])
    assert infer_schema(path, {}).id == "user_id"


def test_repeated_ids_are_categories(tmp_path):
    path = make_table(tmp_path / "t.csv", id=None, shop_id=["s1", "s1", "s2", "s2"])
    schema = infer_schema(path, {})
    assert schema.id is None and "shop_id" in schema.categorical


@pytest.mark.parametrize(
    ("columns", "given", "message"),
    [
        ({"label": None}, {}, "must have a column of labels.*Name it with --label"),
        ({"text": None}, {}, "must have a column of texts.*Name it with --text"),
        (
            {},
            {"text": "body", "numeric": ["colour"]},
            "columns body and .*numbers in the columns colour",
        ),
        ({}, {"text": "colour", "label": "colour"}, "cannot have colour as two kinds"),
    ],
)
def test_what_cannot_be_is_named(tmp_path, columns, given, message):
    with pytest.raises(ValueError, match=message):
        infer_schema(make_table(tmp_path / "t.csv", **columns), given)


def test_schema_survives_json():
    schema = Schema("text", "label", numeric=("a", "b"))
    values = {
        k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(schema).items()
    }
    assert Schema.from_json(values) == schema
    assert schema.fields == ["a", "b"]
