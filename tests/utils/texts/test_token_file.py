import tracemalloc

import numpy as np
import pytest

from tests.utils.tables.tables import make_table, make_tokenizer
from utils.tables import Processing, infer_schema
from utils.tables.table_file import BLOCK_ROWS
from utils.texts import token_file
from utils.texts.token_file import TokenFile

WORDS = 300


@pytest.mark.parametrize("texts", [[[5, 6, 7], [], [8]], [[], []]])
def test_texts_come_back(texts):
    with TokenFile() as file:
        file.append([np.array(ids, dtype="int32") for ids in texts[:1]])
        file.append([np.array(ids, dtype="int32") for ids in texts[1:]])
        views = file.views()
    assert [ids.tolist() for ids in views] == texts
    assert all(ids.dtype == "int32" for ids in views)


def test_full_disk_is_told(monkeypatch):
    monkeypatch.setattr(token_file.tempfile, "TemporaryFile", lambda: open("/dev/full", "wb"))
    with TokenFile() as file, pytest.raises(OSError, match=r"must have room.*No space.*Set TMPDIR"):
        file.append([np.arange(3, dtype="int32")])


def test_texts_of_a_long_table_are_not_in_memory(tmp_path):
    def peak(blocks):
        rows = BLOCK_ROWS * blocks
        columns = {"text": ["dress " * WORDS] * rows, "label": ["no", "yes"] * (rows // 2)}
        numbers = {"id": [str(i) for i in range(rows)], "price": ["1"] * rows}
        path = make_table(tmp_path / f"{blocks}.csv", **columns, **numbers, colour=None)
        schema = infer_schema(path, {})
        processing = Processing.fit(path, schema, make_tokenizer(), chunk_tokens=WORDS + 2)
        tracemalloc.start()
        samples = processing.read(path)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert [len(samples), *set(samples.lengths)] == [rows, WORDS]
        return most

    tokens_of_two_blocks = 2 * BLOCK_ROWS * WORDS * 4
    assert peak(3) - peak(1) < tokens_of_two_blocks / 2
