"""Texts with tabular fields: from files to batches of tokens and numbers."""

from utils.tables.processing import Processing
from utils.tables.samples import Samples
from utils.tables.schema import Schema, infer_schema
from utils.tables.splits import find_split, find_splits, find_table
from utils.tables.table_file import Table, read_blocks
from utils.tables.tabular import TabularTransform

__all__ = [
    "Processing",
    "Samples",
    "Schema",
    "Table",
    "TabularTransform",
    "find_split",
    "find_splits",
    "find_table",
    "infer_schema",
    "read_blocks",
]
