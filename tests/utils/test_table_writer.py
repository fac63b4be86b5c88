import json
from contextlib import closing

import numpy as np
import pyarrow.parquet
import pytest

from utils.csv_rows import read_rows
from utils.table_writer import writer_class

IDS = ['a,"b"', "ü\nx", "c", "=1"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_rows_come_back(suffix, tmp_path):
    path = tmp_path / f"t{suffix.upper() if suffix == '.csv' else suffix}"
    scores = np.array([0.1, -3, 1e-7, 2.5], "float32")
    with closing(writer_class(path)(path)) as writer:
        for rows in (slice(0, 3), slice(3, 4)):
            writer.write(
                {"id": IDS[rows], "score": scores[rows], "class": scores.astype(int)[rows]}
            )
    if suffix == ".csv":
        found = read_rows(path)
    elif suffix == ".jsonl":
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    else:
        found = pyarrow.parquet.read_table(path).to_pylist()
    assert [row["id"] for row in found] == IDS
    assert np.array_equal(np.array([row["score"] for row in found], "float32"), scores)
    assert [int(row["class"]) for row in found] == [0, -3, 0, 2]


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.csv, \.jsonl, \.parquet"):
        writer_class(tmp_path / "t.xls")
