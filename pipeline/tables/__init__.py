"""Tables that people bring, as text: CSV, TSV and workbooks, whatever made them.

Reads one file. Guarantees: every value is the text a person sees in it, and its place is known by line or
cell; what can't be read as a table is refused, never read in part.
"""

from __future__ import annotations

from pipeline.tables.rows import trimmed
from pipeline.tables.table import Table, is_placeholder, line_numbers, read
from pipeline.tables.workbook import UNCOMPUTED, NoSuchSheet, SeveralSheets

__all__ = [
    "UNCOMPUTED",
    "NoSuchSheet",
    "SeveralSheets",
    "Table",
    "is_placeholder",
    "line_numbers",
    "read",
    "trimmed",
]
