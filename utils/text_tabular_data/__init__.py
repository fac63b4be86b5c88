"""Texts with tabular fields: from CSV or Parquet files to batches of tokens and numbers."""

from utils.text_tabular_data.processing import Processing
from utils.text_tabular_data.samples import Samples
from utils.text_tabular_data.schema import Schema, infer_schema
from utils.text_tabular_data.table_file import Table, find_split, read_blocks
from utils.text_tabular_data.tabular import TabularTransform
from utils.text_tabular_data.tokenizer import TextTokenizer, preset_path

__all__ = [
    "Processing",
    "Samples",
    "Schema",
    "Table",
    "TabularTransform",
    "TextTokenizer",
    "find_split",
    "infer_schema",
    "preset_path",
    "read_blocks",
]
