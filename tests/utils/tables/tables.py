"""A small table of reviews, and a vocabulary for its texts."""

import pyarrow as pa
import pyarrow.parquet

from utils.formats.table import write_table
from utils.texts import TextTokenizer

WORDS = "the dress is good bad soft a b c ##s ##y . ,".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
COLUMNS = {
    "id": ["r1", "r2", "r3", "r4"],
    "text": [
        "the dress is good .",
        "The dress is BAD",
        "a b c a b c a b c",
        "is the dress soft , good",
    ],
    "price": ["10", "20", "", "40"],
    "colour": ["red", "blue", "red", "none"],
    "label": ["1", "0", "0", "1"],
}


def make_table(path, **columns):
    """Write the table, some columns replaced; `None` leaves one out."""
    values = {name: v for name, v in {**COLUMNS, **columns}.items() if v is not None}
    if path.suffix == ".parquet":
        pyarrow.parquet.write_table(pa.table(values), path)
    else:
        write_table(path, values)
    return path


def make_tokenizer():
    return TextTokenizer.from_vocabulary(VOCABULARY)
