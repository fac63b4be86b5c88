import numpy as np

from utils.row_ids import RowIds


def test_each_row_gets_an_id_of_its_own_over_all_blocks():
    ids = RowIds("name")
    first = ids.repaired({"name": np.array(["a", "a", "", "b"], object), "x": [1, 2, 3, 4]})
    second = ids.repaired({"name": ["a", "row 2", " ", "b#2", "b"]})
    assert first["name"].tolist() == ["a", "a#2", "row 2", "b"] and first["x"] == [1, 2, 3, 4]
    assert second["name"] == ["a#3", "row 2#2", "row 6", "b#2", "b#3"]
    assert ids.notes("t.csv") == [
        "t.csv, column name: 6 of 9 ids are empty or repeat an earlier one. They were replaced, "
        "the first by 'a#2'."
    ]


def test_tables_without_ids_and_with_good_ones_stay_as_they_are():
    for column in (None, "id"):
        ids = RowIds(column)
        assert ids.repaired({"x": ["a", "a"]}) == {"x": ["a", "a"]} and ids.notes("t") == []
    ids = RowIds()
    assert ids.repaired({"id": ["a", "b"]}) == {"id": ["a", "b"]} and ids.notes("t") == []
